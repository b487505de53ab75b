import Foundation
import Testing
import Yorisoi
import YorisoiTestKit

/// Key stores on bad days: every trouble is a state with a way on, and nothing is lost by it.
@Suite(.timeLimit(.minutes(1))) struct KeyStoreTests {
    private let phone: FakePhone

    init() throws {
        phone = try FakePhone(in: World.withoutServer())
    }

    @Test(
        "trouble at opening is told, and a day later all is there",
        arguments: [
            (FakeKeys.State.locked, "key_locked"), (.failing, "key_failing"), (.throwing, "key_failing"),
            (.missing, "key_missing"), (.foreign, "key_foreign"),
        ])
    func opening(state: FakeKeys.State, expected: String) async throws {
        try await phone.open().write()
        try await phone.close()
        phone.keys.state = state
        #expect(await code { try await phone.open() } == expected)
        phone.keys.state = .ready
        #expect(try await phone.open().draftCount() == 1)
    }

    @Test(
        "trouble while a new key is saved is told, and the old one stays",
        arguments: [
            (FakeKeys.State.locked, "key_locked"), (.failing, "key_failing"), (.throwing, "key_failing"),
        ])
    func changing(state: FakeKeys.State, expected: String) async throws {
        let client = try await phone.open()
        try await client.write()
        let key = phone.keys.key
        phone.keys.state = state
        #expect(await code { try await client.changeRootKey() } == expected)
        #expect(phone.keys.key == key)
        #expect(try await client.draftCount() == 1)
        phone.keys.state = .ready
        try await client.changeRootKey()
        #expect(phone.keys.key != key)
        #expect(try await phone.open().draftCount() == 1)
    }

    @Test(
        "starting over is refused while the key may still be there",
        arguments: [
            (FakeKeys.State.locked, "key_locked"), (.failing, "key_failing"), (.throwing, "key_failing"),
        ])
    func startingOver(state: FakeKeys.State, expected: String) async throws {
        try await phone.open().write()
        phone.keys.state = state
        #expect(await code { try await phone.startOver() } == expected)
        phone.keys.state = .ready
        #expect(try await phone.open().draftCount() == 1)
    }

    @Test("a key of the wrong length is an error, not a crash", arguments: [0, 1, 31, 33, 1_000_000])
    func wrongLength(bytes: Int) async throws {
        let keys = KeysOf(key: Data(repeating: 7, count: bytes))
        let told = await code {
            try await YorisoiClient.open(
                config: phone.config(), keys: keys, clock: phone.clock, notices: phone.heard)
        }
        #expect(told.hasPrefix("key_"))
    }

    @Test("a slow key store holds up what needs it, and nothing else")
    func slow() async throws {
        let gate = Gate()
        let isSlow = Guarded(false)
        let keys = KeysWith { if isSlow.with({ $0 }) { try gate.pass() } }
        let client = try await YorisoiClient.open(
            config: phone.config(), keys: keys, clock: phone.clock, notices: phone.heard)
        isSlow.with { $0 = true }
        let change = Task { try await client.changeRootKey() }
        try await gate.somebody()
        // Reads go on while the key store thinks.
        #expect(try await client.draftCount() == 0)
        #expect(try await client.safetyContacts().isEmpty == false)
        isSlow.with { $0 = false }
        gate.letGo(10)
        try await change.value
        #expect(try await client.draftCount() == 0)
    }

    @Test("a key store may call the library from inside")
    func reentering() async throws {
        let other = try await FakePhone(in: World.withoutServer()).open()
        let own = Guarded<YorisoiClient?>(nil)
        let calls = Guarded(0)
        let keys = KeysWith {
            _ = try waitElsewhere { try await other.time() }
            if let client = own.with({ $0 }) { _ = try waitElsewhere { try await client.draftCount() } }
            calls.with { $0 += 1 }
        }
        let client = try await YorisoiClient.open(
            config: phone.config(), keys: keys, clock: phone.clock, notices: phone.heard)
        own.with { $0 = client }
        try await client.write()
        try await client.changeRootKey()
        #expect(calls.with { $0 } >= 3)
        #expect(try await client.draftCount() == 1)
        own.with { $0 = nil }
    }

    @Test("many open the same library at once, from any thread")
    func manyAtOnce() async throws {
        try await phone.open().write()
        let counts = try await withThrowingTaskGroup(of: UInt64.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    try await YorisoiClient.open(
                        config: phone.config(), keys: phone.keys, clock: phone.clock, notices: phone.heard
                    ).draftCount()
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(counts == [UInt64](repeating: 1, count: 8))
    }
}
