import Foundation

/// One request of HTTP/1.1 over a socket of its own to a port of this machine. Bounded in time; keeps its thread.
///
/// Not `URLSession`: on Linux its sockets are watched by libdispatch, which reads freed memory when a peer hangs up; in an
/// iOS app it asks for an exception of transport security that a test should not need.
struct LoopbackExchange {
    struct Reply: Sendable {
        let status: Int
        let body: Data
    }

    /// The longest that the kit may say nothing. Starting a server is what takes it longest.
    private static let seconds = 30
    /// Far more than the kit ever says.
    private static let longest = 16 << 20

    let port: UInt16

    /// Throws `KitFailure.noAnswer`.
    func run(_ method: String, _ path: String, _ body: Data) throws -> Reply {
        let socket = try connected()
        defer { close(socket) }
        let head =
            "\(method) /\(path) HTTP/1.1\r\nhost: 127.0.0.1:\(port)\r\ncontent-type: application/json\r\n"
            + "content-length: \(body.count)\r\nconnection: close\r\n\r\n"
        try write(Data(head.utf8) + body, to: socket)
        return try Self.read(try everything(from: socket))
    }

    private func connected() throws -> Int32 {
        #if canImport(Darwin)
        let kind = SOCK_STREAM
        #else
        let kind = Int32(SOCK_STREAM.rawValue)
        #endif
        let descriptor = socket(AF_INET, kind, 0)
        guard descriptor >= 0 else { throw Self.failure("no socket") }
        var patience = timeval()
        patience.tv_sec = .init(Self.seconds)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
        }
        #if canImport(Darwin)
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &yes, socklen_t(MemoryLayout<Int32>.size))
        #endif
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let outcome = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard outcome == 0 else {
            let failure = Self.failure("nobody listens")
            close(descriptor)
            throw failure
        }
        return descriptor
    }

    private func write(_ bytes: Data, to socket: Int32) throws {
        #if canImport(Darwin)
        let flags: Int32 = 0
        #else
        let flags = Int32(MSG_NOSIGNAL)
        #endif
        var rest = bytes
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { send(socket, $0.baseAddress, $0.count, flags) }
            guard sent > 0 else { throw Self.failure("it hung up") }
            rest = rest.dropFirst(sent)
        }
    }

    /// All that comes until the kit hangs up, as it was asked to.
    private func everything(from socket: Int32) throws -> Data {
        var all = Data()
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while all.count < Self.longest {
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count >= 0 else { throw Self.failure("it said nothing for \(Self.seconds) s") }
            if count == 0 { return all }
            all.append(contentsOf: buffer[..<count])
        }
        throw KitFailure.noAnswer("more than \(Self.longest) bytes")
    }

    /// Only what the kit's server writes is read: a status, and a body of a known length.
    static func read(_ bytes: Data) throws -> Reply {
        guard let end = bytes.range(of: Data("\r\n\r\n".utf8)) else { throw KitFailure.noAnswer("no HTTP") }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        let status = lines[0].split(separator: " ").dropFirst().first.flatMap { Int($0) }
        let length = lines.first { $0.lowercased().hasPrefix("content-length:") }
            .flatMap { Int($0.dropFirst("content-length:".count).trimmingCharacters(in: .whitespaces)) }
        let body = Data(bytes[end.upperBound...])
        guard let status, lines[0].hasPrefix("HTTP/1.1 "), let length, length == body.count else {
            throw KitFailure.noAnswer("an answer that is not whole")
        }
        return Reply(status: status, body: body)
    }

    private static func failure(_ what: String) -> KitFailure {
        .noAnswer("\(what) (\(String(cString: strerror(errno))))")
    }
}
