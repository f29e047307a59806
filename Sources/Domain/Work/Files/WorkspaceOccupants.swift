package import Jail

/// What happens in the workspaces besides the calls to them, so that none is replaced under somebody's feet.
package protocol WorkspaceOccupants: Sendable {
    /// A session's workspace was opened.
    func enter(_ workspace: Workspace) async
    /// Whether a command, a job or a program runs in a session's workspace.
    func isWorking(in session: String) async throws -> Bool
    /// Ends every process in a session's workspace.
    func leave(_ session: String) async
    /// Makes earlier changes of a session's files impossible to undo, because their snapshots are gone.
    func forgetSnapshots(of session: String) async throws
    /// Reports to a session's thread.
    func report(_ text: String, in session: String) async
    /// What the workspaces of a repository may hold; nil where nothing limits them.
    func limits(of repository: String?) -> JailLimits?
    /// Notes what a workspace occupies.
    func measure(_ workspace: Workspace) async
}

extension WorkspaceOccupants {
    package func limits(of repository: String?) -> JailLimits? { nil }

    package func measure(_ workspace: Workspace) async {}
}
