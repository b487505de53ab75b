// A stand-in for SwiftUI, for its signatures alone: what a view shows is nowhere.

public enum ScenePhase: Hashable, Sendable { case background, inactive, active }
