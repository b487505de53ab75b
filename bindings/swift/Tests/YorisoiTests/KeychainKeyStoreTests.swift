#if canImport(Security)
import Foundation
import Security
import Testing

@testable import Yorisoi

/// The key store against a Keychain in memory that fails when it is told to. One test at a time: there is one Keychain.
@Suite(.serialized)
final class KeychainKeyStoreTests {
    private let base = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    private let keychain = FakeKeychain.shared
    private let first = Data(repeating: 1, count: 32)
    private let second = Data(repeating: 2, count: 32)

    init() { keychain.reset() }

    deinit { try? FileManager.default.removeItem(at: base) }

    private func directory(_ person: String = "1") throws -> YorisoiDirectory {
        try YorisoiDirectory(person: person, place: "application-support", base: base)
    }

    /// As a new start of the app has it.
    private func store(_ person: String = "1", group: String? = nil) throws -> KeychainKeyStore {
        KeychainKeyStore(directory: try directory(person), accessGroup: group)
    }

    /// As if the library had made its database.
    private func makeDatabase() throws {
        try Data("SQLite format 3".utf8).write(to: directory().url.appendingPathComponent("yorisoi.db"))
    }

    /// As if the app had been deleted and installed anew: the system deletes its files, and leaves its keys.
    private func reinstall() throws { try FileManager.default.removeItem(at: base) }

    @Test("a key that was saved is there at the next start, on this phone alone and from the first unlock on")
    func kept() throws {
        let store = try store()
        #expect(try store.load() == nil)
        try store.save(key: first)
        #expect(try store.load() == first)
        #expect(try self.store().load() == first)
        let item = try #require(keychain.items.first)
        #expect(keychain.items.count == 1)
        #expect(item[kSecAttrAccessible] as? String == kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly)
        #expect(item[kSecAttrSynchronizable] as? Bool == false)
        #expect(item[kSecUseDataProtectionKeychain] as? Bool == true)
        #expect(item[kSecClass] as? String == kSecClassGenericPassword)
    }

    @Test("a new key takes the place of the one before, as when the library changes it")
    func changed() throws {
        let store = try store()
        _ = try store.load()
        try store.save(key: first)
        try makeDatabase()
        _ = try store.load()
        try store.save(key: second)
        #expect(try store.load() == second && keychain.items.count == 1)
    }

    @Test("two persons on one phone have a key each")
    func persons() throws {
        try store("1").save(key: first)
        try store("2").save(key: second)
        #expect(try store("1").load() == first && store("2").load() == second)
    }

    @Test("an app and its extension share a key where they share a group")
    func group() throws {
        try store(group: "group.jp.example").save(key: first)
        #expect(try store(group: "group.jp.example").load() == first)
        #expect(keychain.items.first?[kSecAttrAccessGroup] as? String == "group.jp.example")
        // Of another group, with the same name: not this one's.
        #expect(try store(group: "group.jp.other").load() == nil)
    }

    @Test(
        "a Keychain that does not answer is never one without a key",
        arguments: [
            (errSecInteractionNotAllowed, KeyStoreFailure.Locked), (errSecNotAvailable, .Failing),
            (errSecAuthFailed, .Failing), (errSecDecode, .Failing), (errSecMissingEntitlement, .Failing),
            (errSecParam, .Failing), (-1, .Failing),
        ])
    func statuses(status: OSStatus, failure: KeyStoreFailure) throws {
        try store().save(key: first)
        try makeDatabase()
        let (store, before) = (try store(), keychain.items.first?[kSecAttrGeneric] as? Data)
        for call in [FakeKeychain.Call.copy, .add, .update] {
            keychain.fail(call, with: status)
            if call == .copy { #expect(throws: failure) { try store.load() } }
            #expect(throws: failure) { try store.save(key: second) }
            keychain.fail(call, with: nil)
            if call != .add { #expect(try store.load() == first) }
        }
        #expect(keychain.items.first?[kSecAttrGeneric] as? Data == before)
    }

    @Test("no key in a Keychain that works is no key, also beside a database")
    func missing() throws {
        #expect(try store().load() == nil)
        try makeDatabase()
        #expect(try store().load() == nil)
        #expect(keychain.items.isEmpty, "nothing of the trial is left")
    }

    @Test("a phone that was not unlocked yet and says that there is no key is not believed")
    func notUnlocked() throws {
        try store().save(key: first)
        try makeDatabase()
        keychain.fail(.copy, with: errSecItemNotFound)
        keychain.fail(.add, with: errSecInteractionNotAllowed)
        #expect(throws: KeyStoreFailure.Locked) { try store().load() }
        keychain.fail(.add, with: nil)
        #expect(throws: KeyStoreFailure.Failing, "what was put there is not found either") { try store().load() }
        keychain.fail(.copy, with: nil)
        #expect(try store().load() == first && keychain.items.count == 1)
    }

    @Test("a new phone that was not unlocked yet gets no key")
    func firstStartLocked() throws {
        keychain.fail(.add, with: errSecInteractionNotAllowed)
        let store = try store()
        #expect(try store.load() == nil)
        #expect(throws: KeyStoreFailure.Locked) { try store.save(key: first) }
        #expect(try directory().isUnused())
    }

    @Test("the key of an earlier installation is not this one's, and the first key takes its place")
    func stale() throws {
        try store().save(key: first)
        try makeDatabase()
        try reinstall()
        let store = try store()
        #expect(try store.load() == nil)
        #expect(keychain.items.count == 1, "and nothing is deleted meanwhile")
        try store.save(key: second)
        #expect(try store.load() == second && keychain.items.count == 1)
        #expect(try self.store().load() == second)
    }

    @Test("an item that somebody else made, without a mark, is stale as well")
    func strange() throws {
        try store().save(key: first)
        try reinstall()
        let item = try #require(keychain.items.first).filter { $0.key != kSecAttrGeneric }
        keychain.reset()
        #expect(SecItemAdd(item, nil) == errSecSuccess)
        let store = try store()
        #expect(try store.load() == nil)
        try store.save(key: second)
        #expect(try self.store().load() == second)
    }

    @Test("beside any database, also one that was set aside or has no mark, a key is that database's")
    func neverTakenForStale() throws {
        try store().save(key: first)
        let mark = try directory().url.appendingPathComponent("key-saved")
        for name in ["yorisoi.db", "yorisoi.aside-1.db", "yorisoi.db-journal"] {
            try FileManager.default.removeItem(at: directory().url)
            try Data().write(to: directory().url.appendingPathComponent(name))
            #expect(try store().load() == first, "\(name)")
            #expect(!FileManager.default.fileExists(atPath: mark.path))
        }
    }

    @Test("a directory that cannot be read is no reason to give or to replace anything")
    func unreadableDirectory() throws {
        try store().save(key: first)
        let store = try store()
        try FileManager.default.removeItem(at: directory().url)
        try Data().write(to: base.appendingPathComponent("Yorisoi/1"))
        #expect(throws: KeyStoreFailure.Failing) { try store.load() }
        #expect(throws: KeyStoreFailure.Failing) { try store.save(key: second) }
        #expect(keychain.items.first?[kSecValueData] as? Data == first)
    }

    @Test("cut off after the key was saved and before the database was made, the key is still this installation's")
    func cutOff() throws {
        try store().save(key: first)
        #expect(try store().load() == first)
    }

    @Test("a key that is not given back is not believed to be saved")
    func notGivenBack() throws {
        let store = try store()
        _ = try store.load()
        keychain.before(.add) { [keychain] in
            keychain.before(.copy) { [keychain] in keychain.fail(.copy, with: errSecItemNotFound) }
        }
        #expect(throws: KeyStoreFailure.Failing) { try store.save(key: first) }
        #expect(try directory().isUnused(), "and nothing says that it was")
        keychain.fail(.copy, with: nil)
        #expect(try self.store().load() == nil)
    }

    @Test("of two processes that save a first key at once, one is told and then finds the other's")
    func twoProcesses() throws {
        let (app, widget) = (try store(), try store())
        #expect(try app.load() == nil)
        #expect(try widget.load() == nil)
        try app.save(key: first)
        #expect(throws: KeyStoreFailure.Failing) { try widget.save(key: second) }
        #expect(try widget.load() == first)
        #expect(try app.load() == first && keychain.items.count == 1)
    }

    @Test("the same beside the key of an earlier installation")
    func twoProcessesAndAStaleKey() throws {
        try store().save(key: Data(repeating: 9, count: 32))
        try reinstall()
        let (app, widget) = (try store(), try store())
        #expect(try app.load() == nil)
        #expect(try widget.load() == nil)
        try app.save(key: first)
        #expect(throws: KeyStoreFailure.Failing) { try widget.save(key: second) }
        #expect(try widget.load() == first)
    }

    @Test("while one process saves, another is told and not kept waiting")
    func saving() throws {
        let (app, widget) = (try store(), try store())
        _ = try app.load()
        keychain.before(.add) { #expect(throws: KeyStoreFailure.Failing) { try widget.save(key: self.second) } }
        try app.save(key: first)
        #expect(try app.load() == first)
    }

    @Test("the library itself opens, changes its key, erases, and starts anew after a reinstallation")
    func withTheLibrary() async throws {
        let manifest = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
            .appendingPathComponent("../../../../../sandbox/manifest").standardized
        let roots = try String(contentsOf: manifest.appendingPathComponent("roots.txt"), encoding: .utf8)
            .split(separator: "\n").map(String.init)
        let open = {
            let config = ClientConfig(
                directory: try self.directory().path, server: "https://127.0.0.1:1", roots: roots,
                manifest: try Data(contentsOf: manifest.appendingPathComponent("sandbox.cose")))
            return try await YorisoiClient.open(
                config: config, keys: try self.store(), clock: SystemClock(), notices: Changes())
        }
        let draft = NewDraft(id: nil, service: .obstetrics, subject: .parent, consultation: nil, text: "眠れない日が")
        var client = try await open()
        _ = try await client.saveDraft(draft: draft)
        try await client.changeRootKey()
        try await client.suspend()
        client = try await open()
        #expect(try await client.drafts(after: nil, most: 10).total == 1)
        try await client.erase()
        try await client.suspend()
        client = try await open()
        #expect(try await client.drafts(after: nil, most: 10).total == 0)
        try await client.suspend()
        let old = keychain.items.first?[kSecValueData] as? Data
        try reinstall()
        client = try await open()
        #expect(keychain.items.first?[kSecValueData] as? Data != old)
        try await client.suspend()
    }
}
#endif
