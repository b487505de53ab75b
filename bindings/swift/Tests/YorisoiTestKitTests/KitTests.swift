#if os(macOS) || os(Linux)
import Foundation
import Testing
import Yorisoi
import YorisoiTestKit

/// The client of the kit, against the real program.
@Suite(.timeLimit(.minutes(1))) struct KitTests {
    @Test("a kit of one's own ends when it is told to, and again")
    func ends() async throws {
        let kit = try await Kit.start()
        try await kit.end()
        try await kit.end()
        await #expect(throws: KitFailure.self) { try await kit.world() }
    }

    @Test("many ask at once")
    func many() async throws {
        let kit = try await Kit.shared()
        try await kit.withWorld { world in
            let codes = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<20 { group.addTask { try await world.issueCard().code } }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(codes.count == 20)
        }
    }

    @Test("what the kit does not know it refuses in its own words")
    func refusals() async throws {
        let kit = try await Kit.shared()
        try await kit.withWorld { world in
            do {
                try await world.fault("the_moon")
                Issue.record("there is no such fault")
            } catch KitFailure.refused(let status, let words) {
                #expect((400..<500).contains(status) && !words.isEmpty)
            }
        }
    }

    @Test("a program that is none does not start", arguments: ["/nowhere/yorisoi-kit", "/bin/true", "/etc/passwd"])
    func notStarted(program: String) async {
        await #expect(throws: KitFailure.self) { try await Kit.start(program: program) }
    }
}
#endif
