import Foundation
import Testing
import Yorisoi
import YorisoiTestKit

/// Arguments that no app should hand over: the answer is a value or one of the library's errors, never anything else.
@Suite(.timeLimit(.minutes(1))) struct ArgumentTests {
    private static let texts: [JSON] = [
        "", "\0", "a\0b", "🏳️‍⚧️", "\u{202e}\u{feff}", "../../../etc/passwd", "00000000-0000-0000-0000-000000000000",
        .string(String(repeating: "あ", count: 100_000)), "115GJ6HB7H6NWEY1", "2021-02-30", "９９９９-１２-３１",
    ]
    private static let numbers: [JSON] = [0, 1, -1, 255, 500, 501, 0xffff_ffff, 0x7fff_ffff_ffff_ffff]

    private let phone: FakePhone

    init() throws {
        phone = try FakePhone(in: World.withoutServer())
    }

    /// The values to try for one argument: whatever of these can be read as its type.
    private func values(for argument: String, of call: String) -> [JSON] {
        if argument == "draft", call != "save_draft" { return Self.texts }
        return argument == "path" ? paths : Self.values(for: argument)
    }

    /// Places that are none, and names that are odd, in the phone's own folder.
    private var paths: [JSON] {
        let names = ["\0", "🏳️‍⚧️", "\u{202e}", "..", ".", "a/b/c", String(repeating: "あ", count: 1000)]
        return ["", "/", "/proc/self/mem"]
            + names.map { .string("\(phone.folder.path)/\($0)") }
    }

    private static func values(for argument: String) -> [JSON] {
        switch argument {
        case "most", "after", "before", "seen", "number": numbers
        case "service": ["obstetrics", "pediatrics"]
        case "subject": ["parent", ["child": ["born": nil]]] + texts.map { ["child": ["born": $0]] }
        case "fact":
            ["delivered", "caregiver_since"].flatMap { name in facts.map { .object([name: ["day": $0]]) } }
                + [["children": ["born": .array(facts)]], ["children": ["born": []]]]
                + texts.map { ["moved_out": ["day": $0]] }
        case "draft": texts.map { draft(id: $0, text: "…") } + texts.map { draft(id: nil, text: $0) }
        case "answers": [[:], ["": 255], .object(["q1": nil, "眠れない": 0])]
        case "purpose": ["service", "photo"]
        case "state": ["grant", "withdraw"]
        case "text_id": texts
        case "budget":
            numbers.map { ["seconds": $0, "metered": true, "low_power": true] }
        case "ready", "on": [true, false]
        default: texts
        }
    }

    private static let facts: [JSON] =
        texts.map { ["known": ["day": $0]] }
        + [Int64(Int32.min), -1, 0, 10_000, Int64(Int32.max)].flatMap { year in
            [0, 13, 0xffff_ffff].map { month in ["month": ["year": .whole(year), "month": .whole(month)]] }
        }

    private static func draft(id: JSON, text: JSON) -> JSON {
        ["id": id, "service": "pediatrics", "subject": "parent", "consultation": id, "text": text]
    }

    @Test("every call takes absurd arguments calmly", arguments: Calls.ofClient.keys.sorted())
    func absurd(call: String) async throws {
        let client = try await phone.open()
        _ = try await client.enroll(typed: ticket)
        try await client.agree()
        let function = try #require(Calls.ofClient[call])
        let names = CancelSamples.arguments[call] ?? []
        let values = names.map { self.values(for: $0, of: call) }
        let rounds = values.map(\.count).max() ?? 1
        var reached = 0
        for round in 0..<rounds {
            var with: [String: JSON] = [:]
            for (place, (name, values)) in zip(names, values).enumerated() {
                with[name] = values[(round + place) % values.count]
            }
            if call == "decide_consent" {
                let texts = Self.texts
                with["text"] = ["id": texts[round % 11], "language": texts[round % 7], "text": texts[round % 5]]
            }
            var arguments = try Arguments(with, Exercised())
            do {
                _ = try await function(client, &arguments)
                reached += 1
            } catch is YorisoiError {
                reached += 1
            } catch is ScenarioFault {
                // A number that the type itself refuses never reaches the library.
                continue
            } catch {
                Issue.record("\(call) with \(String(describing: with).prefix(300)): \(error)")
            }
        }
        #expect(reached > rounds / 3, "\(reached) of \(rounds) reached the library")
        // The library lives on.
        try await client.resume()
        #expect(try await client.safetyContacts().first?.contact.digits == "119")
    }

    @Test(
        "settings that cannot be are said to be so",
        arguments: [
            "", "soudan", "http://192.0.2.1", "https://", "ftp://127.0.0.1", "https://\0",
            "https://user@example.jp/?q#f",
            "file:///etc/passwd",
        ])
    func server(address: String) async {
        let told = await code { try await phone.open(phone.config(server: address)) }
        #expect(told == "setting_invalid" || told.hasPrefix("no error"))
        #expect(!told.hasPrefix("an error of another kind"))
    }

    @Test(
        "roots and manifests that are none",
        arguments: [
            [], ["a"], ["a", "b"], ["", ""], ["\0", "\0"], ["a", "b", "c"],
        ])
    func roots(roots: [String]) async {
        #expect(await code { try await phone.open(phone.config(roots: roots)) } == "setting_invalid")
    }

    @Test(
        "manifests that are none, however deep or long",
        arguments: [[], [0x00], [0xd2, 0x84], [0x9f], [0x81], [0xa1], [0xbf], [0xff], [0x5b, 0xff, 0xff, 0xff, 0xff]])
    func manifests(start: [UInt8]) async {
        for times in [1, 100_000] {
            let bytes = Data((0..<times).flatMap { _ in start })
            let told = await code { try await phone.open(phone.config(manifest: .bytes(bytes))) }
            #expect(told == "manifest_not_believed" || told == "manifest_too_new", "\(told)")
        }
    }

    @Test(
        "a directory that cannot be is an error, and nothing is made there",
        arguments: ["", "phone", "\0", "/proc/nowhere", "/dev/null/deep", "/(a long one)"])
    func directory(name: String) async {
        let path = name == "/(a long one)" ? String(repeating: "/a", count: 3000) : name
        let config = ClientConfig(
            directory: path, server: "https://127.0.0.1:1", roots: phone.config().roots, manifest: nil)
        let told = await code {
            try await YorisoiClient.open(
                config: config, keys: phone.keys, clock: phone.clock, notices: phone.heard)
        }
        #expect(!told.hasPrefix("no error") && !told.hasPrefix("an error of another kind"), "\(told)")
    }
}
