package import JSON

/// Something that happened and must be provable later.
package struct AuditEntry: Sendable, Equatable {
    /// What happened. Each case lists the keys of its details; more keys may follow in later releases.
    package enum Kind: String, Sendable, CaseIterable {
        /// A command is about to run: `command`, `directory`, `profile` (the jail's, as a digest of its plan), `limits`
        /// (the maker of limits), `network`, `job` for a background command, `approval` (the ask's id).
        case commandStarted = "command.started"
        /// A command ended: `command`, `status` or `signal`, `reason` (exited, stopped, timeout, output, lost),
        /// `seconds`, `stdout` and `stderr` (bytes).
        case commandEnded = "command.ended"
        /// A command was refused before it ran: `command`, `directory`, `reason`.
        case commandRefused = "command.refused"
        /// An ask was decided, or expired: `ask`, `kind`, `subject`, `digest` (what it is bound to), `outcome`
        /// (approved, always, denied, expired, closed), `requester`, `reason`.
        case approval
        /// Files that a command changed: `files` (a list of `kind`, `path`, `digest`), `count`, `snapshot`; the list is
        /// cut at 1,000 files.
        case files
        /// A workspace was restored: `snapshot`, `saved` (the snapshot of the state before).
        case restored = "workspace.restored"
        /// A request from the jail to the network: `host`, `port`, `address`, `verdict` (allowed, refused), `reason`,
        /// `sent` and `received` (bytes).
        case network
        /// A commit made from the workspace: `repository`, `branch`, `sha`, `files`.
        case commit
        /// Old rows were removed by retention: `through` (the last removed row), `hash` (its hash), `rows`.
        case pruned = "audit.pruned"
    }

    package let kind: Kind
    /// The session; nil for what concerns the host.
    package let session: String?
    /// The operation.
    package let turn: String?
    /// The id of whoever caused it.
    package let actor: String
    /// An object. Whatever is or looks like a secret is redacted before it is stored.
    package let details: JSON

    package init(kind: Kind, session: String?, turn: String?, actor: String, details: JSON) {
        self.kind = kind
        self.session = session
        self.turn = turn
        self.actor = actor
        self.details = details
    }
}
