import Foundation
import Testing
import Yorisoi
import YorisoiTestKit

/// How values of the library look in the scenarios.
@Suite struct RenderingTests {
    private let exercised = Exercised()
    private var rendering: Rendering { Rendering(exercised: exercised) }

    private func night() throws -> Date { try #require(MomentText.read("2021-10-01T03:12:00+09:00")) }

    @Test("a record is an object with snake_case members")
    func record() throws {
        let reading = ClockReading(wall: try night(), sinceBootMillis: 60_000, boot: "boot-1", trusted: nil)
        #expect(
            try rendering.json(reading) == [
                "wall": "2021-09-30T18:12:00.000Z", "since_boot_millis": 60_000, "boot": "boot-1", "trusted": nil,
            ])
        #expect(exercised.all.isEmpty)
    }

    @Test("variants are noted by the names they have in Rust")
    func variants() throws {
        #expect(try rendering.json(MessageStep.heldByServer) == "held_by_server")
        #expect(try rendering.json(DateFact.month(year: 2021, month: 9)) == ["month": ["year": 2021, "month": 9]])
        #expect(try rendering.json(Subject.child(born: nil)) == ["child": ["born": nil]])
        #expect(try rendering.json(Notice.consultation(id: "a")) == ["consultation": ["id": "a"]])
        #expect(try rendering.json(DateFact.notTold) == "not_told")
        #expect(
            exercised.all == [
                "variant DateFact.month", "variant DateFact.not_told", "variant MessageStep.held_by_server",
                "variant Notice.consultation", "variant Subject.child",
            ])
    }

    @Test("variants inside of records, lists and variants are noted as well")
    func nested() throws {
        let pause = SyncPause(notBefore: try night(), why: .failedBefore)
        let fact = FamilyFact.children(born: [.known(day: "2021-08-20"), .notTold])
        #expect(
            try rendering.json([SyncEnd.tooEarly(pause: pause), .caughtUp]) == [
                ["too_early": ["pause": ["not_before": "2021-09-30T18:12:00.000Z", "why": "failed_before"]]],
                "caught_up",
            ])
        #expect(
            try rendering.json(fact) == ["children": ["born": [["known": ["day": "2021-08-20"]], "not_told"]]])
        #expect(
            exercised.all == [
                "variant DateFact.known", "variant DateFact.not_told", "variant FamilyFact.children",
                "variant PauseReason.failed_before", "variant SyncEnd.caught_up", "variant SyncEnd.too_early",
            ])
    }

    @Test("scalars, absence, bytes and maps")
    func scalars() throws {
        #expect(try rendering.json(true) == true)
        #expect(try rendering.json(UInt32(7)) == 7)
        #expect(try rendering.json("眠れない") == "眠れない")
        #expect(try rendering.json(()) == nil)
        #expect(try rendering.json(Data([0, 255])) == "AP8=")
        #expect(try rendering.json(String?.none as Any) == nil)
        #expect(try rendering.json(["q1": UInt8?(4), "q2": nil]) == ["q1": 4, "q2": nil])
        #expect(throws: ScenarioFault.self) { try rendering.json(UInt64.max) }
        #expect(throws: ScenarioFault.self) { try rendering.json(exercised) }
    }

    @Test("an error tells its kind, its code and whether it passes")
    func error() throws {
        let details = ErrorDetails(
            code: "card_check_failed", retryable: false, words: Words(ja: "もう一度", en: "Again"))
        let told = try rendering.json(error: YorisoiError.Card(details: details, groups: [2]))
        let expected: JSON = ["kind": "card", "code": "card_check_failed", "retryable": false, "groups": [2]]
        #expect(mismatch(expected: expected, came: told) == nil)
        let missing = try rendering.json(error: YorisoiError.NotFound(details: details))
        #expect(mismatch(expected: ["kind": "not_found"], came: missing) == nil)
        #expect(exercised.all == ["error card", "error not_found"])
    }

    @Test(
        "an instant keeps its milliseconds, before 1970 too",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1_633_025_520_123, "2021-09-30T18:12:00.123Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ])
    func moments(millis: Int64, text: String) throws {
        let moment = Date(timeIntervalSince1970: Double(millis) / 1000)
        #expect(MomentText.write(moment) == text)
        let read = try #require(MomentText.read(text))
        #expect(abs(read.timeIntervalSince(moment)) < 0.000_5)
    }
}
