/// What can go wrong between a test and the kit. The library's own errors stay `YorisoiError`.
public enum KitFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// No program was named: neither by the caller nor by the environment variable `YORISOI_KIT`.
    case noProgram
    /// The program did not start, or said something else than where it listens.
    case notStarted(String)
    /// The kit refused a request, with its own words.
    case refused(status: Int, words: String)
    /// The kit gave no answer, or one that could not be read.
    case noAnswer(String)
    /// What was waited for did not come in time.
    case nothingCame(what: String, seconds: Double)
    /// The phone has no open library.
    case notOpen

    /// What went wrong, in English.
    public var description: String {
        switch self {
        case .noProgram: "no kit: set YORISOI_KIT to the program yorisoi-kit, or name it"
        case .notStarted(let why): "the kit did not start: \(why)"
        case .refused(let status, let words): "the kit refused (\(status)): \(words)"
        case .noAnswer(let why): "the kit gave no answer: \(why)"
        case .nothingCame(let what, let seconds): "\(what) did not come within \(seconds) s"
        case .notOpen: "this phone has no open library: call open first"
        }
    }
}
