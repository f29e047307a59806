internal import EventLoop
internal import JSON
internal import Lifecycle
package import Logging
package import Models
package import Primitives

/// A person's Copilot sign-in: provides the token for requests and keeps it fresh.
///
/// All processes on one data directory share the exchanged token in `token.json`. The first to find it due takes the
/// lock file, looks again, exchanges and writes; the others see the file change and take the token over. As a service
/// it exchanges ahead of need; without ``run()`` it does so when a request asks.
package actor CopilotAccount: CopilotTokenSource, SignInTokenSource, Service {
    package nonisolated let name = "copilot-account"

    /// The mutable state.
    struct State {
        /// The token in use.
        var current: StoredToken?
        /// The sign-in that ``current`` was exchanged for, where this process knows it.
        var signIn: GitHubToken?
        var file: TokenFile
        /// A token that the API refused, never to be used again.
        var rejected: Secret?
        /// How many young tokens the API refused in a row.
        var rejections = 0
        /// How many exchanges failed in a row.
        var failures = 0
        var backoff: RefreshBackoff?
        /// The refresh under way, and the requests that wait for it.
        var refreshing: Task<Void, Never>?
        var waiters: [UInt64: AsyncThrowingStream<StoredToken, any Error>.Continuation] = [:]
        var lastWaiter: UInt64 = 0
        var isRunning = false
        var isStopping = false
    }

    var state: State
    let discovery: SignInDiscovery
    let exchangeRound: ExchangeRound
    let clock: AccountClock
    let jitter: @Sendable () -> Double
    let logger: Logger
    /// Notified when something changes in the folders of sign-ins, tokens and lock, or when the account stops.
    let changes = ChangeSignal()
    private let watches: AccountWatches

    /// - Parameter jitter: random numbers in 0..<1.
    package init(
        _ discovery: SignInDiscovery, transport: any ModelTransport, clock: AccountClock = .system,
        jitter: @escaping @Sendable () -> Double = { .random(in: 0..<1) }, logger: Logger
    ) {
        self.state = State(file: TokenFile(discovery.settings))
        self.discovery = discovery
        self.exchangeRound = ExchangeRound(discovery, transport: transport, clock: clock, logger: logger)
        self.clock = clock
        self.jitter = jitter
        self.logger = logger
        self.watches = AccountWatches(discovery.folders, changes: self.changes)
    }

    var settings: SignInSettings { self.discovery.settings }

    // MARK: Requests

    package func token() async throws -> CopilotToken {
        self.readFileIfChanged()
        let now = self.clock.now
        if let current = self.state.current, current.term.isUsable(at: now) {
            // While this token is accepted, no request waits for the next one: GitHub may take half a minute to fail.
            if current.term.untilRefresh(at: now) == 0 { self.startRefreshIfAllowed() }
            return current.token
        }
        do {
            return try await self.waitForRefresh().token
        } catch let error as ModelError {
            // Another process may have exchanged one.
            if let current = self.state.current, current.term.isUsable(at: self.clock.now) { return current.token }
            throw error
        }
    }

    private func startRefreshIfAllowed() {
        if self.activeBackoff == nil, !self.state.isStopping { self.startRefresh() }
    }

    /// The sign-in that the current Copilot token was exchanged for.
    package func gitHubToken() async throws -> Secret {
        _ = try await self.token()
        if let signIn = self.state.signIn, self.isSource(signIn) { return signIn.value }
        if let signIn = self.discovery.tokens.first(where: self.isSource) {
            self.state.signIn = signIn
            return signIn.value
        }
        // Another process exchanged the sign-in of the GitHub CLI.
        guard let signIn = try await self.discovery.commandLineFinding()?.token else {
            throw ExchangeRound.signedOut.error
        }
        self.state.signIn = signIn
        return signIn.value
    }

    private func isSource(_ signIn: GitHubToken) -> Bool {
        StoredToken.mark(of: signIn, at: self.settings) == self.state.current?.signIn
    }

    package func reject(_ token: CopilotToken) {
        guard let current = self.state.current, current.token.value == token.value else { return }
        let now = self.clock.now
        let isYoung = current.term.life - current.term.untilEnd(at: now) < min(30, current.term.life / 2)
        self.state.rejections = isYoung ? self.state.rejections + 1 : 1
        self.state.rejected = token.value
        self.state.current = nil
        guard self.state.rejections > 2 else { return }
        // Otherwise every request would exchange another token that is refused as well.
        let delay = RefreshBackoff.delay(.passing, failures: self.state.rejections + 2, jitter: self.jitter())
        self.state.backoff = RefreshBackoff(
            error: ModelError(
                .unauthorized,
                "The Copilot API refuses tokens that GitHub has just issued; check copilot.integration_id, and see "
                    + "https://github.com/settings/copilot.", status: 401),
            until: now.uptime + delay, stamp: self.discovery.stamp)
    }

    /// Waits for the refresh under way, or starts one: one exchange serves everyone who asks. A waiter that is
    /// cancelled leaves; the refresh continues for the others.
    private func waitForRefresh() async throws -> StoredToken {
        if let backoff = self.activeBackoff { throw backoff.error }
        guard !self.state.isStopping else {
            throw ModelError(.unavailable, "Jetbridge is shutting down; ask again after it has restarted.")
        }
        try Task.checkCancellation()
        self.state.lastWaiter += 1
        let id = self.state.lastWaiter
        let (tokens, waiter) = AsyncThrowingStream.makeStream(
            of: StoredToken.self, bufferingPolicy: .bufferingOldest(1))
        self.state.waiters[id] = waiter
        defer { self.state.waiters[id] = nil }
        self.startRefresh()
        for try await token in tokens { return token }
        // The stream ended without a token because this task was cancelled.
        throw CancellationError()
    }

    private func startRefresh() {
        guard self.state.refreshing == nil else { return }
        // Unstructured: it serves every waiter and must outlive the first; `close()` ends it.
        self.state.refreshing = Task {
            let result: Result<StoredToken, any Error>
            do {
                result = .success(try await self.refresh())
            } catch {
                result = .failure(error)
            }
            self.finishRefresh(result)
        }
    }

    private func finishRefresh(_ result: Result<StoredToken, any Error>) {
        self.state.refreshing = nil
        let waiters = self.state.waiters.values
        self.state.waiters = [:]
        for waiter in waiters { waiter.yield(with: result) }
    }

    /// The backoff, until its time has passed or the sign-in files have changed.
    private var activeBackoff: RefreshBackoff? {
        guard let backoff = self.state.backoff else { return nil }
        if self.clock.now.uptime < backoff.until, backoff.stamp == self.discovery.stamp { return backoff }
        self.state.backoff = nil
        return nil
    }

    // MARK: The shared file

    private func readFileIfChanged() {
        if self.state.file.hasChanged { self.readFile() }
    }

    /// Takes over the token that another process wrote for one of the present sign-ins; drops ours when the file was
    /// deleted.
    func readFile() {
        self.tightenFiles()
        switch self.state.file.read() {
        case .token(let token):
            guard token.token.value != self.state.rejected, token != self.state.current,
                self.isOfPresentSignIn(token)
            else { return }
            self.state.current = token
            self.state.backoff = nil
        case .removed: self.state.current = nil
        case .nothing: break
        }
    }

    private func tightenFiles() {
        for file in OpenTokenFile.tightened(in: self.settings) {
            self.logger.warning(
                file.error.map { "other users can read a file with a token, and its mode cannot be changed: \($0)" }
                    ?? "other users could read a file with a token; its mode is now 0600",
                ["path": .string(file.path)])
        }
    }

    /// Only a call to the GitHub CLI reveals its sign-in, so its token counts as long as the stronger sign-ins are the
    /// same.
    private func isOfPresentSignIn(_ token: StoredToken) -> Bool {
        let signIns = self.discovery.tokens
        if token.source == .githubCLI {
            return !self.discovery.isBound && token.beside == StoredToken.mark(of: signIns, at: self.settings)
        }
        return signIns.contains { StoredToken.mark(of: $0, at: self.settings) == token.signIn }
    }

    /// Waits for a change of the watched folders.
    func waitForChange(after seen: Int, upTo limit: Duration) async throws {
        await self.watches.start()
        try await self.changes.wait(after: seen, upTo: limit, on: self.clock)
    }

    // MARK: Service

    /// In seconds. Bounded, because timers may stand still while the machine sleeps.
    private static let longestPause = 30.0

    package func run() async throws {
        self.state.isRunning = true
        defer { self.state.isRunning = false }
        await self.watches.start()
        do {
            while !self.state.isStopping {
                let seen = self.changes.count
                let pause = await self.refreshIfDue()
                try await self.changes.wait(
                    after: seen, upTo: .milliseconds(Int64((pause * 1_000).rounded(.up))), on: self.clock)
            }
        } catch {
            await self.close()
            throw error
        }
        await self.close()
    }

    package func stop() async {
        self.state.isStopping = true
        self.changes.notify()
        // Without ``run()`` nothing else would clean up.
        if !self.state.isRunning { await self.close() }
    }

    /// Ends the refresh under way; leaves no lock, watch or timer behind.
    package func close() async {
        self.state.isStopping = true
        let refreshing = self.state.refreshing
        refreshing?.cancel()
        await refreshing?.value
        await self.watches.cancel()
    }

    /// Refreshes the token when it is due; returns the seconds until the next look.
    private func refreshIfDue() async -> Double {
        self.readFileIfChanged()
        let isFresh = self.state.current.map { $0.term.untilRefresh(at: self.clock.now) > 0 } ?? false
        if !isFresh, self.activeBackoff == nil {
            // The failure is logged where it happens, and the backoff says when to try again.
            _ = try? await self.waitForRefresh()
        }
        let now = self.clock.now
        let pause: Double
        if let backoff = self.activeBackoff {
            pause = backoff.until - now.uptime
        } else {
            pause = self.state.current?.term.untilRefresh(at: now) ?? 1
        }
        return min(max(pause, 0.01), Self.longestPause)
    }
}
