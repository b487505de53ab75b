#if os(macOS) || os(Linux)
import Foundation

/// The program `yorisoi-kit`, running. It ends when its input is closed, and so does not outlive this process.
final class KitProgram: Sendable {
    /// The longest that the program may take to say where it listens, and to end.
    private static let seconds: Double = 30

    private enum Said: Sendable {
        case line(String)
        case ended
    }

    private let process: Guarded<Process>
    private let input: Guarded<FileHandle>
    private let ended: Arrivals<Void>
    let control: URL

    static func start(_ path: String) async throws -> KitProgram {
        let process = Process()
        let (input, output) = (Pipe(), Pipe())
        let said = Arrivals<Said>()
        let ended = Arrivals<Void>()
        process.executableURL = URL(fileURLWithPath: path)
        process.standardInput = input
        process.standardOutput = output
        process.terminationHandler = { _ in ended.add([()]) }
        listen(to: output.fileHandleForReading, said)
        do {
            try process.run()
        } catch {
            throw KitFailure.notStarted("\(path): \(error.localizedDescription)")
        }
        do {
            guard case .line(let line) = try await said.take(within: seconds, what: "the kit's address") else {
                throw KitFailure.notStarted("\(path) ended at once")
            }
            let words = line.split(separator: " ")
            guard words.count == 2, words[0] == "control", let control = URL(string: String(words[1])) else {
                throw KitFailure.notStarted("\(path) said: \(line)")
            }
            return KitProgram(process, input.fileHandleForWriting, ended, control)
        } catch {
            process.terminate()
            throw error
        }
    }

    private init(_ process: Process, _ input: FileHandle, _ ended: Arrivals<Void>, _ control: URL) {
        self.process = Guarded(process)
        self.input = Guarded(input)
        self.ended = ended
        self.control = control
    }

    deinit {
        closeInput()
    }

    /// Ends the program and waits until it is gone.
    func end() async throws {
        closeInput()
        do {
            try await ended.take(within: Self.seconds, what: "the kit's end")
        } catch {
            process.with { $0.terminate() }
            throw error
        }
        // For who ends it again.
        ended.add([()])
    }

    private func closeInput() {
        input.with { try? $0.close() }
    }

    /// Reads to the end, so that the program is never held up by a full pipe. On a thread of its own and not by a
    /// `readabilityHandler`: on Linux libdispatch reads freed memory when what it watches hangs up.
    private static func listen(to output: FileHandle, _ said: Arrivals<Said>) {
        let output = Guarded(output)
        Thread.detachNewThread {
            var rest = Data()
            while true {
                let bytes = output.with { $0.availableData }
                guard !bytes.isEmpty else { return said.add([.ended]) }
                rest.append(bytes)
                while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                    said.add([.line(String(decoding: rest[rest.startIndex..<end], as: UTF8.self))])
                    rest = Data(rest[rest.index(after: end)...])
                }
            }
        }
    }
}
#endif
