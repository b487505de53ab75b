// A stand-in for UIKit: an application that goes to the background and is held awake by background tasks.
import Foundation

public struct UIBackgroundTaskIdentifier: RawRepresentable, Hashable, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }
    public static let invalid = UIBackgroundTaskIdentifier(rawValue: 0)
}

extension ProcessInfo {
    public var isLowPowerModeEnabled: Bool { false }
}

@MainActor
open class UIApplication {
    public enum State: Sendable { case active, inactive, background }

    public static let shared = UIApplication()
    public nonisolated static let didEnterBackgroundNotification = Notification.Name("didEnterBackground")
    public nonisolated static let willEnterForegroundNotification = Notification.Name("willEnterForeground")

    public var applicationState = State.active

    public func beginBackgroundTask(
        withName name: String?, expirationHandler: (@MainActor @Sendable () -> Void)? = nil
    ) -> UIBackgroundTaskIdentifier {
        began += 1
        running[UIBackgroundTaskIdentifier(rawValue: began)] = expirationHandler
        return UIBackgroundTaskIdentifier(rawValue: began)
    }

    public func endBackgroundTask(_ identifier: UIBackgroundTaskIdentifier) { running[identifier] = nil }

    // For tests.

    /// How many background tasks were begun.
    public private(set) var began = 0
    /// Those that were not ended, with what is to be done once their time is over.
    public private(set) var running: [UIBackgroundTaskIdentifier: @MainActor @Sendable () -> Void] = [:]

    public func enterBackground() {
        applicationState = .background
        NotificationCenter.default.post(name: Self.didEnterBackgroundNotification, object: nil)
    }

    public func enterForeground() {
        NotificationCenter.default.post(name: Self.willEnterForegroundNotification, object: nil)
        applicationState = .active
    }

    /// The time is over.
    public func expire() { for handler in running.values { handler() } }
}
