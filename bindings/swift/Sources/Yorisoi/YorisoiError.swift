import Foundation
import YorisoiCore

extension YorisoiError {
    /// What every error carries.
    public var details: ErrorDetails {
        switch self {
        case .Card(let details, _), .Enrollment(let details), .Window(let details), .Consent(let details),
            .Input(let details), .NotFound(let details), .Setting(let details), .Key(let details),
            .Storage(let details), .Suspended(let details), .Network(let details), .Server(let details):
            return details
        }
    }

    /// The stable code; `docs/errors.md` lists all of them.
    public var code: String { details.code }

    /// Whether the same call may succeed later without anybody changing anything.
    public var retryable: Bool { details.retryable }

    /// What to tell the person, in both languages.
    public var words: Words { details.words }
}

extension YorisoiError: LocalizedError {
    /// What to tell the person, in their language.
    public var errorDescription: String? { words.text }
}
