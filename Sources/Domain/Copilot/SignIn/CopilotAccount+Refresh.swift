internal import EventLoop
internal import HTTP
internal import HTTPClient
internal import JSON
internal import Lifecycle
internal import Logging
internal import Primitives

extension CopilotAccount {
    /// How long another process's exchange is waited for.
    private static let patience = 60.0
    /// How often a failure that may pass is tried again at once, for those who wait.
    private static let tries = 3

    /// Takes the next token from another process, or exchanges it under the lock. Throws ``ModelError`` or
    /// `CancellationError`.
    func refresh() async throws -> StoredToken {
        do {
            let stored = try await self.sharedToken()
            self.failures = 0
            self.hold = nil
            return stored
        } catch let failure as ExchangeFailure {
            self.failures += 1
            let delay = RefreshHold.delay(failure.kind, failures: self.failures, jitter: self.jitter())
            self.hold = RefreshHold(
                error: failure.error, until: self.clock.now.uptime + delay, stamp: self.discovery.stamp)
            self.logger.warning(
                "no new Copilot token: \(failure.error.message)", ["retry_seconds": .number(delay.rounded())])
            throw failure.error
        }
    }

    private func sharedToken() async throws -> StoredToken {
        try? PrivateFile.makeFolder(self.settings.folder)
        let start = self.clock.now.uptime
        while true {
            try Task.checkCancellation()
            let seen = self.changes.count
            if let fresh = self.freshToken() { return fresh }
            do {
                if let lock = try LockFile.take(self.settings.lockPath) {
                    return try await self.exchange(under: lock)
                }
            } catch let error as SystemError {
                // A folder that cannot be written to: each process for itself then.
                self.logger.warning("the Copilot token cannot be shared: \(error.message)")
                return try await self.exchangeAny()
            }
            guard self.clock.now.uptime - start < Self.patience else { throw self.lockedOut() }
            try await self.waitForChange(after: seen, upTo: .seconds(1))
        }
    }

    private func exchange(under lock: consuming LockFile) async throws -> StoredToken {
        // Another process may have been done between the last look and the lock.
        if let fresh = self.freshToken() { return fresh }
        let stored = try await self.exchangeAny()
        do {
            try PrivateFile.write(stored.bytes, to: self.settings.tokenPath)
            self.fileStamp = PrivateFile.Stamp(of: self.settings.tokenPath)
        } catch {
            self.logger.warning("the Copilot token cannot be stored: \(error.message)")
        }
        _ = consume lock
        return stored
    }

    /// What the file has, where it needs no exchange yet.
    private func freshToken() -> StoredToken? {
        self.readFile()
        guard let held = self.held, held.term.untilRefresh(at: self.clock.now) > 0 else { return nil }
        return held
    }

    private func lockedOut() -> ExchangeFailure {
        let holder = LockFile.holder(of: self.settings.lockPath).map { "process \($0.pid)" } ?? "another process"
        return ExchangeFailure(
            .passing,
            ModelError(
                .timedOut,
                "\(holder) has been exchanging the Copilot token for a minute; end it if it hangs, or remove "
                    + "\(self.settings.lockPath)."))
    }

    // MARK: One exchange

    /// Tries the sign-ins that are there, the strongest first, until one gives a token.
    private func exchangeAny() async throws -> StoredToken {
        var refusals: [ExchangeFailure] = []
        var tried: Set<GitHubToken> = []
        for finding in self.discovery.findings() {
            if let stored = try await self.exchange(finding, tried: &tried, refusals: &refusals) { return stored }
        }
        // Asked last and only now, because it is a program that has to be started.
        if let finding = try await self.discovery.commandLineFinding(),
            let stored = try await self.exchange(finding, tried: &tried, refusals: &refusals)
        {
            return stored
        }
        throw refusals.first ?? Self.signedOut
    }

    private func exchange(
        _ finding: SignInFinding, tried: inout Set<GitHubToken>, refusals: inout [ExchangeFailure]
    ) async throws -> StoredToken? {
        guard let token = finding.token, finding.isUsable else {
            let failure = ExchangeFailure(
                .signIn, ModelError(.unauthorized, "\(finding.source): \(finding.problem ?? "it has no token")."))
            if finding.isBinding { throw failure }
            refusals.append(failure)
            return nil
        }
        guard tried.insert(token).inserted else { return nil }
        do {
            return try await self.stored(finding.source, finding.source.kind == .login ? self.renewed(token) : token)
        } catch let failure as ExchangeFailure where failure.kind == .signIn && !finding.isBinding {
            refusals.append(failure)
            return nil
        }
    }

    private func stored(_ source: SignInSource, _ token: GitHubToken) async throws -> StoredToken {
        let grant = try await self.grant(source, token)
        let now = self.clock.now
        let term = TokenTerm(
            obtained: now, expiresAt: grant.expiresAt, refreshIn: grant.refreshIn, serverTime: grant.serverTime)
        let stored = StoredToken(
            token: CopilotToken(
                value: grant.value, expiresAt: term.expiresAt, apiURL: grant.apiURL, sku: grant.sku),
            term: term, signIn: StoredToken.mark(of: token, at: self.settings), source: source.kind,
            beside: source.kind == .githubCLI
                ? StoredToken.mark(of: self.discovery.tokens, at: self.settings) : nil)
        if let old = self.held?.token.value, old != grant.value { Redaction.unregister(old) }
        self.held = stored
        self.signIn = token
        self.rejected = nil
        self.logger.info(
            "a new Copilot token",
            [
                "source": .string("\(source)"), "seconds": .number(term.life.rounded()),
                "api": .string(grant.apiURL.host),
            ])
        if let notice = grant.notice { self.logger.warning("GitHub says: \(Redaction.redact(notice))") }
        return stored
    }

    private func grant(_ source: SignInSource, _ token: GitHubToken) async throws -> TokenExchange.Grant {
        for attempt in 1... {
            do {
                return try await self.exchange(token, from: source, now: self.clock.now.wall)
            } catch let failure as ExchangeFailure where failure.kind == .passing && attempt < Self.tries {
                try await self.clock.sleep(for: .milliseconds(500 << (attempt - 1)))
            }
        }
        throw Self.signedOut
    }

    static let signedOut = ExchangeFailure(
        .signIn,
        ModelError(
            .unauthorized,
            "Jetbridge is not signed in to Copilot; run 'jetbridge login', or sign in with 'gh auth login' or an editor's "
                + "Copilot plug-in, or set COPILOT_GITHUB_TOKEN."))
}
