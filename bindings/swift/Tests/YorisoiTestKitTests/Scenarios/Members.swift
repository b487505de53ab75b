import Foundation
import YorisoiTestKit

/// What a value of the scenarios can be read as.
protocol Readable {
    init(reading json: JSON) throws
    /// What a missing argument of this type is; nothing if it may not be missing.
    static var whenMissing: Self? { get }
}

extension Readable {
    static var whenMissing: Self? { nil }
}

/// The members of an object, each taken once. What nobody takes is a fault: a misspelt name is never skipped.
struct Members {
    private let what: String
    private var left: [String: JSON]

    init(_ json: JSON, of what: String) throws {
        guard case .object(let members) = json else { throw ScenarioFault("\(what) is \(json), not an object") }
        self.what = what
        left = members
    }

    mutating func take<Value: Readable>(_ name: String) throws -> Value {
        guard let json = left.removeValue(forKey: name) else {
            guard let missing = Value.whenMissing else { throw ScenarioFault("\(what) has no \(name)") }
            return missing
        }
        do {
            return try Value(reading: json)
        } catch let fault as ScenarioFault {
            throw ScenarioFault("\(name): \(fault.words)")
        }
    }

    /// As it stands; nothing if it does not, which is not the same as null.
    mutating func takeJSON(_ name: String) -> JSON? {
        left.removeValue(forKey: name)
    }

    func end() throws {
        guard left.isEmpty else {
            throw ScenarioFault("\(what) has what nobody knows: \(left.keys.sorted().joined(separator: ", "))")
        }
    }
}

extension JSON: Readable {
    init(reading json: JSON) { self = json }
}

extension String: Readable {
    init(reading json: JSON) throws {
        guard case .string(let text) = json else { throw ScenarioFault("\(json) is no string") }
        self = text
    }
}

extension Bool: Readable {
    init(reading json: JSON) throws {
        guard case .bool(let bool) = json else { throw ScenarioFault("\(json) is neither true nor false") }
        self = bool
    }
}

extension Readable where Self: FixedWidthInteger {
    init(reading json: JSON) throws {
        guard case .whole(let whole) = json, let value = Self(exactly: whole) else {
            throw ScenarioFault("\(json) is no \(Self.self)")
        }
        self = value
    }
}

extension UInt8: Readable {}
extension UInt32: Readable {}
extension UInt64: Readable {}
extension Int32: Readable {}
extension Int64: Readable {}

extension Date: Readable {
    init(reading json: JSON) throws {
        guard case .string(let text) = json, let moment = MomentText.read(text) else {
            throw ScenarioFault("\(json) is no moment")
        }
        self = moment
    }
}

extension Data: Readable {
    init(reading json: JSON) throws {
        guard case .string(let text) = json, let bytes = Data(base64Encoded: text) else {
            throw ScenarioFault("\(json) is no base64")
        }
        self = bytes
    }
}

extension Optional: Readable where Wrapped: Readable {
    init(reading json: JSON) throws {
        self = json == .null ? nil : try Wrapped(reading: json)
    }

    static var whenMissing: Wrapped?? { .some(nil) }
}

extension Array: Readable where Element: Readable {
    init(reading json: JSON) throws {
        guard case .array(let elements) = json else { throw ScenarioFault("\(json) is no list") }
        self = try elements.map(Element.init(reading:))
    }
}

extension Dictionary: Readable where Key == String, Value: Readable {
    init(reading json: JSON) throws {
        guard case .object(let members) = json else { throw ScenarioFault("\(json) is no object") }
        self = try members.mapValues(Value.init(reading:))
    }
}
