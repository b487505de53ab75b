#if canImport(SwiftUI)
import SwiftUI

extension Suspension {
    /// Follows the phase of the app's scenes, where it is not followed by itself. Read the phase in the `App`, where it stands
    /// for all scenes; that of a view stands for its own scene alone.
    ///
    /// ```swift
    /// .onChange(of: phase) { suspension.follow($0) }
    /// ```
    public func follow(_ phase: ScenePhase) {
        switch phase {
        case .background: enterBackground()
        case .active: enterForeground()
        // On the way to either.
        default: break
        }
    }
}
#endif
