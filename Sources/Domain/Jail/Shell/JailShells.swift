internal import Primitives

/// The shells of all sessions: starts jails on demand within limits, and ends idle ones.
package actor JailShells {
    package struct Limits: Sendable, Equatable {
        /// Jails at a time.
        package var perUser: Int
        package var perHost: Int
        /// A jail without a command for this long is ended; its background processes end with it.
        package var idle: Duration

        package init(perUser: Int = 8, perHost: Int = 100, idle: Duration = .seconds(30 * 60)) {
            self.perUser = perUser
            self.perHost = perHost
            self.idle = idle
        }
    }

    private struct Entry {
        let shell: JailShell
        let user: String
        /// Commands that run or wait.
        var commands = 0
        /// Grows with each use: the smallest is idle longest.
        var lastUse = 0
        var idle: Task<Void, Never>?
    }

    private let setup: JailSetup
    private let limits: Limits
    private let clock: any Clock<Duration>
    private let place: @Sendable (_ session: String) async throws(JailFailure) -> JailPlace
    private var entries: [String: Entry] = [:]
    /// Jails that are being ended.
    private var ending: [String: Task<Void, Never>] = [:]
    /// Sessions whose jail was ended though its shell had a state.
    private var lost: Set<String> = []
    private var uses = 0
    private var isClosed = false

    /// - Parameter place: A session's workspace and user; asked before each start of its jail.
    package init(
        setup: JailSetup, limits: Limits = Limits(), clock: any Clock<Duration> = ContinuousClock(),
        place: @escaping @Sendable (_ session: String) async throws(JailFailure) -> JailPlace
    ) {
        self.setup = setup
        self.limits = limits
        self.clock = clock
        self.place = place
    }

    /// The shell of a session, whose jail counts towards `user`'s. Nothing starts before its first command.
    package nonisolated func shell(of session: String, for user: String) -> any Shell {
        SessionShell(session: session, user: user, shells: self)
    }

    /// Jails that count towards the limits.
    package var count: Int { self.entries.count }

    /// Ends a session's jail; what runs in it is reported as lost.
    package func end(_ session: String) async {
        await self.ending[session]?.value
        await self.finish(session)?.value
        self.lost.remove(session)
    }

    /// Ends a session's jail to make room for another one on its workspace. The next command gets a fresh shell, which
    /// says so.
    package func displace(_ session: String) async {
        await self.ending[session]?.value
        await self.finish(session)?.value
    }

    /// Ends what earlier commands of a session left running, and with it its persistent shell; false if there was
    /// nothing to end.
    package func endLeftovers(of session: String) async -> Bool {
        await self.entries[session]?.shell.endLeftovers() ?? false
    }

    /// Ends every jail, and refuses to start others.
    package func endAll() async {
        self.isClosed = true
        for session in self.entries.keys { self.finish(session) }
        for task in self.ending.values { await task.value }
    }

    // MARK: One command

    /// Makes room for the session's jail and returns its shell; ``release(_:_:)`` must follow.
    func admit(_ session: String, for user: String) async throws(JailFailure) -> JailShell {
        while let ending = self.ending[session] { await ending.value }
        if self.entries[session] == nil { try await self.makeRoom(for: session, user) }
        guard !self.isClosed else { throw JailFailure("no jail is started any more: the host is shutting down") }
        let entry = self.entries[session] ?? Entry(shell: self.newShell(session), user: user)
        self.entries[session] = entry
        self.touch(session)
        self.entries[session]?.commands += 1
        return entry.shell
    }

    func release(_ session: String, _ shell: JailShell) async {
        guard let entry = self.entries[session], entry.shell === shell else { return }
        self.touch(session)
        self.entries[session]?.commands -= 1
        guard entry.commands == 1 else { return }
        // Unstructured: it waits as long as the session is idle, and the next command cancels it.
        self.entries[session]?.idle = Task { [clock, limits] in
            do { try await clock.sleep(for: limits.idle) } catch { return }
            self.endIdle(session, shell)
        }
    }

    private func touch(_ session: String) {
        self.uses += 1
        self.entries[session]?.lastUse = self.uses
        self.entries[session]?.idle?.cancel()
        self.entries[session]?.idle = nil
    }

    private func newShell(_ session: String) -> JailShell {
        JailShell(session: session, setup: self.setup, isRenewed: self.lost.remove(session) != nil) {
            [place] () throws(JailFailure) in try await place(session)
        }
    }

    // MARK: Room

    private func makeRoom(for session: String, _ user: String) async throws(JailFailure) {
        while true {
            // After each wait everything may have changed, even that the session has a jail.
            guard self.entries[session] == nil else { return }
            let own = self.entries.filter { $0.value.user == user }
            if own.count >= self.limits.perUser {
                try await self.endLongestIdle(
                    own, "all \(own.count) of your jails are busy: stop a command in another thread, or wait for one")
            } else if self.entries.count >= self.limits.perHost {
                try await self.endLongestIdle(
                    self.entries, "all \(self.entries.count) jails of the host are busy: try again later")
            } else {
                return
            }
        }
    }

    private func endLongestIdle(_ entries: [String: Entry], _ refusal: String) async throws(JailFailure) {
        let idle = entries.filter { $0.value.commands == 0 }.min { $0.value.lastUse < $1.value.lastUse }
        guard let idle else { throw JailFailure(refusal) }
        await self.finish(idle.key)?.value
    }

    private func endIdle(_ session: String, _ shell: JailShell) {
        guard let entry = self.entries[session], entry.shell === shell, entry.commands == 0 else { return }
        self.finish(session)
    }

    @discardableResult
    private func finish(_ session: String) -> Task<Void, Never>? {
        guard let entry = self.entries.removeValue(forKey: session) else { return nil }
        entry.idle?.cancel()
        // Unstructured: others wait for it too, and none may cut it short.
        let task = Task {
            let hasState = await entry.shell.hasState
            await entry.shell.end()
            if hasState { self.lost.insert(session) }
            self.ending[session] = nil
        }
        self.ending[session] = task
        return task
    }
}

/// A session's shell; its jail may be another from command to command.
private struct SessionShell: Shell {
    let session: String
    let user: String
    let shells: JailShells

    func run(
        _ command: ShellCommand, output: @escaping @Sendable (ShellOutput) async throws -> Void
    ) async throws(JailFailure) -> ShellExit {
        let shell = try await self.shells.admit(self.session, for: self.user)
        let result: Result<ShellExit, JailFailure>
        do throws(JailFailure) {
            result = .success(try await shell.run(command, output: output))
        } catch {
            result = .failure(error)
        }
        await self.shells.release(self.session, shell)
        return try result.get()
    }

    func end() async { await self.shells.end(self.session) }
}
