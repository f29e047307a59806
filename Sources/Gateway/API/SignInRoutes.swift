internal import Chat
internal import Crypto
internal import EventLoop
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Logging
internal import Primitives
internal import Sessions

/// Signing in with a code, signing out, and who one is.
struct SignInRoutes: Sendable {
    private let context: GatewayContext
    private let origins: OriginPolicy
    /// Five wrong codes a minute of one address, and four times as many of all of them.
    private let attempts = Protected(AttemptLimiter(perPeer: 5, inTotal: 20, window: 60_000))

    init(context: GatewayContext, origins: OriginPolicy) {
        self.context = context
        self.origins = origins
    }

    var routes: [APIRoute] {
        [
            APIRoute(
                method: .post, pattern: "/api/v1/signin", operation: "signIn",
                summary: "Signs a browser in with a code; `name` is optional and shown beside messages.", access: .open,
                body: "SignIn", bodyLimit: 4096,
                answers: [
                    .init(status: .noContent, description: "Signed in; the cookie is set."),
                    .init(status: .unauthorized, description: "A wrong code.", schema: "Problem"),
                    .init(status: .tooManyRequests, description: "Five wrong codes in a minute.", schema: "Problem"),
                ], handle: { try await self.signIn($0) }),
            APIRoute(
                method: .post, pattern: "/api/v1/signout", operation: "signOut",
                summary: "Ends this browser's sign-in.",
                access: .scopes(Set(Scope.allCases)), bodyLimit: 4096,
                answers: [.init(status: .noContent, description: "Signed out; the cookie is gone.")],
                handle: { try await self.signOut($0) }),
            APIRoute(
                method: .get, pattern: "/api/v1/me", operation: "me", summary: "Who the credential speaks for.",
                access: .scopes(Set(Scope.allCases)),
                answers: [.init(status: .ok, description: "The person.", schema: "Person")],
                handle: { try self.me($0) }),
        ]
    }

    private func signIn(_ request: APIRequest) async throws -> HTTPServerResponse {
        guard self.origins.allows(request.http.headers) else {
            throw Problems.forbiddenOrigin
        }
        let peer = Self.peer(of: request.http)
        let now = self.context.now()
        guard self.attempts.withLock({ $0.mayTry(peer, at: now) }) else {
            throw HTTPProblem(
                .tooManyRequests, "Five wrong codes in a minute: wait a minute and try again.",
                headers: ["Retry-After": "60"])
        }
        let body = try await request.object(upTo: 4096)
        guard let code = body["code"]?.stringValue else {
            throw HTTPProblem(.badRequest, "The body needs a member `code`.")
        }
        let name = Self.name(body["name"]?.stringValue)
        let identity = "web:\(Crypto.hex(Crypto.randomBytes(8)))"
        let sender = Sender(id: identity, identities: [Identity(identity)], displayName: name ?? "")
        guard let role = try await self.context.bridge.access.signIn(sender, code: code) else {
            self.attempts.withLock { $0.failed(peer, at: now) }
            request.logger.warning("a wrong sign-in code", ["peer": .string(peer)])
            throw HTTPProblem(
                .unauthorized, "That code is wrong, used or older than an hour. `jetbridge pair` makes another.",
                headers: ["WWW-Authenticate": "Bearer realm=\"jetbridge\""])
        }
        let secret = try await self.store(identity: identity, name: name ?? role.rawValue, role: role, at: now)
        request.logger.info("signed in", ["identity": .string(identity), "role": .string(role.rawValue)])
        return self.response(cookie: secret, lifetime: Int(self.context.settings.cookieLifetime / 1000))
    }

    /// Returns the cookie's value.
    private func store(identity: String, name: String, role: Role, at now: Int64) async throws -> String {
        let secret = Crypto.base64URL(Crypto.randomBytes(32))
        let hash = CredentialSecret.hash(of: secret)
        let record = CredentialRecord(
            id: "c_" + Crypto.hex(Crypto.randomBytes(8)), kind: .cookie, name: name, identity: identity, role: role,
            scopes: Scope.ofRole(isOwner: role == .owner).map(\.rawValue), createdAt: now,
            expiresAt: now + self.context.settings.cookieLifetime)
        try await self.context.store.write { ledger in try ledger.insert(record, hash: hash) }
        return secret
    }

    private func signOut(_ request: APIRequest) async throws -> HTTPServerResponse {
        let principal = try request.person()
        guard principal.isCookie else {
            throw HTTPProblem(.badRequest, "A token is ended with `jetbridge token revoke`.")
        }
        let id = principal.credential.id
        _ = try await self.context.store.write { ledger in try ledger.revokeCredential(id: id) }
        return self.response(cookie: "", lifetime: 0)
    }

    private func response(cookie: String, lifetime: Int) -> HTTPServerResponse {
        let cookie = HTTPCookie(
            Authenticator.cookie, cookie, maximumAge: lifetime, isSecure: self.context.settings.isSecure)
        return HTTPServerResponse(.noContent, headers: ["Set-Cookie": cookie.setCookie])
    }

    private func me(_ request: APIRequest) throws -> HTTPServerResponse {
        let principal = try request.person()
        return .json([
            "name": .string(principal.credential.name), "role": .string(principal.role.rawValue),
            "identity": .string(principal.identity), "scopes": .array(principal.credential.scopes.map { .string($0) }),
        ])
    }

    /// Who tries: the connection's address; behind a proxy on this machine, the address that the proxy saw. The limit for
    /// all peers together holds whatever a header claims.
    private static func peer(of request: HTTPServerRequest) -> String {
        guard let address = request.remoteAddress else { return "unknown" }
        guard address.isLoopback, let seen = request.headers.list(of: "x-forwarded-for").last else {
            return address.host
        }
        return String(seen.prefix(64))
    }

    /// One line of at most 40 characters; nil when nothing is left.
    private static func name(_ text: String?) -> String? {
        let visible = VisibleText.of((text ?? "").split(whereSeparator: \.isWhitespace).joined(separator: " "))
        return visible.isEmpty ? nil : String(visible.prefix(40))
    }
}
