package import Work

/// Where the commands of all sessions run, and on which files.
package protocol CommandPlaces: AnyObject, ShellDirectory, WorkspaceDirectory {
    /// The workspaces; nil without a working jail.
    var workspaces: Workspaces? { get }
    /// Ends what runs in a session.
    func end(_ session: String) async
    /// Whether a program has a session's workspace for itself.
    func isLent(_ session: String) -> Bool
    /// Ends what runs in a session whose workspace is about to be replaced.
    func leave(_ session: String) async
    /// Forgets a session whose workspace was removed.
    func forget(_ session: String)
    /// Ends everything that runs, and starts nothing any more.
    func end() async
}

extension CommandPlaces {
    package func obstacle(to repository: String, from current: String?, in session: String) async throws -> String? {
        try await self.workspaces?.obstacle(session: session, to: repository, from: current)?.message
    }
}
