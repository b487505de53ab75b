import Foundation

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// Speaks to a kit: JSON over HTTP, on this machine only.
package struct Control: Sendable {
    /// The longest that a request may take. Starting a server is the slowest of them.
    private static let seconds: Double = 30

    private struct Refusal: Decodable {
        let error: String
    }

    /// Where the kit listens.
    package let address: URL
    private let session: URLSession

    /// Throws `KitFailure.notStarted` for an address outside this machine.
    package init(address: URL) throws {
        guard address.scheme == "http", let host = address.host, ["127.0.0.1", "::1", "localhost"].contains(host) else {
            throw KitFailure.notStarted("\(address) is not on this machine")
        }
        self.address = address
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = Self.seconds
        configuration.timeoutIntervalForResource = Self.seconds
        session = URLSession(configuration: configuration)
    }

    /// Asks for something to be done.
    package func post(_ path: String, _ body: JSON) async throws -> JSON {
        var request = URLRequest(url: address.appendingPathComponent(path))
        request.httpMethod = "POST"
        request.httpBody = try body.data()
        request.setValue("application/json", forHTTPHeaderField: "content-type")
        return try await answer(to: request)
    }

    /// Asks for something to be told.
    package func get(_ path: String) async throws -> JSON {
        try await answer(to: URLRequest(url: address.appendingPathComponent(path)))
    }

    private func answer(to request: URLRequest) async throws -> JSON {
        let body: Data
        let response: URLResponse
        do {
            (body, response) = try await session.data(for: request)
        } catch let error as URLError where error.code == .cancelled {
            throw CancellationError()
        } catch {
            throw KitFailure.noAnswer("\(error)")
        }
        let status = (response as? HTTPURLResponse)?.statusCode ?? 0
        guard status == 200 else {
            let words = try? JSONDecoder().decode(Refusal.self, from: body).error
            throw KitFailure.refused(status: status, words: words ?? "no words")
        }
        guard let json = try? JSON(body.isEmpty ? Data("null".utf8) : body) else {
            throw KitFailure.noAnswer("\(body.count) bytes that are no JSON")
        }
        return json
    }
}
