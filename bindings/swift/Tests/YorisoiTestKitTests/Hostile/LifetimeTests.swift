import Foundation
import Testing
import Yorisoi
import YorisoiTestKit

/// Objects that end early, live long, or share what they own.
@Suite(.timeLimit(.minutes(1))) struct LifetimeTests {
    private let phone: FakePhone

    init() throws {
        phone = try FakePhone(in: World.withoutServer())
    }

    @Test("calls that are under way when the library is let go end by themselves")
    func letGo() async throws {
        for _ in 0..<20 {
            let calls = try await begin(40)
            for call in calls { _ = try await call.value }
        }
        #expect(try await phone.open().draftCount() == 800)
    }

    /// Begins calls and holds nothing but them.
    private func begin(_ many: Int) async throws -> [Task<String, any Error>] {
        let client = try await YorisoiClient.open(
            config: phone.config(), keys: phone.keys, clock: phone.clock, notices: phone.heard)
        return (0..<many).map { _ in Task { try await client.write() } }
    }

    @Test("a session outlives its library, and may be stopped again and again")
    func session() async throws {
        let client = try await phone.open()
        let sessions = (0..<20).map { _ in client.startLive() }
        phone.kill()
        for session in sessions { session.stop() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for session in sessions { for _ in 0..<10 { group.addTask { session.stop() } } }
            try await group.waitForAll()
        }
    }

    @Test("a session that trying again cannot mend says so to everybody who waits for it")
    func hopelessSession() async throws {
        let session = try await phone.open().startLive()
        let waiting = (0..<4).map { _ in Task { try await session.ended() } }
        for each in waiting {
            await #expect {
                try await each.value
            } throws: { error in
                (error as? YorisoiError)?.code == "not_enrolled"
            }
        }
    }

    @Test("sessions that nobody keeps end at once")
    func forgottenSessions() async throws {
        let client = try await phone.open()
        for _ in 0..<1000 { _ = client.startLive() }
        #expect(try await client.draftCount() == 0)
    }

    @Test("two libraries on one directory see what each writes, and lose nothing")
    func twoOnOne() async throws {
        let open = {
            try await YorisoiClient.open(
                config: phone.config(), keys: phone.keys, clock: phone.clock, notices: phone.heard)
        }
        let (first, second) = try await (open(), open())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<100 {
                let client = index.isMultiple(of: 2) ? first : second
                group.addTask { try await client.write() }
            }
            try await group.waitForAll()
        }
        #expect(try await first.draftCount() == 100)
        #expect(try await second.draftCount() == 100)
        try await first.suspend()
        #expect(await code { try await first.draftCount() } == "suspended")
        try await second.write()
        try await first.resume()
        #expect(try await first.draftCount() == 101)
    }

    @Test("what one erases, the other has no more, and says so with a code of its own")
    func erasedByTheOther() async throws {
        let first = try await phone.open()
        try await first.write()
        let second = try await YorisoiClient.open(
            config: phone.config(), keys: phone.keys, clock: phone.clock, notices: phone.heard)
        try await first.erase()
        #expect(try await first.draftCount() == 0)
        let told = await code { try await second.draftCount() }
        #expect(told == "no error, but 0" || told == "key_changed_elsewhere")
    }

    @Test("suspending and resuming from everywhere at once ends, and loses nothing")
    func suspendedFromEverywhere() async throws {
        let client = try await phone.open()
        let written = try await withThrowingTaskGroup(of: Int.self) { group in
            for index in 0..<200 {
                group.addTask {
                    switch index % 4 {
                    case 0: try await client.suspend()
                    case 1: try await client.resume()
                    default:
                        do {
                            try await client.write()
                            return 1
                        } catch let error as YorisoiError {
                            #expect(error.code == "suspended")
                        }
                    }
                    return 0
                }
            }
            return try await group.reduce(0, +)
        }
        try await client.resume()
        #expect(try await client.draftCount() == UInt64(written))
    }
}
