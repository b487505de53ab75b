#if canImport(UIKit) && !os(watchOS)
import Foundation
import UIKit

@available(iOSApplicationExtension, unavailable)
extension Suspension {
    /// Follows the app: suspends the library when the app goes to the background, under a background task that keeps the app
    /// running meanwhile, and resumes it when the app is about to come back.
    public convenience init(_ library: any SuspendableLibrary) {
        self.init(library) { expired in
            let assertion = BackgroundAssertion()
            assertion.begin(expired)
            return { assertion.end() }
        }
        let following = Following()
        following.hear(UIApplication.didEnterBackgroundNotification) { [weak self] in self?.enterBackground() }
        following.hear(UIApplication.willEnterForegroundNotification) { [weak self] in self?.enterForeground() }
        self.following = following
    }
}

@available(iOSApplicationExtension, unavailable)
@MainActor
private final class BackgroundAssertion {
    private var task = UIBackgroundTaskIdentifier.invalid

    func begin(_ expired: @escaping @MainActor @Sendable () -> Void) {
        task = UIApplication.shared.beginBackgroundTask(withName: "jp.yorisoi.suspend") {
            // An app that does not end it now is ended itself.
            MainActor.assumeIsolated { expired() }
        }
    }

    func end() {
        guard task != .invalid else { return }
        UIApplication.shared.endBackgroundTask(task)
        task = .invalid
    }
}

/// Hears notifications until it is let go.
private final class Following: @unchecked Sendable {
    private var tokens: [any NSObjectProtocol] = []

    /// Called once each, before anything is heard.
    func hear(_ name: Notification.Name, _ react: @escaping @MainActor @Sendable () -> Void) {
        // No queue: at once, on the main thread, where UIKit posts them.
        let token = NotificationCenter.default.addObserver(forName: name, object: nil, queue: nil) { _ in
            MainActor.assumeIsolated { react() }
        }
        tokens.append(token)
    }

    deinit {
        for token in tokens { NotificationCenter.default.removeObserver(token) }
    }
}
#endif
