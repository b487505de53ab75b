import Foundation
import Testing
import Yorisoi
import YorisoiTestKit

/// Listeners on bad days: whatever they do, what was stored is stored and calls end.
@Suite(.timeLimit(.minutes(1))) struct NoticesTests {
    private struct Broken: Error {}

    private let phone: FakePhone

    init() throws {
        phone = try FakePhone(in: World.withoutServer())
    }

    private func open(_ hear: @escaping @Sendable ([Notice]) throws -> Void) async throws -> YorisoiClient {
        try await YorisoiClient.open(
            config: phone.config(), keys: phone.keys, clock: phone.clock, notices: NoticesWith(hear))
    }

    @Test("a listener that throws is told again the next time")
    func throwing() async throws {
        let heard = Arrivals<Void>()
        let client = try await open { _ in
            heard.add([()])
            throw Broken()
        }
        for count in 1...10 {
            try await client.write()
            try await heard.take(within: 20, what: "a notice")
            #expect(try await client.draftCount() == UInt64(count))
        }
    }

    @Test("a listener that stands still holds up nobody else")
    func standing() async throws {
        let gate = Gate()
        let client = try await open { _ in try gate.pass() }
        let writing = Task { try await client.write() }
        try await gate.somebody()
        // What it is told of is stored already.
        #expect(try await client.draftCount() == 1)
        let id = try await client.drafts(after: nil, most: 1).drafts.first?.id
        gate.letGo(10)
        #expect(try await writing.value == id)
    }

    @Test("a listener may begin calls from inside")
    func reenteringLater() async throws {
        let own = Guarded<YorisoiClient?>(nil)
        let counts = Arrivals<UInt64>()
        let client = try await open { _ in
            guard let client = own.with({ $0 }) else { return }
            Task { counts.add([try await client.draftCount()]) }
        }
        own.with { $0 = client }
        for count in 1...50 {
            try await client.write()
            _ = try await counts.take(within: 20, what: "a count") { $0 >= UInt64(count) }
        }
        own.with { $0 = nil }
    }

    /// A library whose listener waits, at each notice, for a call of the library that another thread makes.
    private func openWaiting(for own: Guarded<YorisoiClient?>, _ failures: Guarded<[String]>) async throws
        -> YorisoiClient
    {
        let client = try await open { _ in
            guard let client = own.with({ $0 }) else { return }
            do {
                _ = try waitElsewhere { try await client.draftCount() }
            } catch {
                failures.with { $0.append("\(error)") }
            }
        }
        own.with { $0 = client }
        return client
    }

    @Test("a listener may even wait for a call that another thread makes")
    func reenteringAtOnce() async throws {
        let (own, failures) = (Guarded<YorisoiClient?>(nil), Guarded<[String]>([]))
        let client = try await openWaiting(for: own, failures)
        for _ in 0..<20 { try await client.write() }
        #expect(failures.with { $0 } == [])
        #expect(try await client.draftCount() == 20)
        own.with { $0 = nil }
    }

    @Test("many calls at once end, though the listener waits for a call of its own at each notice")
    func reenteringFromManyCalls() async throws {
        let (own, failures) = (Guarded<YorisoiClient?>(nil), Guarded<[String]>([]))
        let client = try await openWaiting(for: own, failures)
        // More than the library has threads for.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<40 { group.addTask { try await client.write() } }
            try await group.waitForAll()
        }
        #expect(try await client.draftCount() == 40)
        #expect(failures.with { $0 } == [])
        own.with { $0 = nil }
    }

    @Test("a listener that lets the library go inside of a notice ends nothing but the library")
    func releasing() async throws {
        let own = Guarded<YorisoiClient?>(nil)
        let gone = Arrivals<Void>()
        let client = try await open { _ in
            own.with { $0 = nil }
            gone.add([()])
        }
        own.with { $0 = client }
        try await write(with: own)
        try await gone.take(within: 20, what: "a notice")
        #expect(own.with { $0 } == nil)
        #expect(try await phone.open().draftCount() == 2)
    }

    /// Holds no other reference than the one that the listener lets go.
    private func write(with own: Guarded<YorisoiClient?>) async throws {
        let client = own.with { $0 }
        try await client?.write()
        try await client?.write()
    }
}
