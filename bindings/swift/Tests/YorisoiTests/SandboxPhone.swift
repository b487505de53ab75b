import Foundation
import Yorisoi

/// What the tests of this module open the library with: the sandbox's cards and trust, and a phone at night.
enum Sandbox {
    static let card = "115GJ6HB7H6NWEY1"

    /// The QR code of the sandbox's card 11500000000012HH, good from 2 August to 31 December 2021:
    /// `yorisoi_sandbox::trust::ticket` of `EnrollmentCode::issue(37, 1)`.
    static let ticket =
        "YRS1:QRE2EAJSARCPQIVACKQFQMNGAFTDCMZSGA3DGBA2MHHRV4AFDJQQNNXQAYNGAZEOOADUSCCKAAAAAAAAACADUAABCFYKEAIYEUBAC"
        + "WCAIO3S5UNWEE64HFTWQOMBCC4377POTLSGK3F5BGRAB5CWLND7MQYDQXJJWS6A3SFCLT6ZRNSKOEPPMYPUXINIBGMCMOXATIUIP2Y76CI"

    /// Nobody listens there.
    static let noServer = "https://127.0.0.1:1"

    static func roots() throws -> [String] {
        try String(contentsOf: trust.appendingPathComponent("roots.txt"), encoding: .utf8)
            .split(separator: "\n").map(String.init)
    }

    static func manifest() throws -> Data {
        try Data(contentsOf: trust.appendingPathComponent("sandbox.cose"))
    }

    private static var trust: URL {
        // This file is a link: the package is put together elsewhere.
        let here = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        return here.appendingPathComponent("../../../../sandbox/manifest")
    }
}

final class KeyInMemory: KeyStore, @unchecked Sendable {
    private let lock = NSLock()
    private var key: Data?

    func load() throws -> Data? { lock.withLock { key } }

    func save(key: Data) throws { lock.withLock { self.key = key } }

    func lose() { lock.withLock { key = nil } }
}

/// A quarter past three at night, within the programme.
final class Night: Clock {
    func read() throws -> ClockReading {
        let wall = try Date("2021-10-01T03:12:00+09:00", strategy: .iso8601)
        return ClockReading(wall: wall, sinceBootMillis: 60_000, boot: "boot-1", trusted: nil)
    }
}

final class NobodyHears: Notices {
    func changed(notices: [Notice]) throws {}
}
