#if canImport(Security)
import Foundation
import Security
import YorisoiCore

/// Keeps the library's root key in the Keychain: on this phone alone, in no backup, readable from the first unlock after a
/// restart on.
///
/// Every directory has a key of its own. The Keychain outlives an app that is deleted, and the key of an earlier
/// installation is not taken for one of this: it counts as none, and the first key that is saved takes its place. That is so
/// only if the directory certainly holds nothing, neither a database nor the mark that a key was saved for it; a directory
/// that cannot be read is a reason to try again. In all other cases a key is replaced by the next one alone, when the library
/// changes it or erases everything, and never deleted.
///
/// An app and its extensions may open the same directory at a time: where two of them save the first key at once, one is told
/// `key_failing` and finds the other's key when it tries again.
public final class KeychainKeyStore: KeyStore {
    private let directory: YorisoiDirectory
    private let accessGroup: String?
    /// What was last given to the library, or nothing.
    private let given = Locked<Item?>(nil)

    /// - Parameters:
    ///   - directory: Whose key.
    ///   - accessGroup: The Keychain access group that the app shares with its extensions; without one, the app's own.
    public init(directory: YorisoiDirectory, accessGroup: String? = nil) {
        self.directory = directory
        self.accessGroup = accessGroup
    }

    /// The key; nothing if there is none for this directory.
    ///
    /// - Throws: `KeyStoreFailure.Locked` before the first unlock after a restart, `KeyStoreFailure.Failing` for anything else
    ///   that keeps the Keychain or the directory from being read.
    public func load() throws -> Data? {
        let (item, key) = try find()
        given.withLock { $0 = item }
        return key
    }

    /// Keeps a key in the place of the one before, and reads it back.
    ///
    /// - Throws: as ``load()``. The key that was there before stays, unless it was of no use to anybody.
    public func save(key: Data) throws {
        do {
            try directory.alone {
                let item = try find().item
                // Somebody else saved one since the library asked: its database would not open with this one.
                if let given = given.withLock({ $0 }), given != item { throw KeyStoreFailure.Failing }
                // For a key in use the mark is no news. One that nobody uses must not be marked before it is replaced.
                if case .ours = item { try directory.markKey() }
                let mark = Data(UUID().uuidString.utf8)
                try write(key, mark: mark)
                guard case .found(key, mark) = try read() else { throw KeyStoreFailure.Failing }
                try directory.markKey()
                given.withLock { $0 = .ours(mark: mark) }
            }
        } catch let failure as KeyStoreFailure {
            throw failure
        } catch {
            throw KeyStoreFailure.Failing
        }
    }

    /// What stands in the Keychain, told apart by the random mark that each save gives it: keys stay in memory no longer than
    /// it takes to hand them over.
    private enum Item: Equatable {
        case none
        /// Of an earlier installation.
        case stale(mark: Data?)
        case ours(mark: Data?)
    }

    private func find() throws -> (item: Item, key: Data?) {
        let unused = try directory.isUnused()
        switch try read() {
        case .nothing:
            // A phone that was not unlocked yet may say the same of a key that is there.
            if !unused { try tryOut() }
            return (.none, nil)
        case .found(_, let mark) where unused: return (.stale(mark: mark), nil)
        case .found(let key, let mark): return (.ours(mark: mark), key)
        }
    }
}

// What is said to the Keychain.
extension KeychainKeyStore {
    private static let service = "jp.yorisoi.root-key"

    private enum Answer {
        case nothing
        case found(Data, mark: Data?)
    }

    private func read(account: String? = nil) throws -> Answer {
        var query = query(account: account)
        query[kSecReturnData as String] = true
        query[kSecReturnAttributes as String] = true
        query[kSecMatchLimit as String] = kSecMatchLimitOne
        var answer: CFTypeRef?
        let status = SecItemCopyMatching(query as CFDictionary, &answer)
        if status == errSecItemNotFound { return .nothing }
        try succeeded(status)
        guard let attributes = answer as? [String: Any], let key = attributes[kSecValueData as String] as? Data else {
            throw KeyStoreFailure.Failing
        }
        return .found(key, mark: attributes[kSecAttrGeneric as String] as? Data)
    }

    private func write(_ key: Data, mark: Data) throws {
        let values: [String: Any] = [
            kSecValueData as String: key,
            kSecAttrGeneric as String: mark,
            kSecAttrAccessible as String: kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly,
        ]
        let status = SecItemAdd(query().merging(values) { $1 } as CFDictionary, nil)
        guard status == errSecDuplicateItem else { return try succeeded(status) }
        try succeeded(SecItemUpdate(query() as CFDictionary, values as CFDictionary))
    }

    /// Whether the Keychain keeps things at all: puts something there, reads it back and takes it away.
    private func tryOut() throws {
        let account = "\(directory.name)/\(UUID().uuidString)"
        var item = query(account: account)
        item[kSecValueData as String] = Data(account.utf8)
        item[kSecAttrAccessible as String] = kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly
        try succeeded(SecItemAdd(item as CFDictionary, nil))
        let answer = Result { try read(account: account) }
        // Should it stay there, it is in nobody's way.
        _ = SecItemDelete(query(account: account) as CFDictionary)
        guard case .found(Data(account.utf8), _) = try answer.get() else { throw KeyStoreFailure.Failing }
    }

    private func query(account: String? = nil) -> [String: Any] {
        var query: [String: Any] = [
            kSecClass as String: kSecClassGenericPassword,
            kSecAttrService as String: Self.service,
            kSecAttrAccount as String: account ?? directory.name,
            kSecAttrSynchronizable as String: false,
            // On a Mac there is an older Keychain as well, which knows nothing of when a phone was unlocked.
            kSecUseDataProtectionKeychain as String: true,
        ]
        if let accessGroup { query[kSecAttrAccessGroup as String] = accessGroup }
        return query
    }

    private func succeeded(_ status: OSStatus) throws {
        switch status {
        case errSecSuccess: return
        case errSecInteractionNotAllowed: throw KeyStoreFailure.Locked
        default: throw KeyStoreFailure.Failing
        }
    }
}
#endif
