internal import Chat
internal import Git
internal import Jail
internal import Primitives
internal import Sandbox

/// Where the jails of sessions run: on the open workspace, as a user of their own.
final class JailPlaces: Sendable {
    private struct State {
        var open: [String: Workspace] = [:]
        /// The users that the sessions' last jails had: their files belong to them.
        var users: [String: JailIdentity] = [:]
        /// How many jails of a session run as its user now.
        var uses: [String: Int] = [:]
        /// Sessions whose workspace a program's jail has for itself.
        var lent: Set<String> = []
    }

    private let means: JailMeans
    let limits: PerRepository<JailLimits>
    private let state = Protected(State())

    init(means: JailMeans, limits: PerRepository<JailLimits>) {
        self.means = means
        self.limits = limits
    }

    func enter(_ workspace: Workspace) { self.state.withLock { $0.open[workspace.session] = workspace } }

    func leave(_ session: String) { self.state.withLock { $0.open[session] = nil } }

    func leaveAll() { self.state.withLock { $0.open = [:] } }

    func forget(_ session: String) {
        self.state.withLock { state in
            state.open[session] = nil
            if state.uses[session] == nil { state.users[session] = nil }
        }
    }

    // MARK: Programs with a jail of their own

    static let isLent = JailFailure("the Copilot CLI works on the thread's files: wait until it has ended")

    func isLent(_ session: String) -> Bool { self.state.withLock { $0.lent.contains(session) } }

    /// Keeps commands out of a session's workspace. Throws while a program has it.
    func lend(_ session: String) throws {
        guard self.state.withLock({ $0.lent.insert(session).inserted }) else { throw Self.isLent }
    }

    func giveBack(_ session: String) { self.state.withLock { _ = $0.lent.remove(session) } }

    // MARK: Places

    /// The place of the jail of a session's commands.
    func place(of session: String) async throws(JailFailure) -> JailPlace {
        guard !self.isLent(session) else { throw Self.isLent }
        return try await self.makePlace(of: session)
    }

    func makePlace(of session: String) async throws(JailFailure) -> JailPlace {
        guard let workspace = self.state.withLock({ $0.open[session] }) else {
            throw JailFailure("the session has no workspace: try again")
        }
        let user = try self.takeUser(for: session)
        let giveBack: @Sendable () -> Void = { if let user { self.giveBack(user, of: session) } }
        do {
            let limits = self.limits[workspace.repositoryName]
            let owner = user.map { FileOwner(user: $0.user, group: $0.group) }
            let binds = try await workspace.mounts(for: owner)
            return JailPlace(
                mount: WorkspaceMount(folder: workspace.folder, binds: binds), identity: user,
                disk: workspace.writableFolders, limits: limits, onEnd: giveBack)
        } catch {
            giveBack()
            throw error as? JailFailure ?? JailFailure("the workspace cannot be shown to the jail: \(error)")
        }
    }

    /// The user of the session's other jails; else that of its last one, if it is free. So the files need not change their
    /// owner.
    private func takeUser(for session: String) throws(JailFailure) -> JailIdentity? {
        if let shared = self.share(session, or: nil) { return shared }
        let last = self.state.withLock { $0.users[session]?.user }
        guard let user = try self.means.identities?.take(preferring: last) else { return nil }
        // Another jail of the session may have begun meanwhile.
        let shared = self.share(session, or: user)
        if shared != user { self.means.identities?.release(user) }
        return shared
    }

    /// The user of the session's jails; `user` becomes that if there are none.
    private func share(_ session: String, or user: JailIdentity?) -> JailIdentity? {
        self.state.withLock { state in
            if let uses = state.uses[session], let shared = state.users[session] {
                state.uses[session] = uses + 1
                return shared
            }
            guard let user else { return nil }
            state.users[session] = user
            state.uses[session] = 1
            return user
        }
    }

    private func giveBack(_ user: JailIdentity, of session: String) {
        let isLast = self.state.withLock { state in
            let left = (state.uses[session] ?? 1) - 1
            state.uses[session] = left > 0 ? left : nil
            return left <= 0
        }
        if isLast { self.means.identities?.release(user) }
    }
}
