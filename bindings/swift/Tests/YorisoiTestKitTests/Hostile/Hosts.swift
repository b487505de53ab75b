import Foundation
import Yorisoi
import YorisoiTestKit

/// A key store with something of its own before each call.
final class KeysWith: KeyStore, Sendable {
    let kept = FakeKeys()
    private let first: @Sendable () throws -> Void

    init(_ first: @escaping @Sendable () throws -> Void) {
        self.first = first
    }

    func load() throws -> Data? {
        try first()
        return try kept.load()
    }

    func save(key: Data) throws {
        try first()
        try kept.save(key: key)
    }
}

/// A key store that gives the same key for ever, whatever it is.
final class KeysOf: KeyStore {
    private let key: Data

    init(key: Data) {
        self.key = key
    }

    func load() throws -> Data? { key }

    func save(key: Data) throws {}
}

/// A clock that says what a closure says.
final class ClockWith: Clock, Sendable {
    private let reading: @Sendable () throws -> ClockReading

    init(_ reading: @escaping @Sendable () throws -> ClockReading) {
        self.reading = reading
    }

    func read() throws -> ClockReading { try reading() }
}

/// An ear that does what a closure does.
final class NoticesWith: Notices, Sendable {
    private let hear: @Sendable ([Notice]) throws -> Void

    init(_ hear: @escaping @Sendable ([Notice]) throws -> Void) {
        self.hear = hear
    }

    func changed(notices: [Notice]) throws { try hear(notices) }
}

/// Where a host's method stands still until the test lets it go on. Never for ever.
final class Gate: Sendable {
    struct NobodyCame: Error {}

    private let entered = Arrivals<Void>()
    private let open = DispatchSemaphore(value: 0)

    /// Called by the host, from a thread that may stand still.
    func pass() throws {
        entered.add([()])
        guard open.wait(timeout: .now() + 20) == .success else { throw NobodyCame() }
    }

    /// Waits until somebody stands at the gate.
    func somebody() async throws {
        try await entered.take(within: 20, what: "a call of the host")
    }

    /// Lets so many go on, those included who come later.
    func letGo(_ many: Int = 1) {
        for _ in 0..<many { open.signal() }
    }
}

/// Runs a call to its end from a thread that is not the library's and no task's, and waits for it there.
func waitElsewhere<Result: Sendable>(
    _ call: @escaping @Sendable () async throws -> Result
) throws -> Result {
    let result = Guarded<Swift.Result<Result, any Error>?>(nil)
    let done = DispatchSemaphore(value: 0)
    Task.detached {
        do {
            let value = try await call()
            result.with { $0 = .success(value) }
        } catch {
            result.with { $0 = .failure(error) }
        }
        done.signal()
    }
    guard done.wait(timeout: .now() + 20) == .success, let result = result.with({ $0 }) else {
        throw KitFailure.nothingCame(what: "the call's end", seconds: 20)
    }
    return try result.get()
}

extension YorisoiError {
    /// The stable code, whatever the kind.
    var code: String {
        switch self {
        case .Card(let details, _): details.code
        case .Enrollment(let details), .Window(let details), .Consent(let details), .Input(let details),
            .NotFound(let details), .Setting(let details), .Key(let details), .Storage(let details),
            .Suspended(let details), .Network(let details), .Server(let details):
            details.code
        }
    }
}

/// The code of the library's error that a call ends with, or what else came.
func code(of call: () async throws -> some Any) async -> String {
    do {
        return "no error, but \(try await call())"
    } catch let error as YorisoiError {
        return error.code
    } catch {
        return "an error of another kind: \(error)"
    }
}
