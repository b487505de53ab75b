import Testing
import YorisoiTestKit

/// Waiting for what comes: nothing is missed, nothing is taken twice, and no wait is for ever.
@Suite(.timeLimit(.minutes(1))) struct ArrivalsTests {
    @Test("what came before is found, once")
    func before() async throws {
        let arrivals = Arrivals<Int>()
        arrivals.add([1, 2, 3])
        #expect(try await arrivals.take(within: 10, what: "2") { $0 == 2 } == 2)
        #expect(arrivals.waiting == [1, 3])
        await #expect(throws: KitFailure.nothingCame(what: "2", seconds: 0)) {
            try await arrivals.take(within: 0, what: "2") { $0 == 2 }
        }
    }

    @Test("what comes goes to the first who wants it")
    func later() async throws {
        let arrivals = Arrivals<Int>()
        let waits = (1...50).map { wanted in
            Task { try await arrivals.take(within: 10, what: "\(wanted)") { $0 == wanted } }
        }
        for number in (1...50).reversed() { arrivals.add([number]) }
        for (wanted, wait) in zip(1...50, waits) { #expect(try await wait.value == wanted) }
        #expect(arrivals.waiting.isEmpty)
    }

    @Test("who is cancelled waits no longer, and takes nothing")
    func cancelled() async throws {
        let arrivals = Arrivals<Int>()
        let wait = Task { try await arrivals.take(within: 60, what: "a number") }
        wait.cancel()
        await #expect(throws: CancellationError.self) { try await wait.value }
        arrivals.add([1])
        #expect(arrivals.waiting == [1])
    }
}
