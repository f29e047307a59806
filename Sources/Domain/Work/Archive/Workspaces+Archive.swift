extension Workspaces {
    /// What an archive of a session holds of its workspace; nil if it has none.
    package func source(of session: String) async throws -> WorkspaceSource? {
        try await self.existing(session).map { WorkspaceSource($0) }
    }
}
