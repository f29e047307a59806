package import Chat
package import Jail
internal import Primitives

/// Commands that run without a jail, each session's in its workspace.
package final class UnjailedShells: ShellDirectory {
    private struct State {
        var shells: [String: UnjailedShell] = [:]
        var hasEnded = false
    }

    private let user: HostUser
    private let state = Protected(State())

    package init(user: HostUser) { self.user = user }

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

    package func leftovers(of session: String) async -> [ShellProcess] { [] }

    package func endLeftover(_ id: Int, of session: String) async -> Bool { false }

    package func end(_ session: String) async { await self.state.withLock { $0.shells[session] }?.end() }

    package var sessions: Set<String> { get async { self.state.withLock { Set($0.shells.keys) } } }

    package func enter(_ workspace: Workspace) {}

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
