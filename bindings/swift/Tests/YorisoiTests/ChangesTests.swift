import Testing

@testable import Yorisoi

/// Notices as an app goes through them.
@Suite(.timeLimit(.minutes(1)))
struct ChangesTests {
    @Test("each loop hears everything from its beginning on, in order")
    func everyLoop() async {
        let changes = Changes()
        changes.changed(notices: [.survey])
        var first = changes.makeAsyncIterator()
        changes.changed(notices: [.drafts, .consultation(id: "1")])
        var second = changes.makeAsyncIterator()
        changes.changed(notices: [.sync])
        #expect(await [first.next(), first.next(), first.next()] == [.drafts, .consultation(id: "1"), .sync])
        #expect(await second.next() == .sync)
    }

    @Test("a slow loop gets what changed a thousand times once, and nothing is lost")
    func slow() async {
        let changes = Changes()
        var loop = changes.makeAsyncIterator()
        for _ in 0..<1000 { changes.changed(notices: [.drafts, .sync]) }
        changes.changed(notices: [.family])
        #expect(await [loop.next(), loop.next(), loop.next()] == [.drafts, .sync, .family])
        changes.changed(notices: [.drafts])
        #expect(await loop.next() == .drafts)
    }

    @Test("a loop that waits is woken from any thread")
    func woken() async {
        let changes = Changes()
        var loop = changes.makeAsyncIterator()
        async let heard = loop.next()
        changes.changed(notices: [.manifest])
        #expect(await heard == .manifest)
    }

    @Test("a loop ends with its task")
    func cancelled() async {
        let changes = Changes()
        let (begun, begin) = AsyncStream<Void>.makeStream()
        let task = Task {
            var loop = changes.makeAsyncIterator()
            begin.yield()
            return await loop.next()
        }
        for await _ in begun { break }
        task.cancel()
        #expect(await task.value == nil)
        changes.changed(notices: [.drafts])
    }

    @Test("a loop takes what came last and ends when everybody has let the changes go")
    func letGo() async {
        var changes: Changes? = Changes()
        var loop = changes?.makeAsyncIterator()
        changes?.changed(notices: [.erasure])
        changes = nil
        #expect(await loop?.next() == .erasure)
        #expect(await loop?.next() == nil)
        #expect(await loop?.next() == nil)
    }

    @Test("a loop that runs does not keep the changes, nor do changes keep a loop that ended")
    func nothingIsKept() async {
        weak var kept: Changes?
        let task: Task<Int, Never>
        do {
            let changes = Changes()
            kept = changes
            let loop = changes.makeAsyncIterator()
            task = Task { [loop] in
                var (loop, heard) = (loop, 0)
                while await loop.next() != nil { heard += 1 }
                return heard
            }
            changes.changed(notices: [.drafts])
        }
        #expect(await task.value == 1)
        #expect(kept == nil)
        let changes = Changes()
        for _ in 0..<3 { _ = changes.makeAsyncIterator() }
        #expect(changes.listening == 0)
    }

    @Test("the main actor goes through changes with for await")
    @MainActor
    func mainActor() async {
        let changes = Changes()
        let (begun, begin) = AsyncStream<Void>.makeStream()
        let heard = Task { @MainActor in
            begin.yield()
            for await notice in changes where notice == .enrollment { return true }
            return false
        }
        for await _ in begun { break }
        // On the main actor the loop has begun to listen by the time anything else runs there.
        changes.changed(notices: [.sync, .enrollment])
        #expect(await heard.value)
    }
}
