import Foundation
import Testing
import YorisoiCore

private let card = "115GJ6HB7H6NWEY1"
/// The same card with one slip in its second group (`H` for `6`), as a Japanese keyboard writes it.
private let wrongCard = "１１５Ｇー ＪＨＨＢー７Ｈ６ＮーＷＥＹ１"

private final class KeyInMemory: KeyStore, @unchecked Sendable {
    private let lock = NSLock()
    private var key: Data?

    func load() throws -> Data? { lock.withLock { key } }

    func save(key: Data) throws { lock.withLock { self.key = key } }
}

private final class BrokenKeyStore: KeyStore {
    /// An error the library has never heard of.
    struct ServiceDied: Error {}

    func load() throws -> Data? { throw ServiceDied() }

    func save(key: Data) throws { throw ServiceDied() }
}

/// A quarter past three at night, within the programme.
private final class FixedClock: Clock {
    func read() throws -> ClockReading {
        let wall = try Date("2021-10-01T03:12:00+09:00", strategy: .iso8601)
        return ClockReading(wall: wall, sinceBootMillis: 60_000, boot: "boot-1", trusted: nil)
    }
}

private final class Recorded: Notices {
    let heard: AsyncStream<Notice>
    private let hear: AsyncStream<Notice>.Continuation

    init() { (heard, hear) = AsyncStream.makeStream() }

    func changed(notices: [Notice]) throws { notices.forEach { hear.yield($0) } }
}

/// The library as an app meets it: opened, called, and given an app's own objects. No network.
@Suite(.timeLimit(.minutes(1)))
final class YorisoiClientTests {
    private let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    private let notices = Recorded()

    deinit { try? FileManager.default.removeItem(at: directory) }

    private func open(_ keys: KeyStore = KeyInMemory()) throws -> YorisoiClient {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        // This file is a link: the package is put together elsewhere.
        let here = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        let programmes = here.appendingPathComponent("../../../../sandbox/programmes")
        let programme = try String(contentsOf: programmes.appendingPathComponent("fuchu-2021.json"), encoding: .utf8)
        let config = ClientConfig(
            directory: directory.path, server: "https://soudan.example.jp", programmes: [programme])
        return try YorisoiClient.open(config: config, keys: keys, clock: FixedClock(), notices: notices)
    }

    private func failure(of call: () async throws -> Void) async -> YorisoiError? {
        do {
            try await call()
        } catch {
            return error as? YorisoiError
        }
        return nil
    }

    private func unexpected(_ error: YorisoiError?) {
        Issue.record("\(String(describing: error))")
    }

    @Test("119 stands first")
    func safetyContacts() async throws {
        #expect(try await open().safetyContacts().first?.digits == "119")
    }

    @Test("a slip is explained by its group")
    func slip() async throws {
        let client = try open()
        let error = await failure { _ = try await client.checkCard(typed: wrongCard) }
        guard case .Card(let details, let groups) = error else { return unexpected(error) }
        #expect(details.code == "card_check_failed")
        #expect(groups == [2])
    }

    @Test("a right card names its programme and may be redeemed")
    func rightCard() async throws {
        let view = try await open().checkCard(typed: card)
        #expect(view.programme == "fuchu-2021")
        let until = try Date("2022-01-01T00:00:00+09:00", strategy: .iso8601)
        #expect(view.redeem.eligibility == .eligible(until: until))
    }

    @Test("nobody asks before enrolling")
    func askBeforeEnrolling() async throws {
        let client = try open()
        let child = Subject.child(born: "2021-08-20")
        let error = await failure {
            _ = try await client.ask(service: .pediatrics, subject: child, text: "夜中に38度の熱が出ました。")
        }
        guard case .Enrollment(let details) = error else { return unexpected(error) }
        #expect(details.code == "not_enrolled")
    }

    @Test("a draft is kept and its notice arrives")
    func draft() async throws {
        let client = try open()
        let text = "眠れない日が"
        let id = try await client.saveDraft(
            draft: NewDraft(id: nil, service: .obstetrics, subject: .parent, consultation: nil, text: text))
        let drafts = try await client.drafts()
        #expect(drafts.map(\.id) == [id])
        #expect(drafts.map(\.text) == [text])
        #expect(drafts.map(\.subject) == [.parent])
        var heard = notices.heard.makeAsyncIterator()
        #expect(await heard.next() == .drafts)
    }

    @Test("a key store that throws is failing, not a crash")
    func throwingKeyStore() async {
        let error = await failure { _ = try open(BrokenKeyStore()) }
        guard case .Key(let details) = error else { return unexpected(error) }
        #expect(details.code == "key_failing")
    }

    @Test("every step has words", arguments: [
        MessageStep.savedHere, .heldByServer, .takenByClinician, .answered, .refused,
    ])
    func stepWords(step: MessageStep) {
        let words = messageStepWords(step: step)
        #expect(!words.ja.isEmpty && !words.en.isEmpty)
    }
}
