package import Chat
internal import JSON
package import Jail
package import Logging
package import Store

/// The commands, jobs and programs of sessions.
package struct SessionOccupants: WorkspaceOccupants {
    let shells: any ShellDirectory
    let store: SessionStore
    let notices: any ThreadNotices
    let logger: Logger

    package init(shells: any ShellDirectory, store: SessionStore, notices: any ThreadNotices, logger: Logger) {
        self.shells = shells
        self.store = store
        self.notices = notices
        self.logger = logger
    }

    package func enter(_ workspace: Workspace) { self.shells.enter(workspace) }

    package func isWorking(in session: String) async throws -> Bool {
        if self.shells.isLent(session) { return true }
        return try await self.store.read { ledger in try ledger.hasRunningJob(of: session) }
    }

    package func leave(_ session: String) async { await self.shells.leave(session) }

    package func forgetSnapshots(of session: String) async throws {
        try await self.store.write(ofSession: session) { ledger in try ledger.forgetSnapshots(of: session) }
    }

    package func limits(of repository: String?) -> JailLimits? { self.shells.limits(of: repository) }

    package func measure(_ workspace: Workspace) async {
        await self.store.measure(workspace, of: workspace.session)
    }

    package func report(_ text: String, in session: String) async {
        do { try await self.notices.post(text, in: session) } catch {
            self.logger.error(
                "a line about a workspace could not be posted",
                ["session": .string(session), "error": .string("\(error)")])
        }
    }
}
