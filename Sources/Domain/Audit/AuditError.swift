/// Why nothing can be recorded. One line: what failed, why, what to do.
package struct AuditError: Error, Sendable, Equatable, CustomStringConvertible {
    package let message: String

    package var description: String { self.message }

    static func keyMissing(_ path: String) -> AuditError {
        AuditError(
            message: "the audit's key \(path) is missing though the audit has rows: restore it from a backup. "
                + "If no backup has it, write the line 'lost' into \(path.dropLast(3))restored: the audit then continues with "
                + "a new key and a row that says so")
    }

    static func keyUnusable(_ path: String) -> AuditError {
        AuditError(message: "the audit's key \(path) cannot be read or is damaged: restore it from a backup")
    }

    /// The store has an earlier head than the one that was copied last.
    static let headBehind = AuditError(message: "the audit's head is older than the one in \(AuditHead.keptName)")

    /// Recording on would sign the change.
    static let headAltered = AuditError(
        message: "nothing more is recorded, because the audit was changed from outside: run 'jetbridge audit verify', "
            + "and restore the store from a backup")
}
