import Foundation
import Testing
import YorisoiTestKit

/// The stories that Rust, Kotlin and Swift tell alike, against a real server. `YORISOI_SCENARIO` names some to run alone.
@Suite(.timeLimit(.minutes(1))) struct ScenarioTests {
    private static let directory: URL = {
        // This file is a link: the package is put together elsewhere.
        let here = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        return here.appendingPathComponent("../../../../../sandbox/scenarios").standardizedFileURL
    }()

    private static let files: [String] = {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
        let only = ProcessInfo.processInfo.environment["YORISOI_SCENARIO"]
        return all.filter { $0.hasSuffix(".json") && (only.map($0.contains) ?? true) }.sorted()
    }()

    @Test("there are scenarios")
    func found() {
        #expect(!Self.files.isEmpty, "none in \(Self.directory.path)")
    }

    @Test("a scenario goes as it is written", arguments: files)
    func scenario(file: String) async throws {
        let json = try JSON(Data(contentsOf: Self.directory.appendingPathComponent(file)))
        try await Runner(Scenario(file: file, json), Kit.shared()).run()
    }
}
