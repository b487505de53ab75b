import Foundation
import YorisoiTestKit

/// A story that all languages run alike: one file of `sandbox/scenarios`.
struct Scenario: Sendable {
    let file: String
    let name: String
    let steps: [Step]

    init(file: String, _ json: JSON) throws {
        var members = try Members(json, of: "the scenario")
        self.file = file
        name = try members.take("name")
        _ = try members.take("journeys") as [Int64]
        let steps = try members.take("steps") as [JSON]
        try members.end()
        guard !steps.isEmpty else { throw ScenarioFault("there are no steps") }
        self.steps = try steps.enumerated().map { index, json in
            do {
                return try Step(json)
            } catch let fault as ScenarioFault {
                throw ScenarioFault("step \(index + 1): \(fault.words)")
            }
        }
    }
}

/// One step: something the kit does, the phone's system does, or the library is asked.
struct Step: Sendable {
    enum Action: Sendable, Equatable {
        case kit(String)
        case os(String, phone: String)
        case call(String, phone: String)
        /// A call that needs no library.
        case free(String)
        /// A call to a session that an earlier step saved.
        case session(String, session: String)
    }

    enum Outcome: Sendable, Equatable {
        case result(JSON?)
        case error(JSON)
    }

    let action: Action
    let with: [String: JSON]
    let save: String?
    let outcome: Outcome

    init(_ json: JSON) throws {
        var members = try Members(json, of: "the step")
        let kit: String? = try members.take("kit")
        let system: String? = try members.take("os")
        let call: String? = try members.take("call")
        let phone: String? = try members.take("phone")
        let session: String? = try members.take("session")
        action =
            switch (kit, system, call, phone, session) {
            case (let verb?, nil, nil, nil, nil): .kit(verb)
            case (nil, let verb?, nil, let phone?, nil): .os(verb, phone: phone)
            case (nil, nil, let name?, let phone?, nil): .call(name, phone: phone)
            case (nil, nil, let name?, nil, nil): .free(name)
            // Whose session it is, the session knows.
            case (nil, nil, let name?, _, let session?): .session(name, session: session)
            default: throw ScenarioFault("neither kit, nor os of a phone, nor call")
            }
        with = try members.take("with") ?? [:]
        save = try members.take("save")
        // Null is a result to expect, and no error to expect.
        let expected = members.takeJSON("expect")
        let error = members.takeJSON("error")
        outcome =
            switch (expected, error) {
            case (let expected, nil): .result(expected)
            case (nil, let error?): .error(error)
            case (_?, _?): throw ScenarioFault("both expect and error")
            }
        if case .kit = action, case .error = outcome { throw ScenarioFault("the kit gives no errors to expect") }
        try members.end()
    }
}

/// The file is wrong, not what it tells of.
struct ScenarioFault: Error, CustomStringConvertible {
    let words: String

    init(_ words: String) {
        self.words = words
    }

    var description: String { words }
}

/// What was saved by name, and put in the place of `{name}`.
struct Saved {
    private var values: [String: JSON] = [:]

    mutating func keep(_ value: JSON, as name: String) {
        values[name] = value
    }

    /// Replaces every string that is wholly `{name}` or `{name.field.0.field}` by what was saved, with its type.
    func fill(_ json: JSON) throws -> JSON {
        switch json {
        case .string(let text): try path(text).map(value(at:)) ?? json
        case .array(let elements): .array(try elements.map(fill))
        case .object(let members): .object(try members.mapValues(fill))
        default: json
        }
    }

    private func path(_ text: String) -> [Substring]? {
        guard text.hasPrefix("{"), text.hasSuffix("}"), text.count > 2 else { return nil }
        let inside = text.dropFirst().dropLast()
        let isName = inside.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"),
                UInt8(ascii: "."):
                true
            default: false
            }
        }
        return isName ? inside.split(separator: ".", omittingEmptySubsequences: false) : nil
    }

    private func value(at path: [Substring]) throws -> JSON {
        let whole = path.joined(separator: ".")
        guard var value = values[String(path[0])] else { throw ScenarioFault("nothing was saved as \(path[0])") }
        for part in path.dropFirst() {
            switch value {
            case .object(let members):
                guard let member = members[String(part)] else { throw ScenarioFault("no \(part) in \(whole)") }
                value = member
            case .array(let elements):
                guard let index = Int(part), elements.indices.contains(index) else {
                    throw ScenarioFault("no \(part) in \(whole)")
                }
                value = elements[index]
            default: throw ScenarioFault("no \(part) in \(whole)")
            }
        }
        return value
    }
}
