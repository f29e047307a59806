package import Chat
internal import Git
package import Jail
internal import Logging
internal import Primitives
internal import Sandbox
package import Work

/// The jails and workspaces of all sessions: a jail starts with a session's first command and shows its workspace.
package final class SessionJails: CommandPlaces {
    private struct State {
        var open: [String: Workspace] = [:]
        /// The users that the sessions' last jails had: their files belong to them.
        var users: [String: JailIdentity] = [:]
        /// Sessions whose workspace a program's jail has for itself.
        var lent: Set<String> = []
    }

    private let means: JailMeans
    private let limits: @Sendable (_ repository: String?) -> JailLimits
    private let defaultRepository: String?
    private let state = Protected(State())
    private let parts = Protected<(shells: JailShells, workspaces: Workspaces, setup: JailSetup)?>(nil)

    /// - Parameters:
    ///   - limits: Of the jails of a repository's workspaces.
    ///   - defaultRepository: The repository of threads that have not chosen one; nil for none.
    package init(
        means: JailMeans, limits: @escaping @Sendable (_ repository: String?) -> JailLimits, defaultRepository: String?
    ) {
        self.means = means
        self.limits = limits
        self.defaultRepository = defaultRepository
    }

    /// Makes the shells, whose jails ask this object for their places.
    package func begin(
        _ setup: JailSetup, _ limits: JailShells.Limits, workspaces: (@escaping CommitPacker) -> Workspaces
    ) -> Workspaces {
        let shells = JailShells(setup: setup, limits: limits) { [weak self] session async throws(JailFailure) in
            guard let self else { throw JailFailure("no jail is started any more: the host is shutting down") }
            return try await self.place(of: session)
        }
        let made = workspaces { session, base, new, piece in
            try await Self.pack(shells, session, base, new, piece)
        }
        self.parts.withLock { $0 = (shells, made, setup) }
        return made
    }

    /// Ends every jail.
    package func end() async { await self.parts.withLock { $0 }?.shells.endAll() }

    /// The workspaces; nil without a working jail.
    package var workspaces: Workspaces? { self.parts.withLock { $0 }?.workspaces }

    /// Ends a session's jail, if there is one.
    package func end(_ session: String) async { await self.parts.withLock { $0 }?.shells.end(session) }

    package func isLent(_ session: String) -> Bool { self.state.withLock { $0.lent.contains(session) } }

    /// The jail's mount is of the old folder, so that a command in it would find nothing.
    package func leave(_ session: String) async {
        // No jail starts on the old folder from now on.
        self.state.withLock { $0.open[session] = nil }
        await self.parts.withLock { $0 }?.shells.displace(session)
    }

    /// Forgets a session whose workspace was removed.
    package func forget(_ session: String) {
        self.state.withLock { state in
            state.open[session] = nil
            state.users[session] = nil
        }
    }

    // MARK: The workbench's side

    package func workspace(of place: SessionPlace) async throws -> any WorkspaceFiles {
        let workspace = try await self.ready().workspaces.open(
            session: place.session, repository: place.repository ?? self.defaultRepository, feature: place.feature,
            update: place.update)
        self.state.withLock { $0.open[place.session] = workspace }
        return workspace
    }

    package func shell(of place: SessionPlace, for user: String, workspace: any WorkspaceFiles) async throws
        -> any Shell
    {
        try self.ready().shells.shell(of: place.session, for: user)
    }

    package func endLeftovers(of session: String) async -> Bool {
        await self.parts.withLock { $0 }?.shells.endLeftovers(of: session) ?? false
    }

    private func ready() throws -> (shells: JailShells, workspaces: Workspaces, setup: JailSetup) {
        guard let parts = self.parts.withLock({ $0 }) else {
            throw JailFailure("the host is still starting: try again")
        }
        return parts
    }

    // MARK: Programs with a jail of their own

    /// What the jails of commands have in common; nil without a working jail.
    package var setup: JailSetup? { self.parts.withLock { $0 }?.setup }

    /// The place of a program's jail, which has the session's workspace for itself until its end: the jail of the
    /// session's commands is ended, and none is started in between. The workspace must be open.
    ///
    /// - Parameter binds: Makes what the jail sees besides the workspace.
    func lend(
        _ session: String, adding binds: (_ owner: JailIdentity?) async throws -> [WorkspaceMount.Bind]
    ) async throws -> JailPlace {
        guard self.state.withLock({ $0.lent.insert(session).inserted }) else { throw Self.isLent }
        await self.parts.withLock { $0 }?.shells.displace(session)
        do {
            let place = try await self.makePlace(of: session)
            let more: [WorkspaceMount.Bind]
            do {
                more = try await binds(place.identity)
            } catch {
                place.onEnd()
                throw error
            }
            return JailPlace(
                mount: WorkspaceMount(folder: place.mount.folder, binds: place.mount.binds + more),
                identity: place.identity, disk: place.disk, limits: place.limits
            ) {
                place.onEnd()
                self.giveBack(session)
            }
        } catch {
            self.giveBack(session)
            throw error
        }
    }

    private func giveBack(_ session: String) { self.state.withLock { _ = $0.lent.remove(session) } }

    private static let isLent = JailFailure("the Copilot CLI works on the thread's files: wait until it has ended")

    // MARK: The jail's side

    private func place(of session: String) async throws(JailFailure) -> JailPlace {
        guard !self.isLent(session) else { throw Self.isLent }
        return try await self.makePlace(of: session)
    }

    private func makePlace(of session: String) async throws(JailFailure) -> JailPlace {
        guard let workspace = self.state.withLock({ $0.open[session] }) else {
            throw JailFailure("the session has no workspace: try again")
        }
        let user = try self.takeUser(for: session)
        let giveBack: @Sendable () -> Void = { [means] in if let user { means.identities?.release(user) } }
        do {
            // All of the session's folders count, for the jail writes Git objects beside the files.
            let folder = workspace.folder.split(separator: "/", omittingEmptySubsequences: false).dropLast()
                .joined(separator: "/")
            let limits = self.limits(workspace.repositoryName)
            try await self.means.quota.prepare(folder, bytes: limits.disk, files: limits.files)
            let owner = user.map { FileOwner(user: $0.user, group: $0.group) }
            let binds = try await workspace.mounts(for: owner)
            return JailPlace(
                mount: WorkspaceMount(folder: workspace.folder, binds: binds), identity: user, disk: folder,
                limits: limits,
                onEnd: giveBack)
        } catch {
            giveBack()
            throw error as? JailFailure ?? JailFailure("the workspace cannot be shown to the jail: \(error)")
        }
    }

    /// The user of the session's last jail, if it is free, so that the files need not change their owner.
    private func takeUser(for session: String) throws(JailFailure) -> JailIdentity? {
        let last = self.state.withLock { $0.users[session]?.user }
        guard let user = try self.means.identities?.take(preferring: last) else { return nil }
        self.state.withLock { $0.users[session] = user }
        return user
    }

    /// Packs commits inside the jail: no Git program runs on a workspace outside of it.
    private static func pack(
        _ shells: JailShells, _ session: String, _ base: String, _ new: String,
        _ piece: @Sendable ([UInt8]) async throws -> Void
    ) async throws {
        let text =
            "printf '%s\\n^%s\\n' \(new) \(base) | "
            + "/usr/bin/git --git-dir=/git pack-objects --revs --thin --stdout --quiet"
        let command = ShellCommand(text: text, place: .fresh, timeout: .seconds(120), outputLimit: 512 << 20)
        let exit = try await withoutActuallyEscaping(piece) { piece in
            try await shells.shell(of: session, for: session).run(command) { output in
                if output.stream == .standardOutput { try await piece(output.bytes) }
            }
        }
        guard exit.status == .exited(0) else { throw WorkspaceFailure("the commits could not be packed in the jail") }
    }
}
