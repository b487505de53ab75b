import Foundation
import Testing
import Yorisoi
import YorisoiTestKit

/// Whatever the library waits for, the main actor goes on.
@Suite(.timeLimit(.minutes(1))) @MainActor struct MainActorTests {
    private let phone: FakePhone

    init() throws {
        phone = try FakePhone(in: World.withoutServer())
    }

    /// Lets the main actor do a hundred other things, each of which it can do only if nobody keeps it.
    private func heartbeat() async {
        for _ in 0..<100 {
            await Task { @MainActor in }.value
        }
    }

    /// A library whose clock stops at the gate while it is slow.
    private func openOnSlowClock(_ gate: Gate, _ isSlow: Guarded<Bool>) async throws -> YorisoiClient {
        let now = phone.clock.now
        let slow = ClockWith {
            if isSlow.with({ $0 }) { try gate.pass() }
            return ClockReading(wall: now, sinceBootMillis: 1, boot: "boot-1", trusted: nil)
        }
        return try await YorisoiClient.open(
            config: phone.config(), keys: phone.keys, clock: slow, notices: phone.heard)
    }

    @Test("opening and changing the key on a slow key store keep nobody from drawing")
    func slowKeyStore() async throws {
        let (first, second) = (Gate(), Gate())
        let gate = Guarded(first)
        let keys = KeysWith { try gate.with { $0 }.pass() }
        let config = phone.config()
        let (clock, heard) = (phone.clock, phone.heard)
        let opening = Task { @MainActor in
            try await YorisoiClient.open(config: config, keys: keys, clock: clock, notices: heard)
        }
        try await first.somebody()
        await heartbeat()
        first.letGo(10)
        let client = try await opening.value
        gate.with { $0 = second }
        let changing = Task { @MainActor in try await client.changeRootKey() }
        try await second.somebody()
        await heartbeat()
        second.letGo(10)
        try await changing.value
    }

    @Test("calls on a slow clock keep nobody from drawing")
    func slowClock() async throws {
        let (gate, isSlow) = (Gate(), Guarded(false))
        let client = try await openOnSlowClock(gate, isSlow)
        isSlow.with { $0 = true }
        let calls = [
            Task { @MainActor in _ = try await client.time() },
            Task { @MainActor in _ = try await client.safetyContacts() },
            Task { @MainActor in _ = try await client.write() },
        ]
        try await gate.somebody()
        await heartbeat()
        isSlow.with { $0 = false }
        gate.letGo(100)
        for call in calls { try await call.value }
    }

    @Test("what no thread of the library is free for waits without keeping the main actor")
    func allThreadsTaken() async throws {
        let (gate, isSlow) = (Gate(), Guarded(false))
        let client = try await openOnSlowClock(gate, isSlow)
        isSlow.with { $0 = true }
        // More than the library has threads for.
        let calls = (0..<12).map { _ in Task { @MainActor in try await client.write() } }
        try await gate.somebody()
        await heartbeat()
        isSlow.with { $0 = false }
        gate.letGo(100)
        for call in calls { _ = try await call.value }
        #expect(try await client.draftCount() == 12)
    }
}
