package import Chat

/// Finds or makes the workspace of a session.
package protocol WorkspaceDirectory: Sendable {
    func workspace(of place: SessionPlace) async throws -> any WorkspaceFiles

    /// Why a session's workspace can't become one of another repository now, and what to do; nil if it can.
    ///
    /// - Parameter current: The repository that the session has chosen so far.
    func obstacle(to repository: String, from current: String?, in session: String) async throws -> String?
}
