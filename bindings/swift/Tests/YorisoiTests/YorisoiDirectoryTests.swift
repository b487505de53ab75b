import Foundation
import Testing

@testable import Yorisoi

final class YorisoiDirectoryTests {
    private let base = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)

    deinit { try? FileManager.default.removeItem(at: base) }

    private func directory(of person: String) throws -> YorisoiDirectory {
        try YorisoiDirectory(person: person, place: "application-support", base: base)
    }

    @Test("a person's directory is made, and is the same one the next time")
    func made() throws {
        let directory = try directory(of: "1")
        var isDirectory: ObjCBool = false
        #expect(FileManager.default.fileExists(atPath: directory.path, isDirectory: &isDirectory))
        #expect(isDirectory.boolValue)
        #expect(try self.directory(of: "1") == directory)
    }

    @Test("two persons on one phone share nothing, neither place nor name")
    func apart() throws {
        let (one, other) = (try directory(of: "1"), try directory(of: "2"))
        #expect(one.url != other.url && one.name != other.name)
        #expect(!one.path.hasPrefix(other.path) && !other.path.hasPrefix(one.path))
    }

    @Test("the name is the same wherever the system moves the app's files, and another in another place")
    func name() throws {
        #expect(try directory(of: "1").name == "application-support/1")
        #expect("\(YorisoiDirectory.Place.applicationSupport)" == "application-support")
        #expect("\(YorisoiDirectory.Place.appGroup("group.jp.example"))" == "group.jp.example")
    }

    @Test(
        "a name that could be somebody's, or lead elsewhere, is refused",
        arguments: ["", "..", "a/b", "Haha", "haha@example.jp", "母", " 1", String(repeating: "a", count: 65)])
    func unfit(person: String) {
        #expect(throws: YorisoiDirectoryError.unfitName) { try directory(of: person) }
    }

    @Test("a place where nothing can be made is told")
    func unavailable() throws {
        try Data().write(to: base)
        #expect(throws: YorisoiDirectoryError.unavailable) { try directory(of: "1") }
    }

    @Test("a directory is unused until something is in it, and never if that cannot be told")
    func unused() throws {
        let directory = try directory(of: "1")
        #expect(try directory.isUnused())
        try directory.markKey()
        try directory.markKey()
        #expect(try !directory.isUnused())
        try FileManager.default.removeItem(at: directory.url)
        #expect(try directory.isUnused())
        try Data().write(to: directory.url)
        #expect(throws: KeyStoreFailure.Failing) { try directory.isUnused() }
    }

    @Test("while one process does something alone, another is told and not kept waiting")
    func alone() throws {
        let (one, other) = (try directory(of: "1"), try directory(of: "1"))
        try one.alone {
            #expect(throws: KeyStoreFailure.Failing) { try other.alone {} }
            try directory(of: "2").alone {}
        }
        try other.alone {}
    }
}
