internal import EventLoop
internal import Lifecycle
package import Logging
package import Primitives

/// A person's Copilot sign-in: gives the token for requests and keeps it fresh.
///
/// All processes on one data directory share the exchanged token in `token.json`. Whoever finds it due takes the lock
/// file, looks again, exchanges and writes; the others see the file change and take it over. As a service it exchanges
/// ahead of need; without ``run()`` it does so when a request asks.
package actor CopilotAccount: CopilotTokenSource, GitHubTokenSource, Service {
    package nonisolated let name = "copilot-account"

    let discovery: SignInDiscovery
    let exchange: TokenExchange
    let clock: AccountClock
    let jitter: @Sendable () -> Double
    let logger: Logger
    /// Something changed in the folders of sign-ins, tokens and lock, or the account shall stop.
    let changes = ChangeSignal()
    private let watches: AccountWatches

    /// The token in use, and the state of the file that it was compared with.
    var held: StoredToken?
    var fileStamp: PrivateFile.Stamp?
    /// The sign-in that the token in use was made from, where this process knows it.
    var signIn: GitHubToken?
    /// What the API refused; never used again.
    var rejected: Secret?
    private var rejections = 0
    var hold: RefreshHold?
    var failures = 0
    private var refreshing: Task<Void, Never>?
    private var waiters: [UInt64: CheckedContinuation<StoredToken, any Error>] = [:]
    private var lastWaiter: UInt64 = 0
    private var isStopping = false
    private var isRunning = false

    /// - Parameter jitter: Random numbers in 0..<1.
    package init(
        _ discovery: SignInDiscovery, transport: any ModelTransport, clock: AccountClock = .system,
        jitter: @escaping @Sendable () -> Double = { .random(in: 0..<1) }, logger: Logger
    ) {
        self.discovery = discovery
        self.exchange = TokenExchange(settings: discovery.settings, transport: transport)
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
        if let held = self.held, held.term.untilRefresh(at: now) > 0 { return held.token }
        do {
            return try await self.refreshed().token
        } catch let error as ModelError {
            // The old one is still good, and what went wrong has been logged.
            if let held = self.held, held.term.isUsable(at: self.clock.now) { return held.token }
            throw error
        }
    }

    /// The sign-in from which the present Copilot token was made.
    package func gitHubToken() async throws -> Secret {
        _ = try await self.token()
        if let signIn = self.signIn, self.isSource(signIn) { return signIn.value }
        if let signIn = self.discovery.tokens.first(where: self.isSource) {
            self.signIn = signIn
            return signIn.value
        }
        // Another process asked the GitHub CLI.
        guard let signIn = try await self.discovery.commandLineFinding()?.token else { throw Self.signedOut.error }
        self.signIn = signIn
        return signIn.value
    }

    private func isSource(_ signIn: GitHubToken) -> Bool {
        StoredToken.mark(of: signIn, at: self.settings) == self.held?.signIn
    }

    package func reject(_ token: CopilotToken) {
        guard self.held?.token.value == token.value, let held = self.held else { return }
        let now = self.clock.now
        let isYoung = held.term.life - held.term.untilEnd(at: now) < min(30, held.term.life / 2)
        self.rejections = isYoung ? self.rejections + 1 : 1
        self.rejected = token.value
        self.held = nil
        guard self.rejections > 2 else { return }
        // An exchange for each request would go on for ever.
        self.hold = RefreshHold(
            error: ModelError(
                .unauthorized,
                "The Copilot API refuses tokens that GitHub has just given; check copilot.integration_id, and see "
                    + "https://github.com/settings/copilot.", status: 401),
            until: now.uptime + RefreshHold.delay(.passing, failures: self.rejections + 2, jitter: self.jitter()),
            stamp: self.discovery.stamp)
    }

    /// The token of whoever asks first and of all who ask meanwhile: one exchange at a time. A waiter that is cancelled
    /// leaves; the exchange goes on for the others.
    private func refreshed() async throws -> StoredToken {
        if let hold = self.activeHold { throw hold.error }
        guard !self.isStopping else { throw ModelError(.unavailable, "Jetbridge is stopping; ask again when it runs.") }
        self.lastWaiter += 1
        let id = self.lastWaiter
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                if Task.isCancelled {
                    continuation.resume(throwing: CancellationError())
                } else {
                    self.waiters[id] = continuation
                    self.startRefreshing()
                }
            }
        } onCancel: {
            // Unstructured: a cancellation handler cannot await.
            Task { await self.leave(id) }
        }
    }

    private func leave(_ id: UInt64) {
        self.waiters.removeValue(forKey: id)?.resume(throwing: CancellationError())
    }

    private func startRefreshing() {
        guard self.refreshing == nil else { return }
        // Unstructured: it serves every waiter and must outlive the first; `close()` ends it.
        self.refreshing = Task {
            let result: Result<StoredToken, any Error>
            do {
                result = .success(try await self.refresh())
            } catch {
                result = .failure(error)
            }
            self.finishRefreshing(result)
        }
    }

    private func finishRefreshing(_ result: Result<StoredToken, any Error>) {
        self.refreshing = nil
        let waiters = self.waiters.values
        self.waiters = [:]
        for waiter in waiters { waiter.resume(with: result) }
    }

    /// The hold that is in force.
    private var activeHold: RefreshHold? {
        guard let hold = self.hold else { return nil }
        if self.clock.now.uptime < hold.until, hold.stamp == self.discovery.stamp { return hold }
        self.hold = nil
        return nil
    }

    // MARK: The file of all processes

    /// Takes over what another process wrote, or forgets what another one took away.
    private func readFileIfChanged() {
        let stamp = PrivateFile.Stamp(of: self.settings.tokenPath)
        guard stamp != self.fileStamp else { return }
        self.readFile()
    }

    /// Looks into the file and takes its token over where it is for one of the present sign-ins.
    func readFile() {
        let wasThere = self.fileStamp.map { !$0.isAbsent } ?? false
        let stamp = PrivateFile.Stamp(of: self.settings.tokenPath)
        self.fileStamp = stamp
        // `jetbridge logout` takes the file away.
        if wasThere, stamp.isAbsent { self.held = nil }
        guard let file = PrivateFile.read(self.settings.tokenPath),
            let stored = StoredToken(bytes: file.bytes, settings: self.settings)
        else { return }
        guard stored.token.value != self.rejected, stored != self.held, self.isOfPresentSignIn(stored) else { return }
        self.held = stored
        self.hold = nil
    }

    /// The GitHub CLI's sign-in is known only by asking it, so its token counts as long as the stronger ones are what they
    /// were.
    private func isOfPresentSignIn(_ stored: StoredToken) -> Bool {
        let tokens = self.discovery.tokens
        if stored.source == .githubCLI {
            return !self.discovery.isBound && stored.beside == StoredToken.mark(of: tokens, at: self.settings)
        }
        return tokens.contains { StoredToken.mark(of: $0, at: self.settings) == stored.signIn }
    }

    /// Waits for a change of the watched folders.
    func waitForChange(after seen: Int, upTo limit: Duration) async throws {
        await self.watches.start()
        try await self.changes.wait(after: seen, upTo: limit, on: self.clock)
    }

    // MARK: Service

    /// How often everything is looked at again, whatever the timers say: they stand still while the machine sleeps.
    private static let longestSleep = 30.0

    package func run() async throws {
        self.isRunning = true
        defer { self.isRunning = false }
        await self.watches.start()
        do {
            while !self.isStopping {
                let seen = self.changes.count
                let pause = await self.look()
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
        self.isStopping = true
        self.changes.notify()
        // Whoever uses it without ``run()`` has nobody else to put things in order.
        if !self.isRunning { await self.close() }
    }

    /// Ends what is under way: no lock, no watch, no timer is left.
    package func close() async {
        self.isStopping = true
        let refreshing = self.refreshing
        refreshing?.cancel()
        await refreshing?.value
        await self.watches.cancel()
    }

    /// Exchanges where it is time; returns in how many seconds to look again.
    private func look() async -> Double {
        self.readFileIfChanged()
        if self.held.map({ $0.term.untilRefresh(at: self.clock.now) > 0 }) != true, self.activeHold == nil {
            // The failure is logged where it happens, and the hold says when to try again.
            _ = try? await self.refreshed()
        }
        let now = self.clock.now
        let wait: Double
        if let hold = self.activeHold {
            wait = hold.until - now.uptime
        } else {
            wait = self.held?.term.untilRefresh(at: now) ?? 1
        }
        return min(max(wait, 0.01), Self.longestSleep)
    }
}
