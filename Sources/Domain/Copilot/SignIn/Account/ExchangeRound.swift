internal import Logging
internal import Models

/// Tries the sign-ins that are found, in order of precedence, until GitHub exchanges one for a Copilot token.
struct ExchangeRound: Sendable {
    struct Success: Sendable {
        let token: StoredToken
        let signIn: GitHubToken
        let source: SignInSource
        /// GitHub's message for people.
        let notice: String?
    }

    /// How many times to try before reporting a failure that may pass, because requests are waiting.
    private static let tries = 3

    let discovery: SignInDiscovery
    let exchange: TokenExchange
    let renewal: LoginRenewal
    let clock: AccountClock

    init(_ discovery: SignInDiscovery, transport: any ModelTransport, clock: AccountClock, logger: Logger) {
        self.discovery = discovery
        self.exchange = TokenExchange(settings: discovery.settings, transport: transport)
        self.renewal = LoginRenewal(discovery, transport: transport, clock: clock, logger: logger)
        self.clock = clock
    }

    /// Throws ``ExchangeFailure`` (that of the strongest sign-in), ``ModelError`` or `CancellationError`.
    func callAsFunction() async throws -> Success {
        var refusals: [ExchangeFailure] = []
        var tried: Set<GitHubToken> = []
        for finding in self.discovery.findings() {
            if let success = try await self.exchange(finding, tried: &tried, refusals: &refusals) { return success }
        }
        // Last, because asking the GitHub CLI starts a program.
        if let finding = try await self.discovery.commandLineFinding(),
            let success = try await self.exchange(finding, tried: &tried, refusals: &refusals)
        {
            return success
        }
        throw refusals.first ?? Self.signedOut
    }

    private func exchange(
        _ finding: SignInFinding, tried: inout Set<GitHubToken>, refusals: inout [ExchangeFailure]
    ) async throws -> Success? {
        guard let token = finding.token, finding.isUsable else {
            let failure = ExchangeFailure(
                .signIn, ModelError(.unauthorized, "\(finding.source.name): \(finding.problem ?? "it has no token")."))
            if finding.isBinding { throw failure }
            refusals.append(failure)
            return nil
        }
        guard tried.insert(token).inserted else { return nil }
        do {
            let isOwn = finding.source.kind == .login
            return try await self.exchange(isOwn ? self.renewal.renewIfDue(token) : token, from: finding.source)
        } catch let failure as ExchangeFailure where failure.kind == .signIn && !finding.isBinding {
            refusals.append(failure)
            return nil
        }
    }

    private func exchange(_ token: GitHubToken, from source: SignInSource) async throws -> Success {
        let grant = try await self.grant(for: token, from: source)
        let term = TokenTerm(
            obtained: self.clock.now, expiresAt: grant.expiresAt, refreshIn: grant.refreshIn,
            serverTime: grant.serverTime)
        let settings = self.discovery.settings
        let stored = StoredToken(
            token: CopilotToken(
                value: grant.value, expiresAt: term.expiresAt, apiURL: grant.apiURL, sku: grant.sku),
            term: term, signIn: StoredToken.mark(of: token, at: settings), source: source.kind,
            beside: source.kind == .githubCLI ? StoredToken.mark(of: self.discovery.tokens, at: settings) : nil)
        return Success(token: stored, signIn: token, source: source, notice: grant.notice)
    }

    private func grant(for token: GitHubToken, from source: SignInSource) async throws -> TokenExchange.Grant {
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
