package import Chat
package import Git

/// What a command led to, for whoever ran it.
package struct CommandReport: Sendable {
    package let ending: CommandEnding
    /// Commits that it made, which the repository has now. Those of a model's command wait for a decision.
    package let commits: [CommitNotice]
    /// Files that it changed, of very many only a part; nil if that is unknown.
    package let changes: [WorkspaceChange]?
    /// What failed or was left out after the command, each a line.
    package let notices: [String]
}
