/// Why there is no backup, or why one was not restored. One line: what failed, why, what to do.
package struct BackupError: Error, Sendable, Equatable, CustomStringConvertible {
    package let message: String

    package var description: String { self.message }

    init(_ message: String) { self.message = message }

    static func system(_ what: String, _ code: Int32, _ remedy: String) -> BackupError {
        BackupError("\(what): \(reason(code)); \(remedy)")
    }

    static func damaged(_ path: String, _ reason: String) -> BackupError {
        BackupError("\(path) is damaged: \(reason). Nothing was restored from it; use another backup.")
    }

    static func foreign(_ path: String) -> BackupError {
        BackupError("\(path) is not a file that 'jetbridge backup create' made, or its beginning is damaged")
    }
}
