import Yorisoi
import YorisoiTestKit

/// The arguments of a call, by their names in Rust.
struct Arguments {
    private var members: Members
    private let rendering: Rendering

    init(_ with: [String: JSON], _ exercised: Exercised) throws {
        members = try Members(.object(with), of: "with")
        rendering = Rendering(exercised: exercised)
    }

    /// Takes one, and notes the variants in it.
    mutating func callAsFunction<Value: Readable>(_ name: String) throws -> Value {
        let value: Value = try members.take(name)
        _ = try rendering.json(value)
        return value
    }

    func end() throws { try members.end() }
}

/// An enum of the library whose variants have no fields.
protocol Plain: Readable {
    static var all: [Self] { get }
}

extension Plain {
    init(reading json: JSON) throws {
        let name = try String(reading: json)
        guard let value = Self.all.first(where: { snakeCase("\($0)") == name }) else {
            throw ScenarioFault("there is no \(Self.self) \(name)")
        }
        self = value
    }
}

extension Service: Plain {
    static var all: [Service] { [.obstetrics, .pediatrics] }
}

extension MessageStep: Plain {
    static var all: [MessageStep] { [.savedHere, .heldByServer, .takenByClinician, .answered, .refused] }
}

extension Purpose: Plain {
    static var all: [Purpose] { [.service, .photo, .municipalHandoff, .survey, .statistics] }
}

extension ConsentState: Plain {
    static var all: [ConsentState] { [.grant, .deny, .withdraw] }
}

/// The name of a variant, and its fields: a string, or an object of one member.
private func variant(_ json: JSON) throws -> (String, Members) {
    if case .string(let name) = json { return (name, try Members([:], of: name)) }
    guard case .object(let members) = json, let (name, fields) = members.first, members.count == 1 else {
        throw ScenarioFault("\(json) is no variant")
    }
    return (name, try Members(fields, of: name))
}

extension Subject: Readable {
    init(reading json: JSON) throws {
        var (name, fields) = try variant(json)
        switch name {
        case "child": self = .child(born: try fields.take("born"))
        case "parent": self = .parent
        default: throw ScenarioFault("there is no Subject \(name)")
        }
        try fields.end()
    }
}

extension DateFact: Readable {
    init(reading json: JSON) throws {
        var (name, fields) = try variant(json)
        switch name {
        case "known": self = .known(day: try fields.take("day"))
        case "month": self = .month(year: try fields.take("year"), month: try fields.take("month"))
        case "not_told": self = .notTold
        default: throw ScenarioFault("there is no DateFact \(name)")
        }
        try fields.end()
    }
}

extension FamilyFact: Readable {
    init(reading json: JSON) throws {
        var (name, fields) = try variant(json)
        switch name {
        case "children": self = .children(born: try fields.take("born"))
        case "delivered": self = .delivered(day: try fields.take("day"))
        case "caregiver_since": self = .caregiverSince(day: try fields.take("day"))
        case "moved_out": self = .movedOut(day: try fields.take("day"))
        default: throw ScenarioFault("there is no FamilyFact \(name)")
        }
        try fields.end()
    }
}

extension NewDraft: Readable {
    init(reading json: JSON) throws {
        var fields = try Members(json, of: "NewDraft")
        self.init(
            id: try fields.take("id"), service: try fields.take("service"), subject: try fields.take("subject"),
            consultation: try fields.take("consultation"), text: try fields.take("text"))
        try fields.end()
    }
}

extension ConsentText: Readable {
    init(reading json: JSON) throws {
        var fields = try Members(json, of: "ConsentText")
        self.init(
            id: try fields.take("id"), language: try fields.take("language"), text: try fields.take("text"))
        try fields.end()
    }
}

extension SyncBudget: Readable {
    init(reading json: JSON) throws {
        var fields = try Members(json, of: "SyncBudget")
        self.init(
            seconds: try fields.take("seconds"), metered: try fields.take("metered"),
            lowPower: try fields.take("low_power"))
        try fields.end()
    }
}
