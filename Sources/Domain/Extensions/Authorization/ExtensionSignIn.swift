internal import Crypto
package import HTTP
package import JSON
package import Logging
package import Primitives
package import Store

/// The host's account at one remote server (OAuth 2.1, as the Model Context Protocol of 2026-07-28 profiles it).
package actor ExtensionSignIn: ExtensionAuthorizing {
    /// How long an owner may take, in milliseconds.
    static let patience: Int64 = 600_000
    /// How long a host may take to renew tokens, in milliseconds.
    private static let renewalTime: Int64 = 30_000
    /// How often more rights are asked for after a refusal.
    private static let mostRaises = 2

    private let server: String
    private let address: HTTPURL
    private let settings: OAuthSettings
    private let publicURL: String
    private let transport: OAuthTransport
    private let discovery: OAuthDiscovery
    private let store: SessionStore
    private let grants: SealedGrants
    private let logger: Logger
    /// Milliseconds since 1970.
    private let now: @Sendable () -> Int64
    /// Called when an owner has to sign in.
    private let needed: @Sendable () -> Void

    private var known: TokenGrant?
    /// What could not be stored after a renewal: the old token works no more.
    private var unstored: TokenGrant?
    /// Those stored last, and the ones before them.
    private var last: TokenGrant?
    private var replaced: TokenGrant?
    private var renewal: Task<TokenGrant?, any Error>?
    private var challenge: BearerChallenge?
    private var registered: (issuer: String, client: OAuthClient)?
    private var raises = 0
    /// Whether a call was refused that needs more rights than were granted.
    private var needsMore = false

    /// - Parameters:
    ///   - publicURL: The base of the gateway's addresses, without a slash at its end.
    ///   - key: 32 bytes that all hosts of the store have, for this use alone.
    ///   - needed: Called when an owner has to sign in: ask one, with ``begin()``.
    package init(
        _ server: String, at address: HTTPURL, _ settings: OAuthSettings = OAuthSettings(), publicURL: String,
        store: SessionStore, key: [UInt8], userAgent: String, logger: Logger,
        now: @escaping @Sendable () -> Int64 = WallClock.now, needed: @escaping @Sendable () -> Void
    ) {
        self.server = server
        self.address = address
        self.settings = settings
        self.publicURL = publicURL
        self.transport = OAuthTransport(to: address, userAgent: userAgent)
        self.discovery = OAuthDiscovery(server: server, address: address, transport: self.transport)
        self.store = store
        self.grants = SealedGrants(key: key)
        self.logger = logger
        self.now = now
        self.needed = needed
    }

    private var id: String { "tokens of \(self.server)" }
    private var redirect: String { "\(self.publicURL)/api/v1/extensions/\(self.server)/callback" }
    private var documentAddress: String { "\(self.publicURL)/api/v1/extensions/\(self.server)/client" }

    // MARK: Tokens

    package func authorization() async throws -> Secret? {
        if let known = self.known, known.isFresh(at: self.now()) { return known.header }
        guard let grant = try await self.stored() else { return nil }
        return grant.isFresh(at: self.now()) ? grant.header : try await self.renewed(grant)?.header
    }

    package func refused(_ status: Int, _ challenges: [String], sent: Secret?) async throws -> Bool {
        let challenge = BearerChallenge(challenges)
        self.challenge = challenge ?? self.challenge
        let grant = try await self.stored()
        if status == 403 {
            guard challenge?.error == "insufficient_scope", self.raises < Self.mostRaises else { return false }
            self.raises += 1
            self.needsMore = true
            self.needed()
            return false
        }
        if let grant {
            // Renewed meanwhile, by another call or host.
            if grant.header != sent { return true }
            // One that was refused as soon as it was made would be renewed for ever.
            if grant.refresh != nil, self.now() - grant.madeAt > 60_000 {
                // An owner is asked already where that is nil.
                return try await self.renewed(grant).map { $0.access != grant.access } ?? false
            }
            try await self.forget(grant)
        }
        self.needed()
        return false
    }

    /// Forgets the tokens. Whether there were any.
    package func signOut() async throws -> Bool {
        guard let grant = try await self.stored() else { return false }
        try await self.forget(grant)
        return true
    }

    /// Those of the store, which another host may have renewed.
    private func stored() async throws -> TokenGrant? {
        if let unstored = self.unstored {
            try await self.keep(unstored)
            return unstored
        }
        let id = self.id
        let sealed = try await self.store.read { ledger in try ledger.extensionSignIn(id) }
        let grant = sealed.flatMap { self.grants.grant($0, as: id) }
        // Of another address before a change of the configuration.
        self.known = grant?.address == self.address.description ? grant : nil
        if let known { Self.hide(known) }
        return self.known
    }

    private func keep(_ grant: TokenGrant) async throws {
        let (id, server, sealed) = (self.id, self.server, self.grants.seal(grant, as: self.id))
        Self.hide(grant)
        try await self.store.write { ledger in try ledger.setExtensionSignIn(sealed, id, of: server) }
        (self.known, self.unstored) = (grant, nil)
        self.reveal(besides: grant)
    }

    /// The log's search for secrets need not know tokens that were replaced two renewals ago.
    private func reveal(besides grant: TokenGrant) {
        let inUse = [grant, self.last].compactMap(\.self).flatMap(\.secrets)
        for secret in self.replaced?.secrets ?? [] where !inUse.contains(secret) { Redaction.unregister(secret) }
        (self.replaced, self.last) = (self.last, grant)
    }

    /// Unless somebody has signed in again.
    private func forget(_ grant: TokenGrant) async throws {
        let (id, grants) = (self.id, self.grants)
        (self.known, self.unstored) = (nil, nil)
        try await self.store.write { ledger in
            let current = try ledger.extensionSignIn(id).flatMap { grants.grant($0, as: id) }
            if current?.access == grant.access { try ledger.deleteExtensionSignIn(id) }
        }
    }

    private static func hide(_ grant: TokenGrant) {
        for secret in grant.secrets { Redaction.register(secret) }
    }

    // MARK: Renewal

    /// Nil if the server no longer accepts the sign-in. All callers share one renewal.
    private func renewed(_ old: TokenGrant) async throws -> TokenGrant? {
        // Unstructured: it must not end with the first of its callers.
        let task = self.renewal ?? Task { try await self.renew(old) }
        self.renewal = task
        defer { if self.renewal == task { self.renewal = nil } }
        return try await task.sharedValue()
    }

    private func renew(_ old: TokenGrant) async throws -> TokenGrant? {
        guard old.form != nil else {
            if old.isValid(at: self.now()) { return old }
            try await self.forget(old)
            self.needed()
            return nil
        }
        let current = try await self.leased(old)
        guard let current, current.access == old.access else { return current }
        do {
            return try await self.exchange(current)
        } catch {
            let id = self.id
            if self.unstored == nil { try? await self.store.write { ledger in try ledger.endRenewal(id) } }
            // It may work for a while yet.
            guard self.unstored == nil, !(error is CancellationError), current.isValid(at: self.now()) else {
                throw error
            }
            self.logger.warning(
                "the sign-in of an extension cannot be renewed now",
                ["extension": .string(self.server), "error": .string("\(error)")])
            return current
        }
    }

    /// Waits until no other host renews, then has the right to. What it returns is newer if another host has just done it.
    private func leased(_ old: TokenGrant) async throws -> TokenGrant? {
        let (id, start) = (self.id, self.now())
        while true {
            let now = self.now()
            let sealed = try await self.store.write { ledger in
                try ledger.beginRenewal(id, at: now, until: now + Self.renewalTime)
            }
            let current = try await self.stored()
            if sealed != nil {
                if current?.access != old.access {
                    try await self.store.write { ledger in try ledger.endRenewal(id) }
                }
                return current
            }
            guard let current, current.access == old.access else { return current }
            guard now - start < Self.renewalTime + 5_000 else {
                throw ExtensionFailure(
                    .late, "Another host renews the sign-in of \(self.server). Try again in a moment.")
            }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    private func exchange(_ old: TokenGrant) async throws -> TokenGrant? {
        guard var form = old.form else { return nil }
        let header = old.client.identify(&form)
        let answer = try await self.transport.post(form, to: old.token, authorization: header)
        if let json = answer.success {
            var grant = old
            try grant.take(json, at: self.now())
            Self.hide(grant)
            self.unstored = grant
            try await self.keep(grant)
            return grant
        }
        guard ["invalid_grant", "invalid_client", "unauthorized_client"].contains(answer.error ?? "") else {
            throw ExtensionFailure(
                .down,
                "The sign-in of \(self.server) could not be renewed: status \(answer.status). Try again in a moment.")
        }
        self.logger.warning(
            "the sign-in of an extension has ended",
            ["extension": .string(self.server), "error": .string(answer.error ?? "")])
        self.registered = nil
        try await self.forget(old)
        self.needed()
        return nil
    }

    // MARK: Signing in

    /// Begins a sign-in. Throws ``ExtensionFailure``.
    package func begin() async throws -> ExtensionSignInPage {
        let (page, pending, id) = try await self.prepare()
        try await self.store(pending, id, isOnly: false)
        return page
    }

    /// ``begin()``, unless a page that this or another host has given out is still good.
    package func beginUnlessUnderWay() async throws -> ExtensionSignInPage? {
        let (server, now) = (self.server, self.now())
        guard try await !self.store.read({ try $0.hasExtensionSignIn(underWayAt: server, at: now) }) else { return nil }
        let (page, pending, id) = try await self.prepare()
        return try await self.store(pending, id, isOnly: true) ? page : nil
    }

    private func prepare() async throws -> (ExtensionSignInPage, PendingGrant, id: String) {
        let resource = try await self.discovery.resource(hint: self.challenge?.metadata)
        let metadata = try await self.discovery.metadata(of: resource.issuer)
        let scope = try await self.scope(resource, metadata)
        let client = try await self.client(at: metadata, for: scope)
        let pending = PendingGrant(
            client: client, issuer: metadata.issuer, namesIssuer: metadata.namesIssuer, token: metadata.token,
            resource: resource.resource, redirect: self.redirect, scope: scope,
            verifier: Secret(base64URL(randomBytes(32))))
        let state = base64URL(randomBytes(32))
        let page = ExtensionSignInPage(
            server: self.server, address: pending.page(at: metadata.authorization, state: state).description,
            host: metadata.authorization.authority, scope: pending.scope)
        return (page, pending, Self.id(ofState: state))
    }

    /// - Parameter isOnly: Whether nothing is stored beside another one. Returns whether it was.
    @discardableResult
    private func store(_ pending: PendingGrant, _ id: String, isOnly: Bool) async throws -> Bool {
        let (server, now, sealed) = (self.server, self.now(), self.grants.seal(pending, as: id))
        return try await self.store.write { ledger in
            if isOnly, try ledger.hasExtensionSignIn(underWayAt: server, at: now) { return false }
            try ledger.insertExtensionSignIn(sealed, underWay: id, of: server, at: now, until: now + Self.patience)
            return true
        }
    }

    /// Ends a sign-in with what the authorization server sent back.
    package func finish(_ answer: HTTPQuery) async -> ExtensionSignInResult {
        do {
            // Of another address before a change of the configuration, it is no longer valid either.
            guard let state = answer["state"], state.utf8.count == 43, let pending = try await self.pending(state),
                ResourceMetadata.isResource(pending.resource, of: self.address)
            else {
                return ExtensionSignInResult(
                    isDone: false,
                    text: "This sign-in is no longer valid: it was used already, or is more than ten minutes old. "
                        + "Begin again.")
            }
            let code = try pending.code(in: answer)
            var form = pending.form(with: code)
            let header = pending.client.identify(&form)
            let answer = try await self.transport.post(form, to: pending.token, authorization: header)
            guard let json = answer.success else {
                if answer.error == "invalid_client" { self.registered = nil }
                let shown = answer.error.map { VisibleText.strictLine($0.beginning(bytes: 60)) }
                throw ExtensionFailure.authorization(
                    "\(pending.token.authority) did not take the code (\(shown ?? "status \(answer.status)"))")
            }
            let grant = try TokenGrant(pending, json, address: self.address.description, now: self.now())
            try await self.keep(grant)
            self.needsMore = false
            self.logger.info("signed in at an extension's server", ["extension": .string(self.server)])
            return ExtensionSignInResult(
                isDone: true, text: "\(self.server) is signed in, for everyone who may use it here.")
        } catch {
            self.logger.warning(
                "a sign-in at an extension's server failed",
                ["extension": .string(self.server), "error": .string("\(error)")])
            let reason = (error as? ExtensionFailure)?.description ?? "The host cannot store the sign-in."
            return ExtensionSignInResult(isDone: false, text: "\(reason) Begin again.")
        }
    }

    /// What the address says that is the host's client id, where the gateway is public.
    package nonisolated func clientDocument() -> JSON {
        let redirect = "\(self.publicURL)/api/v1/extensions/\(self.server)/callback"
        var document = OAuthClient.document(redirect: redirect, methods: ["none"])
        document["client_id"] = .string("\(self.publicURL)/api/v1/extensions/\(self.server)/client")
        document["client_uri"] = .string(self.publicURL)
        return .object(document)
    }

    private func pending(_ state: String) async throws -> PendingGrant? {
        let (id, server, now) = (Self.id(ofState: state), self.server, self.now())
        guard try await self.store.read({ try $0.hasExtensionSignIn(underWay: id, of: server, at: now) }) else {
            return nil
        }
        let sealed = try await self.store.write { ledger in
            try ledger.takeExtensionSignIn(underWay: id, of: server, at: now)
        }
        return sealed.flatMap { self.grants.pending($0, as: id) }
    }

    private static func id(ofState state: String) -> String { hex(sha256(state)) }

    private func client(at metadata: IssuerMetadata, for scope: String?) async throws -> OAuthClient {
        if let id = self.settings.clientID {
            return OAuthClient(id: id, secret: self.settings.clientSecret, methods: metadata.methods)
        }
        if metadata.readsDocuments, self.publicURL.hasPrefix("https://") {
            return OAuthClient(id: self.documentAddress, secret: nil, methods: metadata.methods)
        }
        if let known = try await self.earlierClient(metadata.issuer, for: scope) { return known }
        let client = try await self.discovery.register(at: metadata, redirect: self.redirect, scope: scope)
        self.registered = (metadata.issuer, client)
        return client
    }

    /// A registration is valid only at its issuer, for its address and rights, and until its secret expires.
    private func earlierClient(_ issuer: String, for scope: String?) async throws -> OAuthClient? {
        var found = self.registered.flatMap { $0.issuer == issuer ? $0.client : nil }
        if found == nil, let grant = try await self.stored(), grant.issuer == issuer, grant.redirect == self.redirect,
            grant.client.id != self.documentAddress
        {
            found = grant.client
        }
        return found.flatMap { $0.mayAsk(for: scope, at: self.now()) ? $0 : nil }
    }

    private func scope(_ resource: ResourceMetadata, _ metadata: IssuerMetadata) async throws -> String? {
        let listed = resource.scopes.isEmpty ? nil : resource.scopes.joined(separator: " ")
        let asked = self.challenge?.scope ?? listed
        let scope =
            self.needsMore ? OAuthScope.union(try await self.stored()?.scope, asked) : self.settings.scope ?? asked
        guard let scope, OAuthScope.isPlain(scope) else { return nil }
        // Without it, some servers give no refresh token.
        return metadata.scopes.contains("offline_access") ? OAuthScope.union(scope, "offline_access") : scope
    }
}
