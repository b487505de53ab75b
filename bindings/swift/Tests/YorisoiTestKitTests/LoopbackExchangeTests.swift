import Foundation
import Testing

@testable import YorisoiTestKit

/// What is believed of an answer.
@Suite struct LoopbackExchangeTests {
    private func read(_ text: String) throws -> LoopbackExchange.Reply {
        try LoopbackExchange.read(Data(text.utf8))
    }

    @Test("a whole answer is read")
    func whole() throws {
        let reply = try read("HTTP/1.1 404 Not Found\r\nContent-Length: 12\r\nX: y\r\n\r\n{\"error\":\"\"}")
        #expect(reply.status == 404 && reply.body == Data("{\"error\":\"\"}".utf8))
        #expect(try read("HTTP/1.1 200 OK\r\ncontent-length:0\r\n\r\n").body.isEmpty)
    }

    @Test(
        "half an answer is none",
        arguments: [
            "", "HTTP/1.1 200 OK", "HTTP/1.1 200 OK\r\n\r\n{}", "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n{}",
            "HTTP/1.1 OK\r\ncontent-length: 2\r\n\r\n{}", "200\r\ncontent-length: 2\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        ])
    func half(text: String) {
        #expect(throws: KitFailure.self) { try read(text) }
    }
}
