import Foundation
import YorisoiCore

/// The clocks of this phone or computer.
///
/// The clock on the wall may be set by its owner; the one since the start cannot, and goes on while the phone sleeps. The
/// library compares the two, and is not misled by a phone whose date was turned.
public final class SystemClock: Clock {
    /// A clock; any number may be made.
    public init() {}

    /// All clocks at one moment.
    public func read() throws -> ClockReading {
        ClockReading(wall: Date(), sinceBootMillis: try Self.sinceBootMillis(), boot: Self.boot, trusted: nil)
    }

    private static func sinceBootMillis() throws -> Int64 {
        #if canImport(Darwin)
        // Goes on during sleep and is never set; `CLOCK_UPTIME_RAW` stands still then, `CLOCK_MONOTONIC` follows a wall clock
        // that is set.
        let clock = CLOCK_MONOTONIC_RAW
        #else
        let clock = CLOCK_BOOTTIME
        #endif
        var time = timespec()
        guard clock_gettime(clock, &time) == 0 else { throw HostFailure.Threw }
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// Names this run of the system. Where the system gives no name, one of this process: the library then takes every start
    /// of the app for a start of the phone, and believes the clock on the wall a little longer.
    private static let boot = systemBoot() ?? UUID().uuidString

    private static func systemBoot() -> String? {
        #if canImport(Darwin)
        var bytes = [UInt8](repeating: 0, count: 64)
        var size = bytes.count
        guard sysctlbyname("kern.bootsessionuuid", &bytes, &size, nil, 0) == 0 else { return nil }
        let name = String(decoding: bytes.prefix(size).prefix { $0 != 0 }, as: UTF8.self)
        #else
        let file = "/proc/sys/kernel/random/boot_id"
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return nil }
        let name = text.trimmingCharacters(in: .whitespacesAndNewlines)
        #endif
        return name.isEmpty ? nil : name
    }
}
