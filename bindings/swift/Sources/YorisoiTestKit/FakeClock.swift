import Foundation
import Yorisoi

/// The clocks of a phone. They stand still until they are set.
public final class FakeClock: Clock, Sendable {
    /// An error of the app's own: what a clock that `throws` throws.
    public struct Broken: Error, Sendable, Equatable {}

    private struct Shown {
        var now: Date
        var sinceBootMillis: Int64
        var boot = "boot-1"
        var trusted: Date?
        var isThrowing = false
        var reads = 0
    }

    private let shown: Guarded<Shown>

    /// A phone that was started a minute before `now`.
    public init(now: Date) {
        shown = Guarded(Shown(now: now, sinceBootMillis: 60_000))
    }

    /// The clock on the wall. The owner turns it when this is set: the time since the phone was started stays.
    public var now: Date {
        get { shown.with { $0.now } }
        set { shown.with { $0.now = newValue } }
    }

    /// Milliseconds since the phone was started.
    public var sinceBootMillis: Int64 {
        get { shown.with { $0.sinceBootMillis } }
        set { shown.with { $0.sinceBootMillis = newValue } }
    }

    /// Names the current run of the phone.
    public var boot: String {
        get { shown.with { $0.boot } }
        set { shown.with { $0.boot = newValue } }
    }

    /// A time the platform vouches for.
    public var trusted: Date? {
        get { shown.with { $0.trusted } }
        set { shown.with { $0.trusted = newValue } }
    }

    /// Whether reading it throws an error of the app's own.
    public var isThrowing: Bool {
        get { shown.with { $0.isThrowing } }
        set { shown.with { $0.isThrowing = newValue } }
    }

    /// How often the library read it.
    public var reads: Int { shown.with { $0.reads } }

    /// Lets time go by: all clocks of the phone run on by so many seconds.
    public func pass(seconds: Double) {
        shown.with { shown in
            shown.now += seconds
            shown.sinceBootMillis += Int64((seconds * 1000).rounded())
            shown.trusted? += seconds
        }
    }

    /// Restarts the phone: another run begins, and the time since then is nothing.
    public func restart() {
        shown.with { shown in
            shown.boot = "boot-\(UUID().uuidString)"
            shown.sinceBootMillis = 0
        }
    }

    /// What the library calls.
    public func read() throws -> ClockReading {
        try shown.with { shown in
            shown.reads += 1
            if shown.isThrowing { throw Broken() }
            return ClockReading(
                wall: shown.now, sinceBootMillis: shown.sinceBootMillis, boot: shown.boot, trusted: shown.trusted)
        }
    }
}
