import Foundation
import Testing
import Yorisoi

#if canImport(Glibc)
import Glibc
private let stream = Int32(SOCK_STREAM.rawValue)
#else
import Darwin
private let stream = SOCK_STREAM
#endif

/// A server on the loopback that takes every connection and says nothing.
private final class Silent: Sendable {
    private let listener: Int32
    let address: String

    init() throws {
        var (place, size) = (sockaddr_in(), socklen_t(MemoryLayout<sockaddr_in>.size))
        place.sin_family = sa_family_t(AF_INET)
        place.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let listener = socket(AF_INET, stream, 0)
        let listens = withUnsafeMutablePointer(to: &place) { place in
            place.withMemoryRebound(to: sockaddr.self, capacity: 1) { place in
                bind(listener, place, size) == 0 && listen(listener, 8) == 0 && getsockname(listener, place, &size) == 0
            }
        }
        try #require(listens)
        Silent.limit(listener)
        (self.listener, address) = (listener, "http://127.0.0.1:\(UInt16(bigEndian: place.sin_port))")
    }

    deinit { close(listener) }

    /// Nothing is waited for longer than ten seconds.
    private static func limit(_ socket: Int32) {
        var time = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    }

    /// The next connection, once what it asks has begun to arrive.
    func asked() async throws -> Int32 {
        let connection: Int32? = await onAThread {
            let connection = accept(self.listener, nil, nil)
            Silent.limit(connection)
            var first: UInt8 = 0
            return read(connection, &first, 1) == 1 ? connection : nil
        }
        return try #require(connection)
    }

    /// Whether the other end went away.
    func ended(_ connection: Int32) async -> Bool {
        await onAThread {
            var (scrap, count) = ([UInt8](repeating: 0, count: 4096), 1)
            while count > 0 { count = read(connection, &scrap, scrap.count) }
            close(connection)
            return count == 0
        }
    }

    private func onAThread<T: Sendable>(_ work: @escaping @Sendable () -> T) async -> T {
        await withCheckedContinuation { done in Thread.detachNewThread { done.resume(returning: work()) } }
    }
}

/// What becomes of a call whose task is cancelled.
@Suite(.timeLimit(.minutes(1)))
final class CancellationTests: Sendable {
    private let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    private let server: Silent
    private let keys = KeyInMemory()

    init() throws {
        server = try Silent()
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    private func open() async throws -> YorisoiClient {
        let config = try ClientConfig(
            directory: directory.path, server: server.address, roots: Sandbox.roots(), manifest: Sandbox.manifest())
        return try await YorisoiClient.open(config: config, keys: keys, clock: Night(), notices: NobodyHears())
    }

    @Test("a call that is cancelled ends at once, with its connection, and the next one begins")
    func hanging() async throws {
        let client = try await open()
        let calls: [@Sendable () async throws -> Void] = [
            { _ = try await client.enroll(typed: Sandbox.card) },
            { _ = try await client.refreshManifest() },
            { _ = try await client.enroll(typed: Sandbox.ticket) },
            { _ = try await client.sync() },
            { _ = try await client.sync() },
        ]
        for call in calls {
            let hanging = Task { try await call() }
            let connection = try await server.asked()
            hanging.cancel()
            // Closes the connection in any case: a call that did not hear of it ends as well, with another error.
            #expect(await server.ended(connection))
            await #expect(throws: CancellationError.self) { try await hanging.value }
        }
    }

    @Test("a task that is cancelled begins no call")
    func cancelledBefore() async throws {
        let client = try await open()
        let call = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            let draft = NewDraft(
                id: nil, service: .obstetrics, subject: .parent, consultation: nil, text: "眠れない日が")
            _ = try await client.saveDraft(draft: draft)
        }
        await #expect(throws: CancellationError.self) { try await call.value }
        #expect(try await client.drafts(after: nil, most: 10).total == 0)
    }

    @Test("cancelling at any moment breaks no later call")
    func anyMoment() async throws {
        let client = try await open()
        for yields in 0..<300 {
            let call = Task { try await client.drafts(after: nil, most: 10).total }
            for _ in 0..<yields { await Task.yield() }
            call.cancel()
            switch await call.result {
            case .success(let total): #expect(total == 0)
            case .failure(let error): #expect(error is CancellationError)
            }
        }
        #expect(try await client.drafts(after: nil, most: 10).total == 0)
    }
}
