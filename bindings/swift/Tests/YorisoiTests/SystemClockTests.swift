import Foundation
import Testing
import Yorisoi

struct SystemClockTests {
    @Test("every clock goes on, and all name the same run of the system")
    func reads() throws {
        let (first, second) = (try SystemClock().read(), try SystemClock().read())
        #expect(first.sinceBootMillis > 0 && first.sinceBootMillis <= second.sinceBootMillis)
        #expect(abs(first.wall.timeIntervalSinceNow) < 60)
        #expect(first.boot == second.boot)
        #expect(first.trusted == nil)
    }

    #if os(Linux)
    @Test("the run of the system is named by the system")
    func bootIsTheSystems() throws {
        let system = try String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
        #expect(try SystemClock().read().boot + "\n" == system)
        // Sleep included: what the system says of its uptime, to the second.
        let uptime = try String(contentsOfFile: "/proc/uptime", encoding: .utf8)
        let seconds = try #require(Double(uptime.prefix { $0 != " " }))
        #expect(abs(Double(try SystemClock().read().sinceBootMillis) / 1000 - seconds) < 60)
    }
    #endif
}
