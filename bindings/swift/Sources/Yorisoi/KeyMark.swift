import Foundation
import YorisoiCore

// What a key store needs to know of the directory whose key it keeps.
extension YorisoiDirectory {
    private var mark: URL { url.appendingPathComponent("key-saved") }

    /// Whether the directory certainly holds nothing: no database, none that was set aside, no mark of a key.
    ///
    /// - Throws: `KeyStoreFailure.Failing` if it cannot be told.
    func isUnused() throws -> Bool {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path).isEmpty
        } catch let error as CocoaError where error.code == .fileReadNoSuchFile {
            return true
        } catch {
            throw KeyStoreFailure.Failing
        }
    }

    /// Notes that a key was saved for this directory. It makes the directory again if somebody deleted it.
    func markKey() throws {
        try makeReady()
        // An empty file: that it is there says everything. Lost in a loss of power, the database beside it says the same.
        if !FileManager.default.fileExists(atPath: mark.path) { try Data().write(to: mark) }
    }

    /// Does something that no other process does at the same time.
    ///
    /// - Throws: `KeyStoreFailure.Failing` while another does. It is not waited for: the system may have suspended it.
    func alone<Result>(_ body: () throws -> Result) throws -> Result {
        try makeReady()
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw KeyStoreFailure.Failing }
        // Closing it ends the lock.
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw KeyStoreFailure.Failing }
        return try body()
    }
}
