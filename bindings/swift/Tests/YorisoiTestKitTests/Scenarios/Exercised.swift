import Foundation
import YorisoiTestKit

/// What of the library's border was met: calls, callbacks, variants, errors.
final class Exercised: Sendable {
    private static let file = Guarded(ProcessInfo.processInfo.environment["YORISOI_EXERCISED"])

    private let lines = Guarded(Set<String>())

    /// All that was met, sorted.
    var all: [String] { lines.with { $0.sorted() } }

    func note(_ line: String) {
        lines.with { _ = $0.insert(line) }
    }

    /// Notes which of the phone's own objects the library called.
    func note(callbacksOf phone: FakePhone) {
        let called = [
            "KeyStore.load": phone.keys.loads > 0, "KeyStore.save": phone.keys.saves > 0,
            "Clock.read": phone.clock.reads > 0, "Notices.changed": !phone.heard.notices.isEmpty,
        ]
        for (name, called) in called where called { note("callback \(name)") }
        for state in phone.keys.refusedAs where state != .throwing { note("variant KeyStoreFailure.\(state)") }
    }

    /// Appends all of it to the file that `YORISOI_EXERCISED` names, if it names one.
    func write() throws {
        let text = all.map { $0 + "\n" }.joined()
        try Self.file.with { file in
            guard let file, !file.isEmpty else { return }
            if !FileManager.default.fileExists(atPath: file) { try Data().write(to: URL(fileURLWithPath: file)) }
            let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
            defer { try? handle.close() }
            try handle.seekToEnd()
            try handle.write(contentsOf: Data(text.utf8))
        }
    }
}
