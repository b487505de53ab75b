// A stand-in for Apple's BackgroundTasks: a scheduler that starts a task when a test says so.
import Foundation

open class BGTask {
    public let identifier: String
    public var expirationHandler: (() -> Void)?
    /// For tests: what the app said at the end, each time it did.
    public private(set) var completed: [Bool] = []

    fileprivate init(_ identifier: String) { self.identifier = identifier }

    public func setTaskCompleted(success: Bool) { completed.append(success) }
}

public final class BGAppRefreshTask: BGTask {}

open class BGTaskRequest {
    public let identifier: String
    public var earliestBeginDate: Date?

    fileprivate init(_ identifier: String) { self.identifier = identifier }
}

public final class BGAppRefreshTaskRequest: BGTaskRequest {
    public init(identifier: String) { super.init(identifier) }
}

public final class BGTaskScheduler: @unchecked Sendable {
    public struct Unavailable: Error {}

    public static let shared = BGTaskScheduler()

    private let lock = NSLock()
    private var handlers: [String: (BGTask) -> Void] = [:]
    private var requests: [String: Date?] = [:]
    private var isAvailable = true

    public func register(
        forTaskWithIdentifier identifier: String, using queue: DispatchQueue?,
        launchHandler: @escaping (BGTask) -> Void
    ) -> Bool {
        // As if `Info.plist` named them so.
        guard identifier.hasSuffix(".refresh") else { return false }
        lock.withLock { handlers[identifier] = launchHandler }
        return true
    }

    public func submit(_ request: BGTaskRequest) throws {
        let taken = lock.withLock {
            if isAvailable { requests[request.identifier] = request.earliestBeginDate }
            return isAvailable
        }
        if !taken { throw Unavailable() }
    }

    // For tests.

    /// Whether the person has background refresh turned on.
    public func offer(_ available: Bool) { lock.withLock { isAvailable = available } }

    /// When the next run is asked for at the earliest; `nil` if none is.
    public func earliest(_ identifier: String) -> Date? { lock.withLock { requests[identifier] ?? nil } }

    /// The app is gone, and with it what it registered.
    public func forget(_ identifier: String) { lock.withLock { handlers[identifier] = nil } }

    /// Starts the task that was asked for.
    @MainActor
    public func launch(_ identifier: String) -> BGAppRefreshTask? {
        let handler = lock.withLock {
            requests[identifier] = nil
            return handlers[identifier]
        }
        let task = BGAppRefreshTask(identifier)
        handler?(task)
        return handler == nil ? nil : task
    }
}
