import YorisoiCore

/// What changes in the library, to go through with `for await`.
///
/// Hand it to the library when it is opened. A notice says what to read anew, never what it is now:
///
/// ```swift
/// for await notice in changes {
///     if notice == .drafts { drafts = try await client.drafts(after: nil, most: 50).drafts }
/// }
/// ```
///
/// Any number of loops may run, each hears everything from its beginning on: begin it before the first reading, and nothing
/// is missed in between. A slow loop gets what changed several times meanwhile once, so that memory stays bounded. A loop
/// ends when its task is cancelled, or when both the app and the library have let this object go.
public final class Changes: Notices, AsyncSequence {
    public typealias Element = Notice

    private let listeners = Locked<[Listener]>([])

    /// Changes of a library that is still to be opened.
    public init() {}

    deinit {
        for listener in listeners.withLock({ $0 }) { listener.ear?.finish() }
    }

    /// For the library: it tells here what changed.
    public func changed(notices: [Notice]) {
        let ears = listeners.withLock { listeners in
            listeners.removeAll { $0.ear == nil }
            return listeners.compactMap(\.ear)
        }
        for ear in ears { ear.hear(notices) }
    }

    /// How many loops listen.
    var listening: Int { listeners.withLock { $0.count { $0.ear != nil } } }

    /// Begins to listen.
    public func makeAsyncIterator() -> AsyncIterator {
        let ear = Ear()
        listeners.withLock { $0.append(Listener(ear: ear)) }
        return AsyncIterator(ear)
    }

    /// One listener's way through the changes.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private let ear: Ear
        private var calls: AsyncStream<Void>.AsyncIterator

        fileprivate init(_ ear: Ear) {
            self.ear = ear
            calls = ear.calls.makeAsyncIterator()
        }

        /// The next thing that changed; `nil` at the end.
        public mutating func next() async -> Notice? {
            while !Task.isCancelled {
                if let notice = ear.take() { return notice }
                if await calls.next() == nil { break }
            }
            return nil
        }
    }

    private struct Listener {
        weak var ear: Ear?
    }
}

/// What one listener has not taken yet: each thing once, in the order in which it was first told.
private final class Ear: Sendable {
    /// Says that there is something, once however much there is.
    let calls: AsyncStream<Void>
    private let call: AsyncStream<Void>.Continuation
    private let waiting = Locked(Waiting())

    init() {
        (calls, call) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func hear(_ notices: [Notice]) {
        waiting.withLock { $0.add(notices) }
        call.yield()
    }

    func take() -> Notice? { waiting.withLock { $0.take() } }

    func finish() { call.finish() }

    private struct Waiting {
        private var known = Set<Notice>()
        private var order: [Notice] = []
        private var taken = 0

        mutating func add(_ notices: [Notice]) {
            for notice in notices where known.insert(notice).inserted { order.append(notice) }
        }

        mutating func take() -> Notice? {
            guard taken < order.count else { return nil }
            let notice = order[taken]
            known.remove(notice)
            taken += 1
            if taken == order.count {
                order.removeAll(keepingCapacity: true)
                taken = 0
            }
            return notice
        }
    }
}
