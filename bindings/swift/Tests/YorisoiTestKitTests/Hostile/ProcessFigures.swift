#if os(Linux)
import Foundation

/// What this process holds of the system, as Linux counts it.
struct ProcessFigures: CustomStringConvertible {
    let threads: Int
    let files: Int
    /// Memory that is in use, in bytes.
    let resident: Int

    static func now() throws -> ProcessFigures {
        let manager = FileManager.default
        let statm = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        let pages = statm.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return ProcessFigures(
            threads: try manager.contentsOfDirectory(atPath: "/proc/self/task").count,
            files: try manager.contentsOfDirectory(atPath: "/proc/self/fd").count,
            resident: pages * Int(sysconf(Int32(_SC_PAGESIZE))))
    }

    /// The figures when they are as wanted, or the last ones after a bounded time: threads end a little later than what
    /// they worked for.
    static func settled(_ wanted: (ProcessFigures) -> Bool) async throws -> ProcessFigures {
        let end = Date(timeIntervalSinceNow: 20)
        var figures = try now()
        while !wanted(figures), Date() < end {
            await Task.yield()
            figures = try now()
        }
        return figures
    }

    var description: String { "\(threads) threads, \(files) files, \(resident >> 10) KiB" }
}
#endif
