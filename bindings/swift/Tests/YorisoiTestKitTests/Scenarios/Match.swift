import YorisoiTestKit

/// Where `came` is not what `expected` says; nothing if it is.
///
/// An object is matched by the members it names, an array element by element with the same length, `"*"` by anything but
/// null, everything else by what is equal.
func mismatch(expected: JSON, came: JSON, at place: String = "") -> String? {
    let here = place.isEmpty ? "the result" : place
    switch (expected, came) {
    case ("*", .null):
        return "\(here) is null"
    case ("*", _):
        return nil
    case (.object(let wanted), .object(let members)):
        for (name, value) in wanted.sorted(by: { $0.key < $1.key }) {
            let inside = place.isEmpty ? name : "\(place).\(name)"
            guard let member = members[name] else { return "there is no \(inside)" }
            if let mismatch = mismatch(expected: value, came: member, at: inside) { return mismatch }
        }
        return nil
    case (.array(let wanted), .array(let elements)):
        guard wanted.count == elements.count else {
            return "\(here) has \(elements.count) elements, not \(wanted.count)"
        }
        for (index, (value, element)) in zip(wanted, elements).enumerated() {
            let inside = place.isEmpty ? "\(index)" : "\(place).\(index)"
            if let mismatch = mismatch(expected: value, came: element, at: inside) { return mismatch }
        }
        return nil
    case (.whole(let wanted), .fraction(let number)) where Double(wanted) == number:
        return nil
    case (.fraction(let wanted), .whole(let number)) where wanted == Double(number):
        return nil
    default:
        return expected == came ? nil : "\(here) is \(came), not \(expected)"
    }
}
