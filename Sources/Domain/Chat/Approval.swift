/// Something that may only happen when a person has approved it.
package struct ApprovalRequest: Sendable, Equatable {
    package enum Action: String, Sendable {
        /// A command in the session's jail.
        case run
        /// Files of the workspace.
        case change
        /// An address on the network.
        case reach
    }

    /// Who may approve it, besides every owner who can read the thread.
    package enum Approver: String, Sendable {
        /// Nobody else, because a person asked for it: nobody approves what they asked for themselves.
        case ownersOnly
        /// The person who asked, because a model wants it.
        case requester
    }

    package let action: Action
    /// The exact command, patch or address; the approval is valid for this text only.
    package let subject: String
    /// Where it happens, as the jail sees it.
    package let directory: String
    /// What would do it: `run`, or a tool's name.
    package let tool: String
    package let approver: Approver

    package init(action: Action, subject: String, directory: String, tool: String, approver: Approver) {
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
