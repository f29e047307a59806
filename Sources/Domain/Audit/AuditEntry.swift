package import JSON

/// Something that happened and must be provable later.
package struct AuditEntry: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        /// A command is about to run, with jail profile and limits maker.
        case commandStarted = "command.started"
        case commandEnded = "command.ended"
        /// An ask was decided, or expired.
        case approval
        /// Files that a command changed: names and digests.
        case files
        /// A request from the jail to the network, allowed or refused.
        case network
        /// A commit made from the workspace.
        case commit
    }

    package let kind: Kind
    /// The session; nil for what concerns the host.
    package let session: String?
    /// The operation.
    package let turn: String?
    /// The id of whoever caused it.
    package let actor: String
    /// No secrets: what may contain one is redacted before it gets here.
    package let details: JSON

    package init(kind: Kind, session: String?, turn: String?, actor: String, details: JSON) {
        self.kind = kind
        self.session = session
        self.turn = turn
        self.actor = actor
        self.details = details
    }
}
