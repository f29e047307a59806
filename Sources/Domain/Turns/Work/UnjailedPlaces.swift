package import Chat
package import Jail
internal import Primitives
package import Work

/// Commands that run without a jail, each session's in its workspace.
package final class UnjailedPlaces: CommandPlaces {
    private struct State {
        var shells: [String: UnjailedShell] = [:]
        var hasEnded = false
    }

    private let stored: Workspaces
    private let user: HostUser
    private let defaultRepository: String?
    private let state = Protected(State())

    /// - Parameter defaultRepository: The repository of threads that have not chosen one; nil for none.
    package init(_ workspaces: Workspaces, user: HostUser, defaultRepository: String?) {
        self.stored = workspaces
        self.user = user
        self.defaultRepository = defaultRepository
    }

    package var workspaces: Workspaces? { self.stored }

    package func workspace(of place: SessionPlace) async throws -> any WorkspaceFiles {
        try await self.stored.open(
            session: place.session, repository: place.repository ?? self.defaultRepository, feature: place.feature,
            update: place.update)
    }

    package func shell(of place: SessionPlace, for user: String, workspace: any WorkspaceFiles) async throws
        -> any Shell
    {
        try self.state.withLock { state -> UnjailedShell in
            if state.hasEnded { throw JailFailure("no command is started any more: the host is shutting down") }
            if let shell = state.shells[place.session] { return shell }
            let shell = UnjailedShell(folder: workspace.folder, user: self.user)
            state.shells[place.session] = shell
            return shell
        }
    }

    /// A command's processes end with it, so nothing is left.
    package func endLeftovers(of session: String) async -> Bool { false }

    package func end(_ session: String) async { await self.state.withLock { $0.shells[session] }?.end() }

    package func isLent(_ session: String) -> Bool { false }

    /// The shell's directory may be one that the next workspace does not have.
    package func leave(_ session: String) async { await self.end(session) }

    package func forget(_ session: String) { self.state.withLock { $0.shells[session] = nil } }

    package func end() async {
        let shells = self.state.withLock { state -> [UnjailedShell] in
            state.hasEnded = true
            return Array(state.shells.values)
        }
        for shell in shells { await shell.end() }
    }
}
