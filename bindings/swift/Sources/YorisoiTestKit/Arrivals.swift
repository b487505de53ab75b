import Foundation

/// Things that come from any thread, and a bounded wait for one of them.
///
/// What came stays until somebody takes it, so nobody misses what came before they began to wait.
package final class Arrivals<Element: Sendable>: Sendable {
    private struct Waiter {
        let wants: @Sendable (Element) -> Bool
        let forgetsEarlier: Bool
        let continuation: CheckedContinuation<Element, any Error>
    }

    private struct State {
        var came: [Element] = []
        var waiters: [Int: Waiter] = [:]
        var waits = 0
    }

    private let state = Guarded(State())

    package init() {}

    /// All that came and was not taken, in order.
    package var waiting: [Element] { state.with { $0.came } }

    /// Hands each thing to the first who waits for it, or keeps it.
    package func add(_ elements: [Element]) {
        for element in elements {
            let waiter = state.with { state -> Waiter? in
                let first = state.waiters.keys.sorted().first { state.waiters[$0]?.wants(element) == true }
                guard let first else {
                    state.came.append(element)
                    return nil
                }
                let waiter = state.waiters.removeValue(forKey: first)
                if waiter?.forgetsEarlier == true { state.came.removeAll() }
                return waiter
            }
            waiter?.continuation.resume(returning: element)
        }
    }

    /// Forgets what was not taken.
    package func clear() {
        state.with { $0.came.removeAll() }
    }

    /// Takes the first thing that is wanted, now or when it comes, and those that came before it if they are to be forgotten.
    ///
    /// Throws `KitFailure.nothingCame` when the time is over.
    package func take(
        within seconds: Double,
        what: String,
        forgettingEarlier forgets: Bool = false,
        where wants: @escaping @Sendable (Element) -> Bool = { _ in true }
    ) async throws -> Element {
        let id = state.with { state in
            state.waits += 1
            return state.waits
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let there = state.with { state -> Element? in
                    guard let index = state.came.firstIndex(where: wants) else {
                        state.waiters[id] = Waiter(wants: wants, forgetsEarlier: forgets, continuation: continuation)
                        return nil
                    }
                    defer { if forgets { state.came.removeFirst(index) } }
                    return state.came.remove(at: index)
                }
                if let there { return continuation.resume(returning: there) }
                // A task that was cancelled before this line found nobody waiting.
                if Task.isCancelled { return giveUp(id, CancellationError()) }
                DispatchQueue.global().asyncAfter(deadline: .now() + seconds) { [weak self] in
                    self?.giveUp(id, KitFailure.nothingCame(what: what, seconds: seconds))
                }
            }
        } onCancel: {
            giveUp(id, CancellationError())
        }
    }

    private func giveUp(_ id: Int, _ error: any Error) {
        state.with { $0.waiters.removeValue(forKey: id) }?.continuation.resume(throwing: error)
    }
}
