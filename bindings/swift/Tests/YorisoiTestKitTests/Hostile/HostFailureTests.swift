import Foundation
import Testing
import Yorisoi
import YorisoiTestKit

/// The failures that the library has names for: a host may throw these as well as errors of its own.
@Suite(.timeLimit(.minutes(1))) struct HostFailureTests {
    private let exercised = Exercised()
    private let phone: FakePhone

    init() throws {
        phone = try FakePhone(in: World.withoutServer())
    }

    @Test("a clock and a listener that fail by the library's own name fail like any other")
    func threw() async throws {
        let thrown = Arrivals<String>()
        let fails: @Sendable (String) throws -> Never = { who in
            thrown.add([who])
            throw HostFailure.Threw
        }
        let client = try await YorisoiClient.open(
            config: phone.config(), keys: phone.keys, clock: ClockWith { try fails("clock") },
            notices: NoticesWith { _ in try fails("listener") })
        #expect(abs(try await client.time().now.timeIntervalSinceNow) < 60)
        try await client.write()
        for who in ["clock", "listener"] {
            _ = try await thrown.take(within: 20, what: who) { $0 == who }
        }
        #expect(try await client.draftCount() == 1)
        _ = try Rendering(exercised: exercised).json(HostFailure.Threw)
        #expect(exercised.all == ["variant HostFailure.threw"])
        try exercised.write()
    }
}
