internal import Primitives

/// The shells of all sessions: starts jails on demand within limits, and ends idle ones.
package actor JailShells {
    package struct Limits: Sendable, Equatable {
        /// The most jails at a time.
        package var perUser: Int
        package var perHost: Int
        /// A jail without a command for this long is ended; its background processes end with it.
        package var idle: Duration
        /// The longest wait of a command for a free jail.
        package var wait: Duration

        package init(
            perUser: Int = 8, perHost: Int = 100, idle: Duration = .seconds(30 * 60),
            wait: Duration = .seconds(10 * 60)
        ) {
            self.wait = wait
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

    /// A command that waits for a free jail.
    private struct Waiter {
        let id: Int
        let user: String
        /// Limits the wait.
        let timer: Task<Void, Never>
        let changed = Signal()
        var isTooLong = false
    }

    private enum WaitEnd { case cancelled, tooLong }

    private let setup: JailSetup
    private let limits: Limits
    private let clock: any Clock<Duration>
    private let place: @Sendable (_ session: String) async throws(JailFailure) -> JailPlace
    private var entries: [String: Entry] = [:]
    /// Jails that are ending.
    private var ending: [String: Task<Void, Never>] = [:]
    /// Sessions whose jail was ended though its shell had a state.
    private var lost: Set<String> = []
    /// In the order of arrival.
    private var waiters: [Waiter] = []
    private var lastWaiter = 0
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

    /// The sessions that have one.
    package var sessions: Set<String> { Set(self.entries.keys) }

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

    /// What earlier commands of a session left running.
    package func leftovers(of session: String) async -> [ShellProcess] {
        await self.entries[session]?.shell.leftovers ?? []
    }

    /// Kills one of them. Returns false if there is no such process.
    package func endLeftover(_ id: Int, of session: String) async -> Bool {
        await self.entries[session]?.shell.endLeftover(id) ?? false
    }

    /// Ends every jail, and refuses to start others.
    package func endAll() async {
        self.isClosed = true
        self.wakeWaiters()
        for session in self.entries.keys { self.finish(session) }
        for task in self.ending.values { await task.value }
    }

    // MARK: One command

    /// Makes room for the session's jail and returns its shell; ``release(_:_:)`` must follow.
    func admit(
        _ session: String, for user: String, waiting: @Sendable (String?) async -> Void = { _ in }
    ) async throws(JailFailure) -> JailShell {
        while let ending = self.ending[session] { await ending.value }
        let hasWaited = self.entries[session] == nil ? try await self.makeRoom(for: session, user, waiting) : false
        guard !self.isClosed else {
            if hasWaited { await waiting(nil) }
            throw JailFailure("no jail is started any more: the host is shutting down")
        }
        let entry = self.entries[session] ?? Entry(shell: self.newShell(session), user: user)
        self.entries[session] = entry
        self.touch(session)
        self.entries[session]?.commands += 1
        // Last, so that no other command takes the place in between.
        if hasWaited { await waiting(nil) }
        return entry.shell
    }

    func release(_ session: String, _ shell: JailShell) async {
        guard let entry = self.entries[session], entry.shell === shell else { return }
        self.touch(session)
        self.entries[session]?.commands -= 1
        guard entry.commands == 1 else { return }
        self.wakeWaiters()
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

    /// Ends the jail that has been idle longest if a limit is reached, or waits for one. Returns whether it has waited.
    private func makeRoom(
        for session: String, _ user: String, _ waiting: @Sendable (String?) async -> Void
    ) async throws(JailFailure) -> Bool {
        var place: Int?
        defer { if let place { self.leave(place) } }
        // After each wait everything may have changed, even that the session has a jail.
        while self.entries[session] == nil, !self.isClosed {
            let isNext = self.waiters.first { $0.user == user }.map { $0.id == place } ?? true
            let busy: String
            switch isNext ? self.room(for: user) : .full(self.entries.count { $0.value.user == user }, isOwn: true) {
            case .free: return place != nil
            case .idle(let other):
                await self.finish(other)?.value
                continue
            case .full(let count, let isOwn):
                busy = isOwn ? "all \(count) of your jails are busy" : "all \(count) jails of the host are busy"
            }
            guard let id = place else {
                place = self.enter(user)
                await waiting(busy)
                continue
            }
            if let end = await self.wait(id) {
                await waiting(nil)
                throw JailFailure(
                    end == .cancelled
                        ? "it was stopped while \(busy)"
                        : "\(busy), and none became free in \(Int(self.limits.wait / .seconds(60))) minutes: stop a "
                            + "command in another thread, or end a job with `kill`")
            }
        }
        return place != nil
    }

    private enum Room {
        case free
        /// The session whose jail has been idle longest.
        case idle(String)
        case full(Int, isOwn: Bool)
    }

    private func room(for user: String) -> Room {
        let own = self.entries.filter { $0.value.user == user }
        let isOwn = own.count >= self.limits.perUser
        guard isOwn || self.entries.count >= self.limits.perHost else { return .free }
        let candidates = isOwn ? own : self.entries
        let idle = candidates.filter { $0.value.commands == 0 }.min { $0.value.lastUse < $1.value.lastUse }
        return idle.map { .idle($0.key) } ?? .full(candidates.count, isOwn: isOwn)
    }

    private func enter(_ user: String) -> Int {
        self.lastWaiter += 1
        let id = self.lastWaiter
        // Unstructured: it spans several waits; `leave` cancels it.
        let timer = Task { [clock, limits] in
            do { try await clock.sleep(for: limits.wait) } catch { return }
            self.expire(id)
        }
        self.waiters.append(Waiter(id: id, user: user, timer: timer))
        return id
    }

    private func leave(_ id: Int) {
        self.waiters.first { $0.id == id }?.timer.cancel()
        self.waiters.removeAll { $0.id == id }
        // Those behind it may be next.
        self.wakeWaiters()
    }

    /// Returns when something has changed, with the reason if the wait must end.
    private func wait(_ id: Int) async -> WaitEnd? {
        await self.waiters.first { $0.id == id }?.changed.wait()
        if Task.isCancelled { return .cancelled }
        return self.waiters.first { $0.id == id }?.isTooLong == true ? .tooLong : nil
    }

    private func expire(_ id: Int) {
        guard let index = self.waiters.firstIndex(where: { $0.id == id }) else { return }
        self.waiters[index].isTooLong = true
        self.waiters[index].changed.signal()
    }

    private func wakeWaiters() {
        for waiter in self.waiters { waiter.changed.signal() }
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
            self.wakeWaiters()
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
        try await self.run(command, waiting: { _ in }, output: output)
    }

    func run(
        _ command: ShellCommand, waiting: @escaping @Sendable (String?) async -> Void,
        output: @escaping @Sendable (ShellOutput) async throws -> Void
    ) async throws(JailFailure) -> ShellExit {
        let shell = try await self.shells.admit(self.session, for: self.user, waiting: waiting)
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
