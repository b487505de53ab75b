import Foundation

/// Speaks to a kit: JSON over HTTP, on this machine only.
package struct Control: Sendable {
    private struct Refusal: Decodable {
        let error: String
    }

    /// Where the kit listens on this machine.
    private let port: UInt16

    /// Throws `KitFailure.notStarted` for an address outside this machine.
    package init(address: URL) throws {
        guard address.scheme == "http", address.host == "127.0.0.1", let port = address.port.flatMap(UInt16.init) else {
            throw KitFailure.notStarted("\(address) is not on this machine")
        }
        self.port = port
    }

    /// Asks for something to be done.
    package func post(_ path: String, _ body: JSON) async throws -> JSON {
        try await ask("POST", path, body.data())
    }

    /// Asks for something to be told.
    package func get(_ path: String) async throws -> JSON {
        try await ask("GET", path, Data())
    }

    private func ask(_ method: String, _ path: String, _ body: Data) async throws -> JSON {
        let port = port
        let reply = try await withCheckedThrowingContinuation { continuation in
            // A thread that may stand still, which those of tasks may not.
            DispatchQueue.global().async {
                continuation.resume(with: Result { try LoopbackExchange(port: port).run(method, path, body) })
            }
        }
        guard reply.status == 200 else {
            let words = try? JSONDecoder().decode(Refusal.self, from: reply.body).error
            throw KitFailure.refused(status: reply.status, words: words ?? "no words")
        }
        guard let json = try? JSON(reply.body.isEmpty ? Data("null".utf8) : reply.body) else {
            throw KitFailure.noAnswer("\(reply.body.count) bytes that are no JSON")
        }
        return json
    }
}
