import Foundation
import Yorisoi

/// A phone in a world: a folder of its own, a key store, clocks, and an ear. Let go, it takes its folder along.
///
/// A test that opens the library itself, through the app's own code, hands over `config()`, `keys`, `clock` and `heard`.
public final class FakePhone: Sendable {
    /// What the app brings along as its manifest.
    public enum Manifest: Sendable, Hashable {
        /// The one of the phone's world.
        case ofTheWorld
        /// None.
        case absent
        /// These bytes.
        case bytes(Data)
    }

    /// The phone's own folder. The library's lies in it, and so does what `newPath` names.
    public let folder: URL
    /// The phone's key store.
    public let keys = FakeKeys()
    /// The phone's clocks. They start at the time of its world.
    public let clock: FakeClock
    /// What the library said has changed.
    public let heard = Heard()

    private let world: World
    private let opened = Guarded<YorisoiClient?>(nil)

    /// A phone that nobody has used yet.
    ///
    /// Throws what the file system says.
    public init(in world: World) throws {
        self.world = world
        clock = FakeClock(now: world.now)
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("yorisoi-phone-\(UUID().uuidString)", isDirectory: true)
        for directory in [libraryFolder, files] {
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        }
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    /// What the library is opened with on this phone: everything as in its world, unless told otherwise.
    ///
    /// - Parameters:
    ///   - server: The server's address.
    ///   - roots: The two root keys.
    ///   - manifest: What the app brings along.
    public func config(
        server: String? = nil,
        roots: [String]? = nil,
        manifest: Manifest = .ofTheWorld
    ) -> ClientConfig {
        let brought: Data? =
            switch manifest {
            case .ofTheWorld: world.manifest
            case .absent: nil
            case .bytes(let bytes): bytes
            }
        return ClientConfig(
            directory: libraryFolder.path, server: server ?? world.server, roots: roots ?? world.roots,
            manifest: brought)
    }

    /// Opens the library, in place of the one that was open, by default with `config()`. What was heard before is forgotten.
    ///
    /// Throws `YorisoiError`.
    @discardableResult
    public func open(_ config: ClientConfig? = nil) async throws -> YorisoiClient {
        kill()
        heard.clear()
        let client = try await YorisoiClient.open(
            config: config ?? self.config(), keys: keys, clock: clock, notices: heard)
        opened.with { $0 = client }
        return client
    }

    /// Opens the library where its key is gone or is another database's, in place of the one that was open.
    ///
    /// Throws `YorisoiError`.
    @discardableResult
    public func startOver(_ config: ClientConfig? = nil) async throws -> YorisoiClient {
        kill()
        heard.clear()
        let client = try await YorisoiClient.startOver(
            config: config ?? self.config(), keys: keys, clock: clock, notices: heard)
        opened.with { $0 = client }
        return client
    }

    /// The open library.
    ///
    /// Throws `KitFailure.notOpen`.
    public func client() throws -> YorisoiClient {
        guard let client = opened.with({ $0 }) else { throw KitFailure.notOpen }
        return client
    }

    /// Closes the library as an app does that goes to the background: what it writes is written, its files are let go.
    ///
    /// Throws `YorisoiError`.
    public func close() async throws {
        guard let client = opened.with({ $0 }) else { return }
        try await client.suspend()
        kill()
    }

    /// Lets the library go without a word, whatever it is doing.
    public func kill() {
        // The object ends outside of the lock.
        let gone = opened.with { opened -> YorisoiClient? in
            defer { opened = nil }
            return opened
        }
        withExtendedLifetime(gone) {}
    }

    /// Writes other bytes over the library's database, as a broken disk would. Let the library go before.
    ///
    /// Throws what the file system says.
    public func damage() throws {
        try Data("no database any more".utf8).write(to: libraryFolder.appendingPathComponent("yorisoi.db"))
    }

    /// A place in the phone's own folder where nothing is yet, for a file of this name: to write a photo or an export to.
    public func newPath(_ name: String) -> URL {
        let directory = files.appendingPathComponent(UUID().uuidString, isDirectory: true)
        // Where it cannot be made, writing the file says why.
        try? FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        return directory.appendingPathComponent((name as NSString).lastPathComponent)
    }

    /// Writes a file into the phone's own folder and gives its place: a photo to add, for instance.
    ///
    /// Throws what the file system says.
    public func writeFile(_ name: String, _ bytes: Data) throws -> URL {
        let place = newPath(name)
        try bytes.write(to: place)
        return place
    }

    /// Where the library keeps its files.
    public var libraryFolder: URL { folder.appendingPathComponent("library", isDirectory: true) }

    private var files: URL { folder.appendingPathComponent("files", isDirectory: true) }
}
