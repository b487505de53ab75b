#if os(Linux)
import Foundation
import Testing

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

    /// Bytes that were asked of the C library and not given back, by Swift and by the library alike. What is resident says
    /// less: it does not fall when memory is given back, and grows only when the room that was given back before is full.
    static func allocated() throws -> Int {
        typealias Report = @convention(c) (Int32, UnsafeMutablePointer<FILE>) -> Int32
        var text: UnsafeMutablePointer<CChar>?
        var length = 0
        let symbol = try #require(dlsym(nil, "malloc_info"))
        let stream = try #require(open_memstream(&text, &length))
        _ = unsafeBitCast(symbol, to: Report.self)(0, stream)
        fclose(stream)
        defer { free(text) }
        // After the heaps come the totals of all of them.
        let totals = String(cString: try #require(text)).components(separatedBy: "</heap>").last ?? ""
        let size = { (kind: String) throws -> Int in
            let line = totals.split(separator: "\n").first { $0.hasPrefix(kind) }
            let number = try #require(line).components(separatedBy: "size=\"").last?.prefix { $0.isNumber }
            return try #require(number.flatMap { Int($0) })
        }
        return try size("<system type=\"current\"") + size("<total type=\"mmap\"") - size("<total type=\"fast\"")
            - size("<total type=\"rest\"")
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
