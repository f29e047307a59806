package import Chat
package import JSON

/// Something that happened and must be provable later.
package struct AuditEntry: Sendable, Equatable {
    /// What happened. Each case lists the keys of its details; more keys may follow in later releases.
    package enum Kind: String, Sendable, CaseIterable {
        /// A command is about to run: `job`, `command`, `shell` (persistent, fresh, background), `directory`,
        /// `rule` (the policy's), `approved_by`, `ask` (the approval's id), `snapshot` before it, `profile`, `limits`
        /// (their maker).
        case commandStarted = "command.started"
        /// A command ended: `job`, `command`, `status`, `exit`, `seconds`, `files` (a list of `change`, `path`,
        /// `digest`; with those in entries of the kind ``files``, up to 10,000), `files_changed` (all).
        case commandEnded = "command.ended"
        /// A command was refused without asking anybody: `command`, `directory`, `reason`; `rule` where the policy denies.
        case commandRefused = "command.refused"
        /// An ask was decided, or expired: `ask`, `action`, `subject`, `directory`, `tool`, `requester`, `digest` (what
        /// it is bound to), `outcome`.
        case approval
        /// The gate decided about a call of the model: `tool`, `rule` and what it says as `decision`, `outcome`
        /// (allowed, approved, denied, expired, stopped, failed; refused before there was anything to decide), `digest`
        /// of what is decided, `call`, `title`, `directory`, `persona`, `by`, `ask`, `reason`.
        case decision
        /// The class of data kept a text from a model, or from the thread of another repository: `origins` (a list of
        /// `repository` and `class`), and `model` or `thread_repository`.
        case dataRefused = "data.refused"
        /// Files of a workspace: `files`, and `direction` (`received` from a person, with the `snapshot` before, or `sent`
        /// to the thread); without a direction, more changed files of the command `job`, or of the restored `snapshot`, or
        /// those of a turn of the Copilot CLI, which began with `snapshot`, and `files_changed`.
        case files
        /// A workspace was restored: `snapshot`, `saved` (the snapshot of the state before), `files` (a list
        /// of `change`, `path`, `digest`), `files_changed`; or `error` if it failed after that.
        case restored = "workspace.restored"
        /// A request from the jail to the network: `method`, `host`, `port`, `verdict` (allowed, refused, failed),
        /// `reason`, `sent` and `received` (bytes); `count` where it is about several.
        case network
        /// A commit made from the workspace, or of a document or a task: `repository`, `branch`, `sha`, `subject`.
        case commit
        /// An owner lifted a budget: `scope` (`host`, a person's identity, `repository NAME`) and `until`.
        case budgetLifted = "budget.lifted"
        /// An owner changed somebody's access: `person` (the identity), `id`, `way` (list, code, sign-in, token), `name`,
        /// `was` and `role` (null for without access), `by` (the owner's name). Or a conversation was shared, or that was
        /// ended: `way` is share, `person` also `host` or `public`, `role` read or join, and `expires`.
        case access
        /// The host was restored from a backup without the audit's key, and signs with a new one since: `backup` (when it
        /// was made), `last` and `hash` of the row before.
        case beganAnew = "audit.restored"
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

extension AuditEntry {
    /// The class of data kept a text from where it was to go.
    ///
    /// - Parameter turn: Nil for a request outside of turns.
    package static func dataRefused(
        _ origins: Set<DataOrigin>, to place: JSON, for turn: TurnRequest?
    ) -> AuditEntry {
        let origins = origins.sorted { ($0.repository, $0.name) < ($1.repository, $1.name) }
        var details = place.objectValue ?? JSONObject()
        details["origins"] = .array(
            origins.map { ["repository": .string($0.repository), "class": .string($0.name)] })
        return AuditEntry(
            kind: .dataRefused, session: turn?.session, turn: turn?.id, actor: turn?.sender.id ?? "",
            details: .object(details))
    }

    /// A commit made from the workspace, or of a document or a task.
    ///
    /// - Parameter actor: The id of whoever caused it.
    package static func commit(_ commit: CommitNotice, session: String?, turn: String, actor: String) -> AuditEntry {
        AuditEntry(
            kind: .commit, session: session, turn: turn, actor: actor,
            details: [
                "repository": .string(commit.repository), "sha": .string(commit.sha),
                "branch": .string(commit.branch), "subject": .string(commit.subject),
            ])
    }
}
