internal import Crypto
internal import JSON
package import Logging
package import People
package import Primitives
package import Store

/// Sign-ins to the web chat with accounts elsewhere, from their beginning in a browser to its cookie.
package struct WebSignIn: Sendable {
    /// In the order of the page.
    package let providers: [any SignInProvider]
    private let access: AccessControl
    private let store: SessionStore
    private let tokens: (any SignInTokens)?
    private let publicURL: String
    private let now: @Sendable () -> Int64

    /// How long a person may take at the provider, in milliseconds.
    package static let patience: Int64 = 600_000
    /// How long a provider may take to vouch for somebody.
    private static let deadline = Duration.seconds(20)

    /// - Parameters:
    ///   - tokens: Keeps people's tokens of GitHub; nil without GitHub.
    ///   - publicURL: The base of the addresses to which providers lead back.
    package init(
        providers: [any SignInProvider], access: AccessControl, store: SessionStore, tokens: (any SignInTokens)?,
        publicURL: String, now: @escaping @Sendable () -> Int64
    ) {
        self.providers = providers
        self.access = access
        self.store = store
        self.tokens = tokens
        self.publicURL = publicURL
        self.now = now
    }

    package func provider(_ method: SignInMethod) -> (any SignInProvider)? {
        self.providers.first { $0.method == method }
    }

    // MARK: To the provider

    package struct Beginning: Sendable {
        /// The provider's page.
        package let page: String
        /// For the browser's cookie.
        package let browser: Secret
    }

    /// Throws ``SignInFailure``.
    ///
    /// - Parameter browser: The secret that the browser has of a sign-in in another tab; it is kept, so that both can come
    ///   back. Only for one that this host has certainly given it: whoever else knew it could come back in its place.
    package func begin(
        with provider: any SignInProvider, next: String?, browser: Secret? = nil
    ) async throws -> Beginning {
        let attempt = SignInAttempt(keeping: browser?.reveal())
        let page = try await Self.limited(provider) { [address = self.address(of: provider)] in
            try await provider.page(for: attempt, returningTo: address)
        }
        let now = self.now()
        let pending = PendingSignIn(
            state: SignInAttempt.hash(attempt.state), browser: SignInAttempt.hash(attempt.browser),
            method: provider.method.rawValue, next: SiteAddress.path(next) ?? "/", expiresAt: now + Self.patience)
        try await self.store.write { ledger in try ledger.insert(pending, at: now) }
        return Beginning(page: page, browser: Secret(attempt.browser))
    }

    private func address(of provider: any SignInProvider) -> String {
        "\(self.publicURL)/api/v1/signin/\(provider.method.rawValue)/callback"
    }

    // MARK: Back from the provider

    /// What came back in the address, and the cookie of the browser that brought it.
    package struct Return: Sendable {
        package let state: String?
        package let code: Secret?
        /// `access_denied`, …
        package let error: String?
        /// Whose answer it is (`iss`).
        package let issuer: String?
        package let browser: Secret?

        package init(state: String?, code: Secret?, error: String?, issuer: String?, browser: Secret?) {
            self.state = state
            self.code = code
            self.error = error
            self.issuer = issuer
            self.browser = browser
        }
    }

    package enum Outcome: Sendable {
        case signedIn(SignedInPerson, cookie: Secret, lifetime: Int64, next: String)
        /// The state is wrong, used, expired, or another browser's.
        case unknown
        case refused(Visitor, AccountAdmission, unanswered: [String: String])
    }

    /// Throws ``SignInFailure``, and what the store throws.
    ///
    /// - Parameter lifetime: Of a browser's cookie, in milliseconds.
    package func finish(
        with provider: any SignInProvider, _ back: Return, lifetime: Int64, logger: Logger
    ) async throws -> Outcome {
        guard let attempt = Self.attempt(back), let pending = try await self.pending(attempt),
            pending.expiresAt > self.now(), pending.method == provider.method.rawValue
        else { return .unknown }
        try await Self.limited(provider) { try await provider.checkIssuer(back.issuer) }
        if let error = back.error { throw Self.failure(error, at: provider) }
        guard let code = back.code, Self.isCode(code) else {
            throw SignInFailure(.refused, "\(provider.title) sent no code that could be used. Sign in again.")
        }
        let entries = self.access.entries(of: provider.method.rawValue)
        let arrival = try await Self.limited(provider) { [address = self.address(of: provider)] in
            try await provider.arrival(with: code, of: attempt, returningTo: address, entries: entries)
        }
        let cookie = Crypto.base64URL(Crypto.randomBytes(32))
        let id = "c_" + Crypto.hex(Crypto.randomBytes(8))
        let lifetime = min(lifetime, provider.lifetime ?? lifetime)
        let admission = try await self.access.admit(
            arrival.visitor, cookie: id, hash: SignInAttempt.hash(cookie), lifetime: lifetime)
        guard case .admitted(let person) = admission else {
            return .refused(arrival.visitor, admission, unanswered: arrival.unanswered)
        }
        do {
            try await self.keep(arrival, of: person)
        } catch {
            // Without the token, their work would be done with the host's account.
            _ = try await self.store.write { ledger in try ledger.revokeCredential(id: id) }
            logger.error("a person's token cannot be stored", ["error": .string("\(error)")])
            throw SignInFailure(
                .unavailable, "The host cannot store your sign-in. Ask an owner to check its data directory.")
        }
        return .signedIn(person, cookie: Secret(cookie), lifetime: lifetime, next: pending.next)
    }

    /// Nil for a sign-in that nobody began in this browser, or that has come back before.
    private func pending(_ attempt: SignInAttempt) async throws -> PendingSignIn? {
        let (state, browser) = (SignInAttempt.hash(attempt.state), SignInAttempt.hash(attempt.browser))
        let isKnown = try await self.store.read { ledger in
            try ledger.hasPendingSignIn(state: state, browser: browser)
        }
        guard isKnown else { return nil }
        return try await self.store.write { ledger in
            try ledger.takePendingSignIn(state: state, browser: browser)
        }
    }

    private func keep(_ arrival: SignInArrival, of person: SignedInPerson) async throws {
        guard let grant = arrival.grant, let tokens = self.tokens,
            let github = self.provider(.github) as? GitHubSignInProvider
        else { return }
        try await tokens.keep(grant, of: person.identity, login: arrival.visitor.name, clientID: github.clientID)
    }

    private static func attempt(_ back: Return) -> SignInAttempt? {
        guard let state = back.state, let browser = back.browser?.reveal(), SignInAttempt.isSecret(state),
            SignInAttempt.isSecret(browser)
        else { return nil }
        return SignInAttempt(browser: browser, state: state)
    }

    private static func isCode(_ code: Secret) -> Bool {
        let bytes = code.reveal().utf8
        return (1...2_048).contains(bytes.count) && bytes.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    /// RFC 6749 §4.1.2.1, and what OpenID Connect adds (Core §3.1.2.6).
    private static func failure(_ error: String, at provider: any SignInProvider) -> SignInFailure {
        let byPerson = ["access_denied", "login_required", "interaction_required", "consent_required"]
        if byPerson.contains(error) {
            return SignInFailure(
                .refused, "The sign-in was cancelled at \(provider.title). Sign in again, and allow it there.")
        }
        let shown = VisibleText.strictLine(String(error.prefix(60)))
        return SignInFailure(
            .unavailable,
            "\(provider.title) refused the sign-in (\(shown)). Ask an owner to run `jetbridge doctor`, which checks it."
        )
    }

    /// Nobody waits in front of a blank page for a provider that hangs.
    private static func limited<Value: Sendable>(
        _ provider: any SignInProvider, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        guard let value = try await withDeadline(Self.deadline, body) else {
            throw SignInFailure(.unavailable, "\(provider.title) does not answer. Try again in a moment.")
        }
        return value
    }
}
