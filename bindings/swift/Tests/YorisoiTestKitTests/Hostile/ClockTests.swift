import Foundation
import Testing
import Yorisoi
import YorisoiTestKit

/// Clocks on bad days: calls go on, by the best time there is.
@Suite(.timeLimit(.minutes(1))) struct ClockTests {
    private let phone: FakePhone

    init() throws {
        phone = try FakePhone(in: World.withoutServer())
    }

    private func open(_ reading: @escaping @Sendable () throws -> ClockReading) async throws -> YorisoiClient {
        try await YorisoiClient.open(
            config: phone.config(), keys: phone.keys, clock: ClockWith(reading), notices: phone.heard)
    }

    @Test("a clock that throws is replaced by the system's")
    func throwing() async throws {
        let client = try await phone.open()
        phone.clock.isThrowing = true
        let time = try await client.time()
        #expect(abs(time.now.timeIntervalSinceNow) < 60)
        try await client.write()
        phone.clock.isThrowing = false
        #expect(try await client.time().now == phone.clock.now)
    }

    @Test(
        "no time is too absurd to be read",
        arguments: [
            0, -62_135_769_600, 64_092_211_200, 1e300, -1e300, Double.infinity, -.infinity, .nan, -.nan,
        ])
    func absurd(seconds: Double) async throws {
        let wall = Date(timeIntervalSince1970: seconds)
        for sinceBoot in [Int64.min, -1, 0, .max] {
            for trusted in [nil, wall] {
                let boot = sinceBoot == 0 ? "" : String(repeating: "起動", count: 1000)
                let client = try await open {
                    ClockReading(wall: wall, sinceBootMillis: sinceBoot, boot: boot, trusted: trusted)
                }
                _ = try await client.time()
                _ = try await client.safetyContacts()
                _ = try await client.mayAskOrNot()
                try await client.write()
                #expect(try await client.drafts(after: nil, most: 1).drafts.count == 1)
            }
        }
    }

    @Test("a clock that never says the same twice is no trouble to calls on many threads")
    func jumping() async throws {
        let jumps = Guarded(Int64(0))
        let client = try await open {
            let jump = jumps.with { jumps in
                jumps += 1
                return jumps
            }
            let wall = Date(timeIntervalSince1970: Double((jump * 7_919) % 4_000_000_000))
            return ClockReading(wall: wall, sinceBootMillis: -jump, boot: "boot-\(jump % 3)", trusted: nil)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    _ = try await client.time()
                    try await client.write()
                    _ = try await client.drafts(after: nil, most: 500)
                }
            }
            try await group.waitForAll()
        }
        #expect(try await client.draftCount() == 20)
    }

    @Test("a clock may call the library from inside")
    func reentering() async throws {
        let other = try await FakePhone(in: World.withoutServer()).open()
        let now = phone.clock.now
        let client = try await open {
            _ = try waitElsewhere { try await other.write() }
            return ClockReading(wall: now, sinceBootMillis: 1, boot: "boot-1", trusted: nil)
        }
        #expect(try await client.time().now == now)
        try await client.write()
        #expect(try await other.draftCount() >= 2)
    }
}

extension YorisoiClient {
    /// Whether a question may be asked, or the library's reason why that cannot be said.
    fileprivate func mayAskOrNot() async throws -> EligibilityView? {
        do {
            return try await mayAsk()
        } catch is YorisoiError {
            return nil
        }
    }
}
