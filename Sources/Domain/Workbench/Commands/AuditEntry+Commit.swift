package import Audit
package import Chat
internal import JSON

extension AuditEntry {
    /// A commit made from the workspace.
    ///
    /// - Parameter actor: The id of whoever caused it.
    package static func commit(_ commit: CommitNotice, session: String, turn: String, actor: String) -> AuditEntry {
        AuditEntry(
            kind: .commit, session: session, turn: turn, actor: actor,
            details: [
                "repository": .string(commit.repository), "sha": .string(commit.sha),
                "branch": .string(commit.branch), "subject": .string(commit.subject),
            ])
    }
}
