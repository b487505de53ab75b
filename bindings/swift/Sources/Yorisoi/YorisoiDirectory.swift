import Foundation

/// The directory of one person on this phone, for `ClientConfig.directory` and for `KeychainKeyStore`.
///
/// It lies in Application Support, is left out of backups (the key that opens it never leaves this phone, so a copy
/// elsewhere would be of no use), and its files can be opened from the first unlock after a restart on, so that a sync in
/// the background works on a locked phone. Two parents who share a phone have two directories, and nothing of one is seen in
/// the other.
public struct YorisoiDirectory: Sendable, Hashable {
    /// Where directories of persons lie.
    public enum Place: Sendable, Hashable {
        /// The app's own Application Support.
        case applicationSupport
        /// The container of this app group, which the app shares with its extensions.
        case appGroup(String)
    }

    /// Where it is. The system moves an app's files between two starts at times: never keep this.
    public let url: URL
    /// Names it on this phone, whereever the system has moved it.
    public let name: String

    /// For `ClientConfig.directory`.
    public var path: String { url.path }

    /// Finds the directory of a person, and makes it if there is none.
    ///
    /// - Parameters:
    ///   - person: What the app calls the person who opens it: 1 to 64 lower-case letters `a` to `z`, digits and hyphens, the
    ///     same at every start. Not a name or an address, since others may see it: a number or a random id. Somebody who is in
    ///     two programmes has two.
    ///   - place: Where; an app group if an extension opens the library as well.
    /// - Throws: `YorisoiDirectoryError`.
    public init(person: String, in place: Place = .applicationSupport) throws {
        try self.init(person: person, place: "\(place)", base: try place.base())
    }

    init(person: String, place: String, base: URL) throws {
        let fits = person.utf8.allSatisfy { sign in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(sign)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(sign) || sign == UInt8(ascii: "-")
        }
        guard fits, (1...64).contains(person.utf8.count) else { throw YorisoiDirectoryError.unfitName }
        url = base.appendingPathComponent("Yorisoi", isDirectory: true)
            .appendingPathComponent(person, isDirectory: true)
        name = "\(place)/\(person)"
        try makeReady()
    }

    /// Makes the directory and sets its attributes, which nothing does for one that was deleted and made anew.
    func makeReady() throws {
        do {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
            try Self.protect(url)
        } catch {
            throw YorisoiDirectoryError.unavailable
        }
    }

    private static func protect(_ url: URL) throws {
        // What is made in the directory later has the same protection.
        let protection = FileProtectionType.completeUntilFirstUserAuthentication
        try FileManager.default.setAttributes([.protectionKey: protection], ofItemAtPath: url.path)
        var values = URLResourceValues()
        values.isExcludedFromBackup = true
        var url = url
        try url.setResourceValues(values)
    }
}

extension YorisoiDirectory.Place: CustomStringConvertible {
    /// Its name, the same at every start.
    public var description: String {
        switch self {
        case .applicationSupport: "application-support"
        case .appGroup(let name): name
        }
    }

    fileprivate func base() throws -> URL {
        switch self {
        case .applicationSupport:
            let found = FileManager.default.urls(for: .applicationSupportDirectory, in: .userDomainMask).first
            guard let found else { throw YorisoiDirectoryError.unavailable }
            return found
        case .appGroup(let group):
            #if canImport(Darwin)
            let found = FileManager.default.containerURL(forSecurityApplicationGroupIdentifier: group)
            guard let found else { throw YorisoiDirectoryError.notInGroup(group) }
            return found.appendingPathComponent("Library/Application Support", isDirectory: true)
            #else
            throw YorisoiDirectoryError.notInGroup(group)
            #endif
        }
    }
}

/// Why there is no directory of a person.
public enum YorisoiDirectoryError: Error, Equatable, Sendable {
    /// The person's name is not one of 1 to 64 lower-case letters, digits and hyphens.
    case unfitName
    /// The app has no part in this app group: its entitlements do not name it.
    case notInGroup(String)
    /// The system has no place, or could not make the directory: a full or a locked phone. Try again.
    case unavailable
}
