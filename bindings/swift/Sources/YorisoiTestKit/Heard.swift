import Yorisoi

/// Records what the library says has changed, for a test to wait on.
public final class Heard: Notices, Sendable {
    private let arrivals = Arrivals<Notice>()
    private let all = Guarded<[Notice]>([])

    /// A recorder that has heard nothing.
    public init() {}

    /// Everything heard so far, in order.
    public var notices: [Notice] { all.with { $0 } }

    /// What came since the last one that was waited for, in order.
    public var waiting: [Notice] { arrivals.waiting }

    /// Waits until this notice comes, since the last one that was waited for. One that came meanwhile counts.
    ///
    /// Throws `KitFailure.nothingCame` after so many seconds.
    public func wait(for notice: Notice, within seconds: Double = 10) async throws {
        try await wait(for: "\(notice)", within: seconds) { $0 == notice }
    }

    /// Waits until a notice comes that is wanted, since the last one that was waited for. One that came meanwhile counts.
    ///
    /// Throws `KitFailure.nothingCame` after so many seconds.
    @discardableResult
    public func wait(
        for what: String = "a notice",
        within seconds: Double = 10,
        where wants: @escaping @Sendable (Notice) -> Bool
    ) async throws -> Notice {
        try await arrivals.take(within: seconds, what: what, forgettingEarlier: true, where: wants)
    }

    /// Begins anew: what came before counts no more.
    public func clear() {
        arrivals.clear()
    }

    /// What the library calls.
    public func changed(notices: [Notice]) throws {
        all.with { $0 += notices }
        arrivals.add(notices)
    }
}
