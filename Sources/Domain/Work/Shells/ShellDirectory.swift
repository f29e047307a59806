package import Chat
package import Jail

/// The shells of all sessions, in jails or without.
package protocol ShellDirectory: Sendable {
    /// The session's shell, whose jail shows the session's workspace. Nothing starts before its first command.
    ///
    /// - Parameter user: Whose limit of jails it counts towards.
    func shell(of place: SessionPlace, for user: String, workspace: any WorkspaceFiles) async throws -> any Shell

    /// Ends what earlier commands of a session left running, and with it the state of its shell. False if a command
    /// runs or nothing was left.
    func endLeftovers(of session: String) async -> Bool

    /// What earlier commands of a session left running, oldest first; empty while a command runs.
    func leftovers(of session: String) async -> [ShellProcess]

    /// Kills one of them and its descendants. Returns false if there is no such process.
    func endLeftover(_ id: Int, of session: String) async -> Bool

    /// The sessions that have a shell.
    var sessions: Set<String> { get async }

    /// Commands of the workspace's session run there from now on.
    func enter(_ workspace: Workspace)

    /// Ends what runs in a session whose workspace is about to be replaced, and starts nothing there any more.
    func leave(_ session: String) async

    /// Whether a program has a session's workspace for itself.
    func isLent(_ session: String) -> Bool

    /// Ends what runs in a session.
    func end(_ session: String) async

    /// Forgets a session whose workspace was removed.
    func forget(_ session: String)

    /// Ends everything that runs, and starts nothing any more.
    func end() async

    /// What the jails of a repository's workspaces may use; nil without jails.
    func limits(of repository: String?) -> JailLimits?
}

extension ShellDirectory {
    package func limits(of repository: String?) -> JailLimits? { nil }
}
