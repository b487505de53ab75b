import Foundation
import Testing
import Yorisoi

/// A phone whose key is gone: what was not sent stands aside and waits for the network.
@Suite(.timeLimit(.minutes(1)))
final class RescueTests {
    private let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    private let keys = KeyInMemory()

    deinit { try? FileManager.default.removeItem(at: directory) }

    private func config() throws -> ClientConfig {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        return try ClientConfig(
            directory: directory.path, server: Sandbox.noServer, roots: Sandbox.roots(), manifest: Sandbox.manifest())
    }

    private func fillAndClose() async throws {
        let client = try await YorisoiClient.open(config: config(), keys: keys, clock: Night(), notices: NobodyHears())
        _ = try await client.enroll(typed: Sandbox.ticket)
        let text = ConsentText(id: "service-ja-1", language: "ja", text: "…")
        try await client.decideConsent(purpose: .service, state: .grant, text: text)
        let draft = try await client.saveDraft(
            draft: NewDraft(id: nil, service: .obstetrics, subject: .parent, consultation: nil, text: "眠れない日が"))
        try await client.markDraftReady(id: draft, ready: true)
        #expect(try await client.drafts(after: nil, most: 10).drafts.map(\.ready) == [true])
        try await client.suspend()
    }

    @Test("what waits is kept aside when the key is gone")
    func keptAside() async throws {
        try await fillAndClose()
        keys.lose()
        await #expect(throws: YorisoiError.self) {
            try await YorisoiClient.open(config: config(), keys: keys, clock: Night(), notices: NobodyHears())
        }
        let client = try await YorisoiClient.startOver(
            config: config(), keys: keys, clock: Night(), notices: NobodyHears())
        #expect(try await client.drafts(after: nil, most: 10).total == 0)
        // The consent, and the draft.
        let aside = SetAsideView(number: 1, waiting: 2, held: 0, refused: 0, lost: 0, damaged: false)
        #expect(try await client.setAside() == [aside])
        await #expect(throws: YorisoiError.self) { try await client.handInSetAside() }
        try await client.discardSetAside(number: 1)
        #expect(try await client.setAside().isEmpty)
    }
}
