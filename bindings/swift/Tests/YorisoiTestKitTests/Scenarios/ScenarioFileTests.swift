import Foundation
import Testing
import Yorisoi
import YorisoiTestKit

/// Scenario files that are wrong are faults, in every way in which they can be.
@Suite struct ScenarioFileTests {
    private func fault(of body: () throws -> Void) -> String? {
        do {
            try body()
        } catch let fault as ScenarioFault {
            return fault.words
        } catch {
            return "\(error)"
        }
        return nil
    }

    @Test("every form of a step is read")
    func steps() throws {
        let json = try JSON(
            Data(
                """
                {"name": "a story", "journeys": [2], "steps": [
                  {"kit": "world", "with": {"now": "2021-10-01T03:12:00+09:00"}, "save": "world"},
                  {"phone": "mother", "os": "open"},
                  {"phone": "mother", "call": "unread_count", "expect": 0},
                  {"phone": "mother", "call": "manifest", "expect": null},
                  {"phone": "mother", "call": "search", "with": {"words": "あ"}, "error": {"kind": "input"}},
                  {"call": "lock_screen_words"},
                  {"call": "stop", "session": "{live}"},
                  {"phone": "mother", "call": "stop", "session": "live"}]}
                """.utf8))
        let steps = try Scenario(file: "a.json", json).steps
        #expect(
            steps.map(\.action) == [
                .kit("world"), .os("open", phone: "mother"), .call("unread_count", phone: "mother"),
                .call("manifest", phone: "mother"), .call("search", phone: "mother"), .free("lock_screen_words"),
                .session("stop", session: "{live}"), .session("stop", session: "live"),
            ])
        #expect(
            steps.map(\.outcome) == [
                .result(nil), .result(nil), .result(0), .result(.null), .error(["kind": "input"]), .result(nil),
                .result(nil), .result(nil),
            ])
        #expect(steps[0].save == "world")
    }

    @Test(
        "what is wrong is said",
        arguments: [
            (["kit": "heal", "call": "ask"], "neither kit, nor os of a phone, nor call"),
            (["os": "open"], "neither kit, nor os of a phone, nor call"),
            ([:], "neither kit, nor os of a phone, nor call"),
            (["call": "ask", "phone": "a", "expect": 1, "error": [:]], "both expect and error"),
            (["kit": "heal", "error": [:]], "the kit gives no errors to expect"),
            (["call": "ask", "phone": "a", "expects": 1], "the step has what nobody knows: expects"),
            (["call": 1, "phone": "a"], "call: 1 is no string"),
        ] as [(JSON, String)])
    func faults(step: JSON, words: String) {
        #expect(fault { _ = try Step(step) } == words)
    }

    @Test("a fault names its step, and a story without steps is none")
    func numbered() {
        let wrong: JSON = ["name": "a", "journeys": [], "steps": [["kit": "heal"], [:]]]
        #expect(fault { _ = try Scenario(file: "a.json", wrong) } == "step 2: neither kit, nor os of a phone, nor call")
        let empty: JSON = ["name": "a", "journeys": [], "steps": []]
        #expect(fault { _ = try Scenario(file: "a.json", empty) } == "there are no steps")
    }

    @Test("what was saved comes back with its type, at any depth")
    func saved() throws {
        var saved = Saved()
        saved.keep(["code": "115G", "list": [["id": 7]]], as: "card")
        saved.keep("a", as: "question")
        #expect(try saved.fill(["typed": "{card.code}"]) == ["typed": "115G"])
        #expect(try saved.fill([["{card.list.0.id}"], "{question}"]) == [[7], "a"])
        // Only a string that is wholly a name is one.
        #expect(try saved.fill("typed {question}") == "typed {question}")
        #expect(try saved.fill("{熱}") == "{熱}")
        #expect(fault { _ = try saved.fill("{nobody}") } == "nothing was saved as nobody")
        #expect(fault { _ = try saved.fill("{card.list.1}") } == "no 1 in card.list.1")
        #expect(fault { _ = try saved.fill("{question.id}") } == "no id in question.id")
    }

    @Test("arguments are read by type, noted, and none is left over")
    func arguments() throws {
        let exercised = Exercised()
        var with = try Arguments(
            [
                "service": "pediatrics", "subject": ["child": ["born": "2021-08-20"]], "text": "…",
                "draft": ["service": "obstetrics", "subject": "parent", "text": ""],
                "fact": ["children": ["born": ["not_told", ["month": ["year": 2021, "month": 9]]]]],
                "answers": ["q1": 4, "q2": nil],
            ], exercised)
        #expect(try with("service") == Service.pediatrics)
        #expect(try with("subject") == Subject.child(born: "2021-08-20"))
        #expect(
            try with("draft")
                == NewDraft(id: nil, service: .obstetrics, subject: .parent, consultation: nil, text: ""))
        #expect(
            try with("fact") == FamilyFact.children(born: [.notTold, .month(year: 2021, month: 9)]))
        #expect(try with("answers") == ["q1": UInt8(4), "q2": nil])
        #expect(try with("before") == UInt32?.none)
        #expect(fault { _ = try with("most") as UInt32 } == "with has no most")
        #expect(fault { try with.end() } == "with has what nobody knows: text")
        #expect(exercised.all.contains("variant Subject.child") && exercised.all.contains("variant DateFact.month"))
    }

    @Test(
        "an argument that cannot be is a fault",
        arguments: [
            ("dentistry", "service: there is no Service dentistry"), (7, "service: 7 is no string"),
        ] as [(JSON, String)])
    func badArguments(value: JSON, words: String) throws {
        var with = try Arguments(["service": value], Exercised())
        #expect(fault { _ = try with("service") as Service } == words)
    }

    @Test("a number that does not fit, and a field nobody knows, are faults")
    func badMembers() throws {
        var with = try Arguments(
            ["most": -1, "subject": ["child": ["born": nil, "name": "…"]], "budget": ["seconds": 5]], Exercised())
        #expect(fault { _ = try with("most") as UInt32 } == "most: -1 is no UInt32")
        #expect(fault { _ = try with("subject") as Subject } == "subject: child has what nobody knows: name")
        #expect(fault { _ = try with("budget") as SyncBudget } == "budget: SyncBudget has no metered")
    }
}
