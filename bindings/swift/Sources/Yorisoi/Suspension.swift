import YorisoiCore

/// What ``Suspension`` and `BackgroundRefresh` need of the library: `YorisoiClient`, or another in a test.
public protocol SuspendableLibrary: Sendable {
    /// Lets go of every file and lock.
    func suspend() async throws
    /// Takes the files up again.
    func resume() async throws
    /// Syncs within the time that the system gives.
    func syncWithin(budget: SyncBudget) async throws -> SyncReport
    /// How far sync has come.
    func syncState() async throws -> SyncState
}

extension YorisoiClient: SuspendableLibrary {}

/// Suspends the library while the app is in the background, and resumes it when the app comes back.
///
/// iOS ends an app that holds a file lock while it is suspended. So the library lets go of its files before that, and the
/// system is asked for the time this takes. Make one for each client that is opened and keep it as long as the client; where
/// there is UIKit it follows the app by itself. Between the two, calls of the library fail with `YorisoiError.Suspended`.
///
/// However quickly the app goes and comes, one call is made after the other, and the last word counts. An extension has no
/// such life: it opens the library, does its work and suspends it before it says that it is done.
@MainActor
public final class Suspension {
    /// Asks the system not to suspend the app yet. It is told what to do should that time be over, and gives what ends it.
    typealias HoldOn = @MainActor (_ expired: @escaping @MainActor @Sendable () -> Void) -> @MainActor () -> Void

    /// What is suspended.
    public let library: any SuspendableLibrary
    /// Why the library could not be suspended or resumed the last time; nothing once it could. The next change of scene, and
    /// the next ``awake(_:)``, try again.
    public private(set) var failure: (any Error)?

    private let holdOn: HoldOn
    private var isAway = false
    private var works = 0
    private var isSuspended = false
    private var settling: Task<Void, Never>?
    private var letGo: (@MainActor () -> Void)?
    /// What follows the app's notifications, and ends with this.
    var following: AnyObject?

    init(_ library: any SuspendableLibrary, holdOn: @escaping HoldOn) {
        self.library = library
        self.holdOn = holdOn
    }

    /// The app went to the background.
    public func enterBackground() {
        isAway = true
        settle()
    }

    /// The app is about to come back.
    public func enterForeground() {
        isAway = false
        settle()
    }

    /// Does something with the library, also in the background: resumes it before, and suspends it afterwards unless the app
    /// came back meanwhile.
    ///
    /// - Throws: what `work` throws, and the error of a library that cannot be resumed.
    public func awake<Result: Sendable>(
        _ work: @MainActor (any SuspendableLibrary) async throws -> Result
    ) async throws -> Result {
        works += 1
        await settled()
        let result: Swift.Result<Result, any Error>
        do {
            if isSuspended, let failure { throw failure }
            result = .success(try await work(library))
        } catch {
            result = .failure(error)
        }
        works -= 1
        await settled()
        return try result.get()
    }

    /// Waits until the library is as the app is: suspended in the background, resumed otherwise, or ``failure`` says why not.
    public func settled() async {
        settle()
        while let settling { await settling.value }
    }

    private var isToBeSuspended: Bool { isAway && works == 0 }

    private func settle() {
        // Now, not in a task: by the time it runs, the app may be suspended.
        if isAway, !isSuspended || works > 0, letGo == nil {
            letGo = holdOn { [weak self] in self?.endHolding() }
        }
        guard settling == nil, isSuspended != isToBeSuspended else { return endHoldingIfDone() }
        failure = nil
        settling = Task {
            while failure == nil, isSuspended != isToBeSuspended { await step() }
            settling = nil
            endHoldingIfDone()
        }
    }

    private func step() async {
        do {
            if isToBeSuspended {
                try await library.suspend()
                isSuspended = true
            } else {
                try await library.resume()
                isSuspended = false
            }
        } catch {
            failure = error
        }
    }

    private func endHoldingIfDone() {
        let isDone = !isAway || failure != nil || isSuspended && works == 0
        if isDone, settling == nil { endHolding() }
    }

    private func endHolding() {
        letGo?()
        letGo = nil
    }
}
