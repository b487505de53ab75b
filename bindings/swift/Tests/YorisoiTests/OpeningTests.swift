import Foundation
import Testing
import Yorisoi

/// An authority that signed nothing. Its key is kept nowhere.
private let authority = Data(
    """
    -----BEGIN CERTIFICATE-----
    MIIBmjCCAT+gAwIBAgIUXdtMIP6i5X04RYA5ibgdS7TpEpowCgYIKoZIzj0EAwIw
    ITEfMB0GA1UEAwwWWW9yaXNvaSB0ZXN0IGF1dGhvcml0eTAgFw0yNjExMjYyMzQ0
    MDFaGA8yMTI2MTEwMjIzNDQwMVowITEfMB0GA1UEAwwWWW9yaXNvaSB0ZXN0IGF1
    dGhvcml0eTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABGDA1vRE5qxmQ4JqYdPH
    UrgOzjSmjn2eJzncJLtf9WVETPPla3N2lirX52z5ex7CC1p9YanQytK995kFMdd5
    XI6jUzBRMB0GA1UdDgQWBBR61r3iac2v6jlojnWMiUwRSnFFgTAfBgNVHSMEGDAW
    gBR61r3iac2v6jlojnWMiUwRSnFFgTAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49
    BAMCA0kAMEYCIQCVtOxKJEU75Uekvj7Gh2RYI7cNtFrrgT9ffCKo6bCObwIhAJZ3
    S892O4iX5RfE5XcM4+qdiGucwyd0Jrr59x8bxLGY
    -----END CERTIFICATE-----
    """.utf8)

private final class Asked: KeyStore, @unchecked Sendable {
    private let lock = NSLock()
    private var key: Data?
    private var names: [String] = []

    /// The name of the thread on which it was asked, each time.
    var threads: [String] { lock.withLock { names } }

    private func threadName() -> String {
        let name = try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)
        return name?.trimmingCharacters(in: .newlines) ?? ""
    }

    func load() throws -> Data? {
        lock.withLock {
            names.append(threadName())
            return key
        }
    }

    func save(key: Data) throws {
        lock.withLock {
            names.append(threadName())
            self.key = key
        }
    }
}

/// What an app decides before it opens the library, and on whose thread that happens.
@Suite(.timeLimit(.minutes(1)))
final class OpeningTests {
    private let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    private let keys = Asked()

    deinit { try? FileManager.default.removeItem(at: directory) }

    private func roots() throws -> [String] {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        return try Sandbox.roots()
    }

    private func open(_ authorities: Data...) async throws -> YorisoiClient {
        let config = ClientConfig(
            directory: directory.path, server: Sandbox.noServer, roots: try roots(), authorities: authorities)
        return try await YorisoiClient.open(config: config, keys: keys, clock: Night(), notices: NobodyHears())
    }

    @Test("an app says no more than where, with whom and whom it believes")
    func defaults() async throws {
        let config = ClientConfig(directory: directory.path, server: Sandbox.noServer, roots: try roots())
        let client = try await YorisoiClient.open(config: config, keys: keys, clock: Night(), notices: NobodyHears())
        #expect(try await client.manifest() == nil)
    }

    #if os(Linux)
    @Test("the key store is asked on a thread of the library's own")
    func ownThread() async throws {
        _ = try await open()
        #expect(Set(keys.threads) == ["yorisoi"])
    }
    #endif

    @Test("an authority is taken as text and as bytes")
    func authorities() async throws {
        let text = String(decoding: authority, as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("-----") }
        let bytes = try #require(Data(base64Encoded: text.joined()))
        #expect(try await open(authority, bytes).enrollment() == nil)
    }

    @Test(
        "what is no certificate is no authority",
        arguments: [
            Data("a certificate".utf8), Data(), authority.prefix(authority.count / 2),
        ])
    func noAuthority(wrong: Data) async throws {
        do {
            _ = try await open(authority, wrong)
            Issue.record("opened")
        } catch YorisoiError.Setting(let details) {
            #expect(details.code == "setting_invalid")
        }
        #expect(keys.threads.isEmpty, "nothing is touched before all that was handed over is understood")
    }
}
