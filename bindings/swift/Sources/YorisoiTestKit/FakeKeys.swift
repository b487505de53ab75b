import Foundation
import Yorisoi

/// A key store that behaves as real ones do on bad days. It keeps its key in memory, as long as it lives.
public final class FakeKeys: KeyStore, Sendable {
    /// How a key store may behave.
    public enum State: String, Sendable, CaseIterable {
        /// Gives its key and takes new ones.
        case ready
        /// Says that it is locked, as before the first unlock after a restart.
        case locked
        /// Says that it is failing.
        case failing
        /// Says that there is no key, though it remembers the one it had: `ready` brings that back. A key that is saved
        /// meanwhile takes its place, and the state is `ready` again.
        case missing
        /// Gives a key of some other installation, the same every time. A key that is saved meanwhile takes its place, and
        /// the state is `ready` again.
        case foreign
        /// Throws an error of the app's own, of which the library has never heard.
        case throwing
    }

    /// An error of the app's own: what `State.throwing` throws.
    public struct Broken: Error, Sendable, Equatable {}

    private struct Kept {
        var state = State.ready
        var key: Data?
        var loads = 0
        var saves = 0
        var refusedAs: Set<State> = []

        /// Throws where the state is one that refuses.
        mutating func refuse() throws {
            switch state {
            case .ready, .missing, .foreign: return
            case .locked, .failing, .throwing: refusedAs.insert(state)
            }
            switch state {
            case .locked: throw KeyStoreFailure.Locked
            case .failing: throw KeyStoreFailure.Failing
            default: throw Broken()
            }
        }
    }

    private static let foreign = Data(repeating: 0x5a, count: 32)

    private let kept = Guarded(Kept())

    /// An empty key store that is ready.
    public init() {}

    /// How it behaves from now on.
    public var state: State {
        get { kept.with { $0.state } }
        set { kept.with { $0.state = newValue } }
    }

    /// The key it keeps, whatever its state.
    public var key: Data? { kept.with { $0.key } }

    /// How often the library asked for the key.
    public var loads: Int { kept.with { $0.loads } }

    /// How often the library handed a key over.
    public var saves: Int { kept.with { $0.saves } }

    /// The states in which it refused a call of the library.
    public var refusedAs: Set<State> { kept.with { $0.refusedAs } }

    /// What the library calls.
    public func load() throws -> Data? {
        try kept.with { kept in
            kept.loads += 1
            try kept.refuse()
            switch kept.state {
            case .missing: return nil
            case .foreign: return Self.foreign
            default: return kept.key
            }
        }
    }

    /// What the library calls.
    public func save(key: Data) throws {
        try kept.with { kept in
            kept.saves += 1
            try kept.refuse()
            kept.key = key
            kept.state = .ready
        }
    }
}
