import Foundation
import Testing
import Yorisoi

private let card = Sandbox.card
/// The same card with one slip in its second group (`H` for `6`), as a Japanese keyboard writes it.
private let wrongCard = "１１５Ｇー ＪＨＨＢー７Ｈ６ＮーＷＥＹ１"

private let ticket = Sandbox.ticket

private final class BrokenKeyStore: KeyStore {
    /// An error the library has never heard of.
    struct ServiceDied: Error {}

    func load() throws -> Data? { throw ServiceDied() }

    func save(key: Data) throws { throw ServiceDied() }
}

private final class Recorded: Notices {
    let heard: AsyncStream<Notice>
    private let hear: AsyncStream<Notice>.Continuation

    init() { (heard, hear) = AsyncStream.makeStream() }

    func changed(notices: [Notice]) throws {
        for notice in notices { hear.yield(notice) }
    }
}

/// The library as an app meets it: opened, called, and given an app's own objects. No network.
@Suite(.timeLimit(.minutes(1)))
final class YorisoiClientTests {
    private let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    private let notices = Recorded()

    deinit { try? FileManager.default.removeItem(at: directory) }

    private func open(_ keys: KeyStore = KeyInMemory(), rootCount: Int = 2, brought: Bool = true) async throws
        -> YorisoiClient
    {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let config = try ClientConfig(
            directory: directory.path, server: Sandbox.noServer, roots: Array(Sandbox.roots().prefix(rootCount)),
            manifest: brought ? Sandbox.manifest() : nil)
        return try await YorisoiClient.open(config: config, keys: keys, clock: Night(), notices: notices)
    }

    private func programmeEnds() throws -> Date { try Date("2022-01-01T00:00:00+09:00", strategy: .iso8601) }

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
        let shown = try await open().safetyContacts()
        #expect(shown.first?.contact.digits == "119")
        #expect(compiledInContacts().first?.contact.digits == "119")
        let until = try Date("2021-10-01T08:00:00+09:00", strategy: .iso8601)
        #expect(shown.first { $0.contact.short == "#8000" }?.hoursNow == .open(until: until))
    }

    @Test("published signs are there before enrolling")
    func redFlags() async throws {
        let lists = try await open().redFlags()
        #expect(lists.map(\.audience) == [.infant, .parent])
        #expect(lists.map(\.sha256.count) == [64, 64])
    }

    @Test("nothing is granted beforehand and no survey is shown before enrolling")
    func standing() async throws {
        let client = try await open()
        #expect(try await client.consentStanding(purpose: .survey, textId: "survey-ja-1") == .neverAsked)
        let error = await failure { try await client.markSurveyShown() }
        guard case .Enrollment = error else { return unexpected(error) }
    }

    @Test("a lock screen says one thing only")
    func lockScreen() {
        #expect(lockScreenWords().ja == "お知らせがあります")
    }

    @Test("a slip is explained by its group")
    func slip() async throws {
        let client = try await open()
        let error = await failure { _ = try await client.checkCard(typed: wrongCard) }
        guard case .Card(let details, let groups) = error else { return unexpected(error) }
        #expect(details.code == "card_check_failed")
        #expect(groups == [2])
    }

    @Test("a right card names its programme and may be redeemed")
    func rightCard() async throws {
        let view = try await open().checkCard(typed: card)
        #expect(view.programme == "fuchu-2021")
        #expect(view.kind == .code)
        let ends = try programmeEnds()
        #expect(view.redeem.eligibility == .eligible(until: ends))
    }

    @Test("a ticket is verified on the phone")
    func rightTicket() async throws {
        let view = try await open().checkCard(typed: ticket)
        #expect(view.programme == "fuchu-2021")
        let ends = try programmeEnds()
        #expect(view.kind == .ticket(provisional: .eligible(until: ends)))
    }

    @Test("a ticket with a changed signature is not believed")
    func changedTicket() async throws {
        let client = try await open()
        let changed = ticket.dropLast(20) + "A" + ticket.suffix(19)
        let error = await failure { _ = try await client.checkCard(typed: String(changed)) }
        guard case .Card(let details, _) = error else { return unexpected(error) }
        #expect(details.code == "ticket_signature_wrong")
    }

    @Test("a ticket gives a provisional place without network")
    func provisionalPlace() async throws {
        let client = try await open()
        let place = try await client.enroll(typed: ticket)
        let ends = try programmeEnds()
        #expect(place.state == .provisional(until: ends))
        #expect(place.trust == .householdCard)
        #expect(place.enrollment == nil && place.member == nil)
        #expect(try await client.enrollment() == place)
        var heard = notices.heard.makeAsyncIterator()
        #expect(await heard.next() == .enrollment)
    }

    @Test("a typed code waits for the network, and so does a phrase")
    func needsNetwork() async throws {
        let client = try await open()
        let calls: [() async throws -> Void] = [
            { _ = try await client.enroll(typed: card) },
            { _ = try await client.enrollWithPhrase(programme: "fuchu-2021", phrase: "ゆきどけのみち") },
            { _ = try await client.refreshManifest() },
        ]
        for call in calls {
            let error = await failure(of: call)
            guard case .Network(let details) = error else { return unexpected(error) }
            #expect(details.code == "network_unreachable" && details.retryable)
        }
        #expect(try await client.enrollment() == nil)
    }

    @Test("a sync in the background that reached nobody says so and is not tried again at once")
    func backgroundSync() async throws {
        let client = try await open()
        let budget = SyncBudget(seconds: 5, metered: true, lowPower: false)
        _ = try await client.enroll(typed: ticket)
        let error = await failure { _ = try await client.syncWithin(budget: budget) }
        guard case .Network(let details) = error else { return unexpected(error) }
        let state = try await client.syncState()
        let attempt = try #require(state.lastAttempt)
        #expect(attempt.outcome == details.code && attempt.words.ja == details.words.ja && attempt.failures == 1)
        let pause = try #require(state.pause)
        #expect(pause.why == .failedBefore)
        let report = try await client.syncWithin(budget: budget)
        guard case .tooEarly = report.ended else {
            Issue.record("not held up")
            return
        }
        #expect(report.requests == 0)
    }

    @Test("the manifest the app brings along is in force")
    func manifestInForce() async throws {
        let view = try #require(try await open().manifest())
        #expect(view.version == 1)
        let notAfter = try Date("2023-01-01T00:00:00+09:00", strategy: .iso8601)
        #expect(view.notAfter == notAfter)
        #expect(!view.degraded && !view.updateNeeded)
    }

    @Test("without a manifest no card is read, and 119 still stands first")
    func noManifest() async throws {
        let client = try await open(brought: false)
        #expect(try await client.manifest() == nil)
        let error = await failure { _ = try await client.checkCard(typed: ticket) }
        guard case .Enrollment(let details) = error else { return unexpected(error) }
        #expect(details.code == "manifest_missing")
        #expect(try await client.safetyContacts().first?.contact.digits == "119")
    }

    @Test("one root is not enough")
    func oneRoot() async {
        let error = await failure { _ = try await open(rootCount: 1) }
        guard case .Setting(let details) = error else { return unexpected(error) }
        #expect(details.code == "setting_invalid")
    }

    @Test("nobody asks before enrolling")
    func askBeforeEnrolling() async throws {
        let client = try await open()
        let child = Subject.child(born: "2021-08-20")
        let error = await failure {
            _ = try await client.ask(service: .pediatrics, subject: child, text: "夜中に38度の熱が出ました。")
        }
        guard case .Enrollment(let details) = error else { return unexpected(error) }
        #expect(details.code == "not_enrolled")
    }

    @Test("what is told of the family is kept, told differently and taken back")
    func familyFacts() async throws {
        let client = try await open()
        let nothing = FamilyFacts(children: [], delivered: .notTold, caregiverSince: .notTold, movedOut: nil)
        #expect(try await client.familyFacts() == nothing)
        let twins: [DateFact] = [.known(day: "2021-08-20"), .month(year: 2021, month: 8)]
        try await client.tellFamilyFact(fact: .children(born: twins))
        var heard = notices.heard.makeAsyncIterator()
        #expect(await heard.next() == .family)
        try await client.tellFamilyFact(fact: .delivered(day: .known(day: "2021-08-20")))
        try await client.tellFamilyFact(fact: .caregiverSince(day: .month(year: 2021, month: 9)))
        let told = { (delivered: DateFact) in
            FamilyFacts(
                children: twins, delivered: delivered, caregiverSince: .month(year: 2021, month: 9), movedOut: nil)
        }
        #expect(try await client.familyFacts() == told(.known(day: "2021-08-20")))
        try await client.setLossMode(on: true)
        #expect(try await client.familyFacts().children.isEmpty)
        try await client.setLossMode(on: false)
        try await client.tellFamilyFact(fact: .delivered(day: .notTold))
        #expect(try await client.familyFacts() == told(.notTold))
    }

    @Test("a suspended library lets go of its files and goes on where it was")
    func suspended() async throws {
        let client = try await open()
        let text = "眠れない日が"
        _ = try await client.saveDraft(
            draft: NewDraft(id: nil, service: .obstetrics, subject: .parent, consultation: nil, text: text))
        try await client.suspend()
        let error = await failure { _ = try await client.drafts(after: nil, most: 10) }
        guard case .Suspended(let details) = error else { return unexpected(error) }
        #expect(details.code == "suspended" && details.retryable)
        try await client.resume()
        #expect(try await client.drafts(after: nil, most: 10).drafts.map(\.text) == [text])
    }

    @Test("moving out is told once there is a place")
    func movedOut() async throws {
        let client = try await open()
        let moved = FamilyFact.movedOut(day: "2021-10-01")
        let error = await failure { try await client.tellFamilyFact(fact: moved) }
        guard case .Enrollment(let details) = error else { return unexpected(error) }
        #expect(details.code == "not_enrolled")
        _ = try await client.enroll(typed: ticket)
        try await client.tellFamilyFact(fact: moved)
        #expect(try await client.familyFacts().movedOut == "2021-10-01")
        let dayAfter = try Date("2021-10-02T00:00:00+09:00", strategy: .iso8601)
        #expect(try await client.mayAsk().eligibility == .eligible(until: dayAfter))
        try await client.tellFamilyFact(fact: .movedOut(day: nil))
        let ends = try programmeEnds()
        #expect(try await client.mayAsk().eligibility == .eligible(until: ends))
    }

    @Test("a date that cannot be is no fact")
    func impossibleDates() async throws {
        let client = try await open()
        let ahead = FamilyFact.delivered(day: .known(day: "2021-10-03"))
        let input = await failure { try await client.tellFamilyFact(fact: ahead) }
        guard case .Input(let details) = input else { return unexpected(input) }
        #expect(details.code == "date_in_future")
        let noDate = FamilyFact.children(born: [.known(day: "8月20日")])
        let setting = await failure { try await client.tellFamilyFact(fact: noDate) }
        guard case .Setting(let details) = setting else { return unexpected(setting) }
        #expect(details.code == "setting_invalid")
    }

    @Test("a draft is kept and its notice arrives")
    func draft() async throws {
        let client = try await open()
        let text = "眠れない日が"
        let id = try await client.saveDraft(
            draft: NewDraft(id: nil, service: .obstetrics, subject: .parent, consultation: nil, text: text))
        let drafts = try await client.drafts(after: nil, most: 10).drafts
        #expect(drafts.map(\.id) == [id])
        #expect(drafts.map(\.text) == [text])
        #expect(drafts.map(\.subject) == [.parent])
        var heard = notices.heard.makeAsyncIterator()
        #expect(await heard.next() == .drafts)
        #expect(try await client.search(words: "眠れ").map(\.foundIn) == [.draft(draft: id)])
    }

    @Test("after a change of the root key only the new one opens what is stored")
    func changedRootKey() async throws {
        let keys = KeyInMemory()
        let client = try await open(keys)
        _ = try await client.saveDraft(
            draft: NewDraft(id: nil, service: .obstetrics, subject: .parent, consultation: nil, text: "眠れない日が"))
        let old = KeyInMemory()
        try old.save(key: try #require(try keys.load()))
        try await client.changeRootKey()
        #expect(try keys.load() != old.load())
        #expect(try await client.drafts(after: nil, most: 10).total == 1)
        let error = await failure { _ = try await open(old) }
        guard case .Key(let details) = error else { return unexpected(error) }
        #expect(details.code == "key_foreign")
    }

    @Test("erasing leaves nothing, changes the key and tells nobody of who was nowhere")
    func erased() async throws {
        let keys = KeyInMemory()
        let client = try await open(keys)
        _ = try await client.saveDraft(
            draft: NewDraft(id: nil, service: .obstetrics, subject: .parent, consultation: nil, text: "眠れない日が"))
        let before = try keys.load()
        try await client.erase()
        #expect(try keys.load() != before)
        #expect(try await client.drafts(after: nil, most: 10).total == 0)
        #expect(try await client.erasures().isEmpty)
        #expect(try await client.finishErasures().isEmpty)
    }

    @Test("a photo of another kind is refused by its content, and a draft without photos has none")
    func photos() async throws {
        let client = try await open()
        let draft = try await client.saveDraft(
            draft: NewDraft(id: nil, service: .pediatrics, subject: .parent, consultation: nil, text: "発疹です"))
        let heic = directory.appendingPathComponent("photo.jpg")
        try Data([0, 0, 0, 24] + Array("ftypheic".utf8) + [UInt8](repeating: 0, count: 12)).write(to: heic)
        let refused = await failure { _ = try await client.addPhoto(draft: draft, path: heic.path) }
        guard case .Input(let details) = refused else { return unexpected(refused) }
        #expect(details.code == "photo_not_supported")
        // One white pixel.
        let pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTj2FAAAAABJRU5ErkJggg=="
        let png = directory.appendingPathComponent("photo.bin")
        try #require(Data(base64Encoded: pixel)).write(to: png)
        let photo = try await client.addPhoto(draft: draft, path: png.path)
        #expect(try await client.photos(owner: draft) == [photo])
        let out = directory.appendingPathComponent("out.png")
        try await client.writePhoto(owner: draft, photo: photo.id, path: out.path)
        #expect(try Data(contentsOf: out).count == Int(photo.bytes))
        try await client.removePhoto(draft: draft, photo: photo.id)
        #expect(try await client.photos(owner: draft).isEmpty)
    }

    @Test("an export is one archive, whole or not there, and never in the library's own directory")
    func export() async throws {
        let client = try await open()
        _ = try await client.saveDraft(
            draft: NewDraft(id: nil, service: .pediatrics, subject: .parent, consultation: nil, text: "発疹です"))
        let cache = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: cache, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: cache) }
        let archive = cache.appendingPathComponent("soudan.zip")
        try await client.exportArchive(path: archive.path)
        let bytes = try Data(contentsOf: archive)
        #expect(bytes.starts(with: Array("PK".utf8)) && bytes.range(of: Data("index.html".utf8)) != nil)
        #expect(try FileManager.default.contentsOfDirectory(atPath: cache.path) == ["soudan.zip"])
        let inside = directory.appendingPathComponent("soudan.zip")
        let refused = await failure { try await client.exportArchive(path: inside.path) }
        guard case .Setting = refused else { return unexpected(refused) }
    }

    @Test("lists are empty pages before anything is written")
    func emptyPages() async throws {
        let page = try await open().consultations(after: nil, most: 10)
        #expect(page == ConsultationPage(consultations: [], total: 0, unread: 0, next: nil))
    }

    @Test("a key store that throws is failing, not a crash")
    func throwingKeyStore() async {
        let error = await failure { _ = try await open(BrokenKeyStore()) }
        guard case .Key(let details) = error else { return unexpected(error) }
        #expect(details.code == "key_failing")
    }

    @Test(
        "every step has words",
        arguments: [
            MessageStep.savedHere, .heldByServer, .takenByClinician, .answered, .refused,
        ])
    func stepWords(step: MessageStep) {
        let words = messageStepWords(step: step)
        #expect(!words.ja.isEmpty && !words.en.isEmpty)
    }
}
