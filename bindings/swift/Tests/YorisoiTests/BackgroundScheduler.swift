#if canImport(BackgroundTasks)
import BackgroundTasks
import Foundation
import UIKit

@testable import Yorisoi

/// The system's scheduler as a test of `BackgroundRefresh` needs it.
@MainActor
final class BackgroundScheduler {
    private let identifier = "jp.example.\(UUID().uuidString).refresh"
    private(set) var failures: [any Error] = []

    nonisolated init() {}

    func refresh(_ open: @escaping @MainActor () async throws -> Suspension) -> BackgroundRefresh {
        BackgroundRefresh(identifier: identifier, open: open, failed: { self.failures.append($0) })
    }

    func launch() -> BGAppRefreshTask? { BGTaskScheduler.shared.launch(identifier) }

    /// Waits for the app to say that it is done, or for the test to be over.
    func ended(_ task: BGTask) async {
        while task.completed.isEmpty, !Task.isCancelled { await Task.yield() }
    }

    func offer(_ available: Bool) { BGTaskScheduler.shared.offer(available) }

    /// In how many minutes the next run comes at the earliest; `nil` if none was asked for.
    var minutesToNext: Int? {
        BGTaskScheduler.shared.earliest(identifier).map { Int(($0.timeIntervalSinceNow / 60).rounded()) }
    }

    /// As if the system had started the app for this alone: in the background, and nobody was told.
    func inBackground(_ body: () async throws -> Void) async rethrows {
        UIApplication.shared.applicationState = .background
        defer {
            UIApplication.shared.applicationState = .active
            BGTaskScheduler.shared.forget(identifier)
        }
        try await body()
    }
}
#endif
