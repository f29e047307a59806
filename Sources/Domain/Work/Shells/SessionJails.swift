package import Chat
package import Jail
internal import Primitives

/// The jails of all sessions: one starts with a session's first command and shows its workspace.
package struct SessionJails: ShellDirectory {
    /// What the jails of commands have in common.
    package let setup: JailSetup
    private let places: JailPlaces
    private let shells: JailShells

    /// - Parameter limits: Of the jails of a repository's workspaces.
    package init(
        _ setup: JailSetup, means: JailMeans, limits: PerRepository<JailLimits>, shells: JailShells.Limits
    ) {
        let places = JailPlaces(means: means, limits: limits)
        self.setup = setup
        self.places = places
        self.shells = JailShells(setup: setup, limits: shells) { session async throws(JailFailure) in
            try await places.place(of: session)
        }
    }

    package func shell(of place: SessionPlace, for user: String, workspace: any WorkspaceFiles) async throws
        -> any Shell
    {
        self.shells.shell(of: place.session, for: user)
    }

    package func endLeftovers(of session: String) async -> Bool { await self.shells.endLeftovers(of: session) }

    package func leftovers(of session: String) async -> [ShellProcess] { await self.shells.leftovers(of: session) }

    package func endLeftover(_ id: Int, of session: String) async -> Bool {
        await self.shells.endLeftover(id, of: session)
    }

    package var sessions: Set<String> { get async { await self.shells.sessions } }

    package func enter(_ workspace: Workspace) { self.places.enter(workspace) }

    /// The jail's mount is of the old folder, so that a command in it would find nothing.
    package func leave(_ session: String) async {
        self.places.leave(session)
        await self.shells.displace(session)
    }

    package func isLent(_ session: String) -> Bool { self.places.isLent(session) }

    package func limits(of repository: String?) -> JailLimits? { self.places.limits[repository] }

    package func end(_ session: String) async { await self.shells.end(session) }

    package func forget(_ session: String) { self.places.forget(session) }

    package func end() async {
        await self.shells.endAll()
        self.places.leaveAll()
    }

    // MARK: Programs with a jail of their own

    /// The place of a program's jail, which has the session's workspace for itself until its end: the jail of the
    /// session's commands is ended, and none is started in between. The workspace must be open.
    ///
    /// - Parameter binds: Makes what the jail sees besides the workspace, whose place it gets. What it may write to counts
    ///   with the workspace.
    package func lend(
        _ session: String, adding binds: (_ workspace: JailPlace) async throws -> [WorkspaceMount.Bind]
    ) async throws -> JailPlace {
        try self.places.lend(session)
        await self.shells.displace(session)
        do {
            let place = try await self.places.makePlace(of: session)
            let more: [WorkspaceMount.Bind]
            do {
                more = try await binds(place)
            } catch {
                place.onEnd()
                throw error
            }
            return JailPlace(
                mount: WorkspaceMount(folder: place.mount.folder, binds: place.mount.binds + more),
                identity: place.identity, disk: place.disk + more.filter(\.isWritable).map(\.source),
                limits: place.limits
            ) {
                place.onEnd()
                self.places.giveBack(session)
            }
        } catch {
            self.places.giveBack(session)
            throw error
        }
    }

    /// The place of a program's jail beside the jail of the session's commands. The workspace must be open.
    package func visit(_ session: String) async throws -> JailPlace { try await self.places.place(of: session) }

    // MARK: Commits

    /// Takes commits out of the jails.
    package var packer: CommitPacker {
        let shells = self.shells
        return { session, base, new, piece in try await Self.pack(shells, session, base, new, piece) }
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
        let errors = Protected<[UInt8]>([])
        let exit = try await withoutActuallyEscaping(piece) { piece in
            try await shells.shell(of: session, for: session).run(command) { output in
                if output.stream == .standardOutput { return try await piece(output.bytes) }
                errors.withLock { if $0.count < 4_096 { $0 += output.bytes } }
            }
        }
        guard exit.status != .exited(0) else { return }
        let lines = StreamSafeText.of(String(decoding: errors.withLock { $0 }.prefix(4_096), as: UTF8.self))
            .split(separator: "\n")
        var reason = lines.first.map { String($0.prefix(200)) }
        if case .disk(let excess) = exit.status { reason = excess.reason }
        throw WorkspaceFailure(
            "the commits made in the jail cannot be read (\(reason ?? "Git ended without a reason")): "
                + "`run git reset --soft \(base)` takes them back and keeps the files")
    }
}
