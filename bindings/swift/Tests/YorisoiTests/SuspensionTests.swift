import Foundation
import Testing

@testable import Yorisoi

/// A library that notes what it is asked, and waits for the test where it is told to.
@MainActor
final class FakeLibrary: SuspendableLibrary {
    enum Call: Equatable { case suspend, resume, sync }
    struct Broken: Error {}

    nonisolated init() {}

    private(set) var calls: [Call] = []
    var isBroken = false
    var pause: SyncPause?
    var budget: SyncBudget?
    private var gate: AsyncStream<Void>?
    private var arrivals: AsyncStream<Call>.Continuation?

    /// From now on every call waits: what arrives, and what lets the next one go on.
    func stop() -> (arrived: AsyncStream<Call>, goOn: AsyncStream<Void>.Continuation) {
        let (gate, goOn) = AsyncStream<Void>.makeStream()
        let (arrived, arrivals) = AsyncStream<Call>.makeStream()
        self.gate = gate
        self.arrivals = arrivals
        return (arrived, goOn)
    }

    private func note(_ call: Call) async throws {
        calls.append(call)
        arrivals?.yield(call)
        if let gate { for await _ in gate { break } }
        try Task.checkCancellation()
        if isBroken { throw Broken() }
    }

    func suspend() async throws { try await note(.suspend) }

    func resume() async throws { try await note(.resume) }

    func syncWithin(budget: SyncBudget) async throws -> SyncReport {
        self.budget = budget
        try await note(.sync)
        return SyncReport(
            requests: 1, answered: 1, held: 0, refused: 0, received: 0, pending: 0, verifiedAt: nil,
            retryAfterSeconds: nil, ended: .caughtUp)
    }

    func syncState() async throws -> SyncState {
        SyncState(
            pending: 0, readyDrafts: 0, setAside: 0, photos: 0, verifiedAt: nil, online: false, digest: "",
            lastAttempt: nil, pause: pause)
    }
}

/// The app goes and comes, and the library with it.
@MainActor
@Suite(.timeLimit(.minutes(1)))
final class SuspensionTests {
    private let library = FakeLibrary()
    private var held = 0
    private var heldInAll = 0
    private var expire: (@MainActor @Sendable () -> Void)?
    private lazy var suspension = Suspension(library) { [unowned self] expired in
        held += 1
        heldInAll += 1
        expire = expired
        return { self.held -= 1 }
    }

    @Test("the library is suspended in the background and resumed afterwards, and the system waits for it")
    func backAndForth() async {
        suspension.enterBackground()
        #expect(held == 1, "asked for before anything else happens")
        await suspension.settled()
        #expect(library.calls == [.suspend] && held == 0)
        suspension.enterForeground()
        await suspension.settled()
        #expect(library.calls == [.suspend, .resume] && held == 0 && heldInAll == 1)
    }

    @Test("an app that comes back while the library is being suspended finds it resumed")
    func quick() async {
        let (arrived, goOn) = library.stop()
        suspension.enterBackground()
        for await _ in arrived { break }
        suspension.enterForeground()
        suspension.enterBackground()
        suspension.enterForeground()
        #expect(library.calls == [.suspend], "one call after the other")
        goOn.yield()
        for await _ in arrived { break }
        goOn.yield()
        await suspension.settled()
        #expect(library.calls == [.suspend, .resume] && held == 0)
    }

    @Test("the last word counts, however often it is said")
    func lastWord() async {
        for _ in 0..<100 {
            suspension.enterBackground()
            suspension.enterForeground()
        }
        await suspension.settled()
        #expect(library.calls.isEmpty && held == 0)
        for _ in 0..<100 { suspension.enterBackground() }
        await suspension.settled()
        #expect(library.calls == [.suspend] && held == 0)
    }

    @Test("the system's time is given back when it is over, whatever the library does")
    func expired() async {
        let (arrived, goOn) = library.stop()
        suspension.enterBackground()
        for await _ in arrived { break }
        expire?()
        #expect(held == 0)
        goOn.yield()
        await suspension.settled()
        #expect(library.calls == [.suspend] && held == 0)
    }

    @Test("what fails is told and tried again with the next change")
    func fails() async {
        library.isBroken = true
        suspension.enterBackground()
        await suspension.settled()
        #expect(suspension.failure is FakeLibrary.Broken && held == 0)
        library.isBroken = false
        suspension.enterBackground()
        await suspension.settled()
        #expect(suspension.failure == nil && library.calls == [.suspend, .suspend] && held == 0)
        library.isBroken = true
        suspension.enterForeground()
        await suspension.settled()
        #expect(suspension.failure is FakeLibrary.Broken)
        await #expect(throws: FakeLibrary.Broken.self) { try await suspension.awake { _ in } }
        library.isBroken = false
        await suspension.settled()
        #expect(suspension.failure == nil && library.calls.last == .resume && held == 0)
    }

    @Test("work in the background finds the library resumed and leaves it suspended")
    func work() async throws {
        suspension.enterBackground()
        await suspension.settled()
        let result = try await suspension.awake { library in
            #expect(self.held == 1, "the system does not suspend the app in the middle of it")
            _ = try await library.syncWithin(budget: SyncBudget(seconds: 1, metered: true, lowPower: false))
            return 7
        }
        #expect(result == 7 && library.calls == [.suspend, .resume, .sync, .suspend] && held == 0)
    }

    @Test("work that fails leaves the library suspended as well")
    func failingWork() async {
        suspension.enterBackground()
        await #expect(throws: FakeLibrary.Broken.self) {
            try await suspension.awake { _ in throw FakeLibrary.Broken() }
        }
        #expect(library.calls.last == .suspend && held == 0)
    }

    @Test("an app that comes back during the work keeps its library")
    func backDuringWork() async throws {
        suspension.enterBackground()
        await suspension.settled()
        try await suspension.awake { _ in self.suspension.enterForeground() }
        #expect(library.calls == [.suspend, .resume] && held == 0)
    }

    @Test("an app that leaves during the work has its library suspended after it, and not before")
    func leavingDuringWork() async throws {
        try await suspension.awake { _ in
            self.suspension.enterBackground()
            await self.suspension.settled()
            #expect(self.library.calls.isEmpty && self.held == 1)
        }
        #expect(library.calls == [.suspend] && held == 0)
    }
}
