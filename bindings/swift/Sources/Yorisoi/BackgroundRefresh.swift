#if canImport(BackgroundTasks) && canImport(UIKit) && !os(macOS) && !os(watchOS)
import BackgroundTasks
import Foundation
import UIKit
import YorisoiCore

/// Syncs in the background, whenever the system sees fit.
///
/// In `Info.plist` the app names ``identifier`` under `BGTaskSchedulerPermittedIdentifiers` and `fetch` under
/// `UIBackgroundModes`. It calls ``register()`` before its launch ends, and ``schedule(notBefore:)`` when it goes to the background.
/// Each run asks for the next one, not before the library's pause is over. A run that the system cuts short loses nothing:
/// what was applied stays, and the next goes on from there.
@available(iOSApplicationExtension, unavailable)
@MainActor
public final class BackgroundRefresh {
    /// Names the task.
    public let identifier: String

    /// How long a sync may take, in seconds. The system gives a refresh about thirty.
    private static let seconds: UInt32 = 25
    /// The least time between two runs, in seconds. The system decides how much later they come.
    private static let interval: TimeInterval = 15 * 60

    private let isMetered: @MainActor () -> Bool
    private let open: @MainActor () async throws -> Suspension
    private let failed: @MainActor (any Error) -> Void

    /// - Parameters:
    ///   - identifier: Names the task, such as `jp.example.soudan.refresh`.
    ///   - isMetered: Whether the network costs by what is moved. Then photos wait for the app to be open.
    ///   - open: Opens the library, or gives the one that is open, with what suspends it.
    ///   - failed: Is told of every error: of `open`, of the sync, of the scheduler. For the app's own records; the person is
    ///     told by `syncState`.
    public init(
        identifier: String,
        isMetered: @escaping @MainActor () -> Bool = { true },
        open: @escaping @MainActor () async throws -> Suspension,
        failed: @escaping @MainActor (any Error) -> Void = { _ in }
    ) {
        self.identifier = identifier
        self.isMetered = isMetered
        self.open = open
        self.failed = failed
    }

    /// Tells the system what to run. Once, before the app's launch ends.
    ///
    /// - Returns: Whether it took it; not if `Info.plist` does not name the task.
    @discardableResult
    public func register() -> Bool {
        BGTaskScheduler.shared.register(forTaskWithIdentifier: identifier, using: .main) { @Sendable task in
            let task = Sent(task)
            MainActor.assumeIsolated { self.run(task.value) }
        }
    }

    /// Asks for a run, in the place of one that was asked for before.
    ///
    /// - Parameter notBefore: Until when there is no use in it, such as `SyncPause.notBefore`.
    /// - Throws: the error of `BGTaskScheduler`: the person turned background refresh off, or it does not exist here.
    public func schedule(notBefore: Date? = nil) throws {
        let request = BGAppRefreshTaskRequest(identifier: identifier)
        let soonest = Date(timeIntervalSinceNow: Self.interval)
        request.earliestBeginDate = max(soonest, notBefore ?? soonest)
        try BGTaskScheduler.shared.submit(request)
    }

    private func run(_ task: BGTask) {
        // Should this run be killed, another follows all the same.
        scheduleOrTell()
        let work = Task { await refresh() }
        // From whatever thread.
        task.expirationHandler = { @Sendable in work.cancel() }
        Task { task.setTaskCompleted(success: await work.value) }
    }

    private func refresh() async -> Bool {
        do {
            let suspension = try await open()
            // An app that was started for this alone never went to the background.
            if UIApplication.shared.applicationState == .background { suspension.enterBackground() }
            return try await suspension.awake { try await self.sync($0) }
        } catch {
            failed(error)
            return false
        }
    }

    private func sync(_ library: any SuspendableLibrary) async throws -> Bool {
        let lowPower = ProcessInfo.processInfo.isLowPowerModeEnabled
        let budget = SyncBudget(seconds: Self.seconds, metered: isMetered(), lowPower: lowPower)
        var succeeded = true
        do {
            _ = try await library.syncWithin(budget: budget)
        } catch {
            // A run that is cut short has asked for the next already.
            if Task.isCancelled { throw error }
            failed(error)
            succeeded = false
        }
        if let pause = try await library.syncState().pause { scheduleOrTell(notBefore: pause.notBefore) }
        return succeeded
    }

    private func scheduleOrTell(notBefore: Date? = nil) {
        do {
            try schedule(notBefore: notBefore)
        } catch {
            failed(error)
        }
    }
}

/// The system hands its task to the main queue and uses it nowhere else; it has not said so to the compiler.
private struct Sent<Value>: @unchecked Sendable {
    let value: Value

    init(_ value: Value) { self.value = value }
}
#endif
