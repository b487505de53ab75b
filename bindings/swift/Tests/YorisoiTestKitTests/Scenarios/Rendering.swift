import Foundation
import Yorisoi
import YorisoiTestKit

/// Turns what the library gives into the JSON of the scenarios, and notes every variant that it meets.
struct Rendering {
    let exercised: Exercised

    /// A record becomes an object with snake_case members, a variant without fields a string, one with fields an object
    /// of one member; a moment RFC 3339, bytes base64, absence null.
    func json(_ value: Any) throws -> JSON {
        if let scalar = Self.scalar(value) { return scalar }
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .optional: return try mirror.children.first.map { try json($0.value) } ?? .null
        case .collection: return .array(try mirror.children.map { try json($0.value) })
        case .dictionary: return .object(try dictionary(mirror))
        case .struct: return .object(try members(mirror))
        case .enum: return try variant(value, mirror)
        case .tuple where mirror.children.isEmpty: return .null
        default: throw ScenarioFault("a \(type(of: value)) has no form in JSON")
        }
    }

    /// The library's errors: `{"kind", "code", "retryable", "groups"}`, with the words beside.
    func json(error: YorisoiError) throws -> JSON {
        let mirror = Mirror(reflecting: error)
        guard let (label, payload) = mirror.children.first, let kind = label.map(snakeCase) else {
            throw ScenarioFault("an error without details")
        }
        exercised.note("error \(kind)")
        var told = try members(Mirror(reflecting: payload))
        guard case .object(let details)? = told.removeValue(forKey: "details") else {
            throw ScenarioFault("an error without details")
        }
        told["kind"] = .string(kind)
        return .object(told.merging(details) { $1 })
    }

    private static func scalar(_ value: Any) -> JSON? {
        switch value {
        case let json as JSON: json
        case let bool as Bool: .bool(bool)
        case let text as String: .string(text)
        case let moment as Date: .string(MomentText.write(moment))
        case let bytes as Data: .string(bytes.base64EncodedString())
        case let whole as any FixedWidthInteger: Int64(exactly: whole).map(JSON.whole)
        case let fraction as Double: .fraction(fraction)
        default: nil
        }
    }

    private func dictionary(_ mirror: Mirror) throws -> [String: JSON] {
        var members: [String: JSON] = [:]
        for child in mirror.children {
            guard let (key, value) = child.value as? (key: AnyHashable, value: Any), let name = key as? String else {
                throw ScenarioFault("a map by something else than a name")
            }
            members[name] = try json(value)
        }
        return members
    }

    private func members(_ mirror: Mirror) throws -> [String: JSON] {
        var members: [String: JSON] = [:]
        for child in mirror.children {
            guard let label = child.label, !label.hasPrefix(".") else { throw ScenarioFault("a field without a name") }
            members[snakeCase(label)] = try json(child.value)
        }
        return members
    }

    private func variant(_ value: Any, _ mirror: Mirror) throws -> JSON {
        let fields = mirror.children.first
        let name = snakeCase(fields?.label ?? "\(value)")
        exercised.note("variant \(type(of: value)).\(name)")
        guard let fields else { return .string(name) }
        return .object([name: .object(try members(Mirror(reflecting: fields.value)))])
    }
}

/// `heldByServer` as `held_by_server`.
func snakeCase(_ name: String) -> String {
    var snake = ""
    for character in name {
        if character.isUppercase, !snake.isEmpty { snake.append("_") }
        snake.append(contentsOf: character.lowercased())
    }
    return snake
}
