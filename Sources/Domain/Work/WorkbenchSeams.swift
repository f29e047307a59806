package import Chat

/// What the policy says to a person's own command, and why.
package struct CommandPermission: Sendable, Equatable {
    package enum Decision: String, Sendable { case ask, allow, deny }

    package let decision: Decision
    /// The name of the rule that decides.
    package let rule: String
    /// Whether the rule follows from `approvals.commands`, not from a rule of the configuration's own.
    package let isSetting: Bool

    package init(_ decision: Decision, rule: String = "approvals.commands", isSetting: Bool = true) {
        self.decision = decision
        self.rule = rule
        self.isSetting = isSetting
    }
}

/// Decides about a person's own command, by the person's role and the repository that the thread works in.
package typealias CommandPolicy =
    @Sendable (_ command: String, _ role: Role, _ repository: String?) -> CommandPermission

package struct WorkbenchSettings: Sendable {
    /// Of a command in the foreground.
    package var timeout: Duration
    /// Bytes of a command's output.
    package var outputLimit: Int
    /// Jobs that may run at once in one session.
    package var jobsPerSession: Int
    /// The largest file that `files` sends, in bytes.
    package var fileLimit: Int

    package init(
        timeout: Duration = .seconds(120), outputLimit: Int = 1 << 20, jobsPerSession: Int = 8,
        fileLimit: Int = 20 << 20
    ) {
        self.timeout = timeout
        self.outputLimit = outputLimit
        self.jobsPerSession = jobsPerSession
        self.fileLimit = fileLimit
    }
}
