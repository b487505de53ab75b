import Foundation
import Testing
import Yorisoi
import YorisoiTestKit

/// What a fake phone does by itself, without a library.
@Suite struct FakePhoneTests {
    private let key = Data(repeating: 1, count: 32)

    @Test("a key store says what its state says, and remembers")
    func keys() throws {
        let keys = FakeKeys()
        #expect(try keys.load() == nil)
        try keys.save(key: key)
        #expect(try keys.load() == key)
        keys.state = .locked
        #expect(throws: KeyStoreFailure.Locked) { try keys.load() }
        #expect(throws: KeyStoreFailure.Locked) { try keys.save(key: Data()) }
        keys.state = .failing
        #expect(throws: KeyStoreFailure.Failing) { try keys.load() }
        keys.state = .throwing
        #expect(throws: FakeKeys.Broken.self) { try keys.load() }
        keys.state = .missing
        #expect(try keys.load() == nil)
        keys.state = .foreign
        let foreign = try #require(try keys.load())
        #expect(foreign.count == 32 && foreign != key)
        keys.state = .ready
        #expect(try keys.load() == key)
        #expect(keys.loads == 8 && keys.saves == 2)
    }

    @Test("a key that is saved where one was missing takes its place")
    func replaced() throws {
        let keys = FakeKeys()
        try keys.save(key: key)
        keys.state = .missing
        let other = Data(repeating: 2, count: 32)
        try keys.save(key: other)
        #expect(keys.state == .ready)
        #expect(try keys.load() == other)
    }

    @Test("time goes by for all clocks, and a turned one is alone")
    func clock() throws {
        let night = try #require(MomentText.read("2021-10-01T03:12:00+09:00"))
        let clock = FakeClock(now: night)
        clock.trusted = night
        clock.pass(seconds: 1.5)
        clock.now += 3600
        #expect(
            try clock.read()
                == ClockReading(
                    wall: night + 3601.5, sinceBootMillis: 61_500, boot: "boot-1", trusted: night + 1.5))
        clock.restart()
        #expect(clock.boot != "boot-1" && clock.sinceBootMillis == 0)
        clock.isThrowing = true
        #expect(throws: FakeClock.Broken.self) { try clock.read() }
        #expect(clock.reads == 2)
    }

    @Test("a notice is waited for once, and what came before it counts no more")
    func heard() async throws {
        let heard = Heard()
        try heard.changed(notices: [.drafts, .sync, .family])
        try await heard.wait(for: .sync)
        #expect(heard.notices == [.drafts, .sync, .family] && heard.waiting == [.family])
        for gone in [Notice.sync, .drafts] {
            await #expect(throws: KitFailure.self) { try await heard.wait(for: gone, within: 0) }
        }
        let later = Task { try await heard.wait(for: .drafts) }
        try heard.changed(notices: [.survey, .drafts, .manifest])
        try await later.value
        #expect(heard.waiting == [.manifest])
        heard.clear()
        #expect(heard.waiting.isEmpty)
    }

    @Test("a kit elsewhere is none")
    func elsewhere() throws {
        for address in ["http://192.0.2.1:80", "https://127.0.0.1:80", "http://127.0.0.1", "http://127.0.0.1:70000"] {
            let address = try #require(URL(string: address))
            #expect(throws: KitFailure.self) { try Kit(control: address) }
        }
    }
}
