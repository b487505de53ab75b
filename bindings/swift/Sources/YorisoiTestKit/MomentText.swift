import Foundation

/// Instants as the kit writes them: RFC 3339, to the millisecond.
package enum MomentText {
    /// In UTC with milliseconds, such as `2021-12-31T15:00:00.000Z`.
    package static func write(_ date: Date) -> String {
        // Whole seconds and milliseconds apart: a fraction that a `Date` cannot hold exactly would lose one.
        let millis = Int64((date.timeIntervalSince1970 * 1000).rounded())
        let seconds = Int64((Double(millis) / 1000).rounded(.down))
        let text = Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
        return text.dropLast() + String(format: ".%03dZ", Int(millis - seconds * 1000))
    }

    /// With any offset, with or without a fraction; nothing if it is no instant.
    package static func read(_ text: String) -> Date? {
        let whole = Date.ISO8601FormatStyle()
        return (try? whole.parse(text)) ?? (try? Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(text))
    }
}
