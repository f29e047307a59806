package import Jail
package import Web
package import Work

/// What the tools of a turn need beside its files.
package struct ToolSeams: Sendable {
    /// Called once before the turn's first change, with the state that `undo` restores. A throw keeps the change from
    /// happening.
    package var willChange: @Sendable (WorkspaceSnapshot) async throws -> Void = { _ in }
    /// Shows the list of tasks.
    package var plan: @Sendable ([PlanTask]) async throws -> Void = { _ in }
    /// Puts a question with its options (perhaps none) to people and returns the answer. Nil: nobody can be asked.
    package var question: (@Sendable (_ question: String, _ options: [String]) async throws -> String)?
    /// Runs a command that only reads the files, unseen by people, until it ends or `output` throws. Nil: no `grep`.
    package typealias Reading =
        @Sendable (_ command: String, _ output: @escaping @Sendable (ShellOutput) async throws -> Void) async throws
        -> ShellExit.Status
    package var read: Reading?
    /// Searches the web. Nil: no `search`.
    package var web: WebSearch?
    /// The text of a skill, or of a file beside it; nil for one that is unknown. Nil: no `skill`.
    package var skill: (@Sendable (_ name: String, _ file: String?) async throws -> String?)?
    /// Proposes to the person what to remember; returns why it doesn't. Nil: no `remember`.
    package var remember: (@Sendable (_ text: String, _ isHere: Bool) async throws -> String?)?
    /// Runs commands and commits. Nil: neither `shell` nor `fetch` nor `commit`.
    package var desk: (any ToolDesk)?

    package init() {}
}
