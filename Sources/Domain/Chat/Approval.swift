/// Something that may only happen when a person has approved it.
package struct ApprovalRequest: Sendable, Equatable {
    package enum Action: String, Sendable {
        /// A command in the session's jail.
        case run
        /// Files of the workspace.
        case change
        /// An address on the network.
        case reach
        /// A tool of an extension.
        case call
    }

    /// Who may approve it, besides every owner who can read the thread.
    package enum Approver: String, Sendable {
        /// Nobody else, because a person asked for it: nobody approves what they asked for themselves.
        case ownersOnly
        /// The person who asked, because a model wants it.
        case requester
    }

    /// What the same request joins instead of being asked again.
    package enum Scope: Sendable, Equatable {
        /// The same in this turn.
        case turn
        /// One call of the model, by its id in the turn: nothing but the same call, begun again after a restart.
        case call(String)
        /// The same while one call of the model runs, by its id.
        case during(call: String)
    }

    package let action: Action
    /// The exact command, patch or address; the approval is valid for this text only.
    package let subject: String
    /// Where it happens, as the jail sees it.
    package let directory: String
    /// What would do it: `run`, or a tool's name.
    package let tool: String
    package let approver: Approver
    package let scope: Scope
    /// SHA-256 of what would be changed, and of what is there before, hexadecimal; nil where the text says it all.
    package let effect: String?
    /// What it would change, for people to read; cut where the room cannot show all of it. An approval is bound to
    /// ``effect`` instead.
    package let preview: String?

    package init(
        action: Action, subject: String, directory: String, tool: String, approver: Approver, scope: Scope = .turn,
        effect: String? = nil, preview: String? = nil
    ) {
        self.scope = scope
        self.effect = effect
        self.preview = preview
        self.action = action
        self.subject = subject
        self.directory = directory
        self.tool = tool
        self.approver = approver
    }
}

/// How an approval ended. Whatever is not ``approved`` must not happen.
package enum ApprovalOutcome: Sendable, Equatable {
    /// `ask` is nil when an earlier "always in this thread" covers it.
    case approved(ask: String?, by: String)
    case denied(by: String, reason: String?)
    /// Nobody decided in time.
    case expired
}
