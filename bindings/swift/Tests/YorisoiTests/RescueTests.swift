import Foundation
import Testing
import Yorisoi

/// The QR code of the sandbox's card 11500000000012HH, as in `YorisoiClientTests`.
private let ticket =
    "YRS1:QRE2EAJSARCPQIVACKQFQMNGAFTDCMZSGA3DGBA2MHHRV4AFDJQQNNXQAYNGAZEOOADUSCCKAAAAAAAAACADUAABCFYKEAIYEUBAC"
    + "WCAIO3S5UNWEE64HFTWQOMBCC4377POTLSGK3F5BGRAB5CWLND7MQYDQXJJWS6A3SFCLT6ZRNSKOEPPMYPUXINIBGMCMOXATIUIP2Y76CI"

private final class LosableKey: KeyStore, @unchecked Sendable {
    private let lock = NSLock()
    private var key: Data?

    func load() throws -> Data? { lock.withLock { key } }

    func save(key: Data) throws { lock.withLock { self.key = key } }

    func lose() { lock.withLock { key = nil } }
}

private final class Night: Clock {
    func read() throws -> ClockReading {
        let wall = try Date("2021-10-01T03:12:00+09:00", strategy: .iso8601)
        return ClockReading(wall: wall, sinceBootMillis: 60_000, boot: "boot-1", trusted: nil)
    }
}

private final class NobodyHears: Notices {
    func changed(notices: [Notice]) throws {}
}

/// A phone whose key is gone: what was not sent stands aside and waits for the network.
@Suite(.timeLimit(.minutes(1)))
final class RescueTests {
    private let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    private let keys = LosableKey()

    deinit { try? FileManager.default.removeItem(at: directory) }

    private func config() throws -> ClientConfig {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        // This file is a link: the package is put together elsewhere.
        let here = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        let sandbox = here.appendingPathComponent("../../../../sandbox/manifest")
        let roots = try String(contentsOf: sandbox.appendingPathComponent("roots.txt"), encoding: .utf8)
            .split(separator: "\n").map(String.init)
        let manifest = try Data(contentsOf: sandbox.appendingPathComponent("sandbox.cose"))
        return ClientConfig(
            directory: directory.path, server: "https://127.0.0.1:1", roots: roots, manifest: manifest)
    }

    private func fillAndClose() async throws {
        let client = try await YorisoiClient.open(config: config(), keys: keys, clock: Night(), notices: NobodyHears())
        _ = try await client.enroll(typed: ticket)
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
