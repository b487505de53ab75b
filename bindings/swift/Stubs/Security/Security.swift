// A stand-in for Apple's Security framework: as much of the Keychain as the library uses, in memory, and it may fail.
import Foundation

public typealias CFString = String
public typealias CFDictionary = [String: Any]
public typealias CFTypeRef = Any
public typealias OSStatus = Int32

public let kSecClass: CFString = "class"
public let kSecClassGenericPassword: CFString = "genp"
public let kSecAttrService: CFString = "svce"
public let kSecAttrAccount: CFString = "acct"
public let kSecAttrAccessGroup: CFString = "agrp"
public let kSecAttrSynchronizable: CFString = "sync"
public let kSecAttrGeneric: CFString = "gena"
public let kSecAttrAccessible: CFString = "pdmn"
public let kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly: CFString = "cku"
public let kSecUseDataProtectionKeychain: CFString = "nleg"
public let kSecValueData: CFString = "v_Data"
public let kSecReturnData: CFString = "r_Data"
public let kSecReturnAttributes: CFString = "r_Attributes"
public let kSecMatchLimit: CFString = "m_Limit"
public let kSecMatchLimitOne: CFString = "m_LimitOne"

public let errSecSuccess: OSStatus = 0
public let errSecParam: OSStatus = -50
public let errSecNotAvailable: OSStatus = -25291
public let errSecAuthFailed: OSStatus = -25293
public let errSecDuplicateItem: OSStatus = -25299
public let errSecItemNotFound: OSStatus = -25300
public let errSecInteractionNotAllowed: OSStatus = -25308
public let errSecDecode: OSStatus = -26275
public let errSecMissingEntitlement: OSStatus = -34018

// swift-format-ignore: AlwaysUseLowerCamelCase
public func SecItemAdd(_ attributes: CFDictionary, _ result: UnsafeMutablePointer<CFTypeRef?>?) -> OSStatus {
    FakeKeychain.shared.add(attributes)
}

// swift-format-ignore: AlwaysUseLowerCamelCase
public func SecItemCopyMatching(_ query: CFDictionary, _ result: UnsafeMutablePointer<CFTypeRef?>?) -> OSStatus {
    FakeKeychain.shared.copy(query, into: result)
}

// swift-format-ignore: AlwaysUseLowerCamelCase
public func SecItemUpdate(_ query: CFDictionary, _ attributes: CFDictionary) -> OSStatus {
    FakeKeychain.shared.update(query, attributes)
}

// swift-format-ignore: AlwaysUseLowerCamelCase
public func SecItemDelete(_ query: CFDictionary) -> OSStatus {
    FakeKeychain.shared.delete(query)
}

/// What stands behind the functions; tests look into it and make it fail.
public final class FakeKeychain: @unchecked Sendable {
    public enum Call: Hashable, Sendable { case add, copy, update, delete }

    public static let shared = FakeKeychain()

    private static let identity = [
        kSecClass, kSecAttrService, kSecAttrAccount, kSecAttrAccessGroup, kSecAttrSynchronizable,
    ]
    private let lock = NSRecursiveLock()
    private var kept: [[String: Any]] = []
    private var failures: [Call: OSStatus] = [:]
    private var before: [Call: () -> Void] = [:]

    /// All items, with their attributes.
    public var items: [[String: Any]] { lock.withLock { kept } }

    /// From now on every such call fails so; `nil` ends it.
    public func fail(_ call: Call, with status: OSStatus?) { lock.withLock { failures[call] = status } }

    /// Done once, before the next such call.
    public func before(_ call: Call, _ body: @escaping () -> Void) { lock.withLock { before[call] = body } }

    /// As on a new phone.
    public func reset() {
        lock.withLock {
            kept = []
            failures = [:]
            before = [:]
        }
    }

    private func enter(_ call: Call, _ body: () -> OSStatus) -> OSStatus {
        lock.lock()
        defer { lock.unlock() }
        before.removeValue(forKey: call)?()
        return failures[call] ?? body()
    }

    private func place(of query: [String: Any]) -> Int? {
        let wanted = Self.identity.filter { query[$0] != nil }
        return kept.firstIndex { item in
            wanted.allSatisfy { String(describing: item[$0] ?? "") == String(describing: query[$0] ?? "") }
        }
    }

    fileprivate func add(_ attributes: [String: Any]) -> OSStatus {
        enter(.add) {
            // What makes an item the same item; without a group of its own it is in the app's.
            var identity = attributes.filter { Self.identity.contains($0.key) }
            identity[kSecAttrAccessGroup] = identity[kSecAttrAccessGroup] ?? "app"
            guard identity[kSecClass] != nil, identity[kSecAttrAccount] != nil else { return errSecParam }
            guard place(of: identity) == nil else { return errSecDuplicateItem }
            kept.append(attributes.merging(identity) { $1 })
            return errSecSuccess
        }
    }

    fileprivate func copy(_ query: [String: Any], into result: UnsafeMutablePointer<CFTypeRef?>?) -> OSStatus {
        enter(.copy) {
            guard let place = place(of: query) else { return errSecItemNotFound }
            let data = query[kSecReturnData] as? Bool == true
            let attributes = query[kSecReturnAttributes] as? Bool == true
            var item = kept[place]
            if !data { item[kSecValueData] = nil }
            result?.pointee = attributes ? item : item[kSecValueData]
            return errSecSuccess
        }
    }

    fileprivate func update(_ query: [String: Any], _ attributes: [String: Any]) -> OSStatus {
        enter(.update) {
            guard let place = place(of: query) else { return errSecItemNotFound }
            kept[place].merge(attributes) { $1 }
            return errSecSuccess
        }
    }

    fileprivate func delete(_ query: [String: Any]) -> OSStatus {
        enter(.delete) {
            guard let place = place(of: query) else { return errSecItemNotFound }
            kept.remove(at: place)
            return errSecSuccess
        }
    }
}
