internal import Lifecycle
internal import Primitives
package import Store
package import Threads
internal import Turns
package import Work

/// Writes sessions into the configured archive: transcript and workspace.
package struct SessionArchiver: Sendable {
    let archive: WorkspaceArchive
    let store: SessionStore
    let workspaces: Workspaces
    /// Whether a host serves, so that jobs in the store run.
    let isServing: @Sendable () -> Bool

    /// Nil if no archive is configured.
    init?(
        _ configuration: Configuration, store: SessionStore, workspaces: @autoclosure () -> Workspaces,
        isServing: @escaping @Sendable () -> Bool
    ) {
        guard let archive = configuration.archiving else { return nil }
        self.archive = archive
        self.store = store
        self.workspaces = workspaces()
        self.isServing = isServing
    }

    /// Writes a session as a command does. Returns nil if no archive is configured.
    package static func write(
        _ session: SessionRecord, in store: SessionStore, _ configuration: Configuration
    ) async throws -> WorkspaceArchive.Result? {
        let directory = try DataDirectory(path: configuration.dataDirectory)
        let archiver = Self(
            configuration, store: store,
            workspaces: WorkbenchSetup.stored(configuration, RepositorySetup.existing(for: configuration)),
            isServing: { directory.servingHost != nil })
        return try await archiver?.write(session)
    }

    func write(_ session: SessionRecord) async throws -> WorkspaceArchive.Result {
        let id = session.id
        if self.isServing(), try await self.store.read({ ledger in try ledger.hasRunningJob(of: id) }) {
            throw HostError(
                "the session was not archived, because a command runs in '\(id)'. Say 'stop' in its thread, end its "
                    + "jobs with 'kill JOB', then archive it again.")
        }
        let now = WallClock.now()
        let transcript = TranscriptSource(session: session, store: self.store, at: now)
        let workspace = try await self.workspaces.source(of: id)
        let sources: [any ArchiveSource] = [transcript] + (workspace.map { [$0] } ?? [])
        let result = try await self.archive.write(id, from: sources, at: now)
        try await workspace?.markArchived()
        return result
    }
}
