internal import Chat
internal import Crypto
internal import EventLoop
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Logging
internal import Primitives
internal import Sessions

/// Browser sign-in with a code, sign-out, and the caller's identity.
struct SignInRoutes: Sendable {
    private let context: GatewayContext
    private let origins: OriginPolicy
    /// Wrong codes per minute: five from one address, and four times as many from all other machines together.
    private let attempts = Protected(AttemptLimiter(perPeer: 5, perGroup: 20, window: 60_000))

    init(context: GatewayContext, origins: OriginPolicy) {
        self.context = context
        self.origins = origins
    }

    var routes: [APIRoute] {
        [
            APIRoute(
                method: .post, pattern: "/api/v1/signin", operation: "signIn",
                summary: "Signs a browser in with a code; the optional `name` is shown next to messages.",
                access: .open,
                body: "SignIn", bodyLimit: 4096,
                answers: [
                    .init(status: .noContent, description: "Signed in; the cookie is set."),
                    .init(status: .unauthorized, description: "A wrong code.", schema: "Problem"),
                    .init(
                        status: .tooManyRequests, description: "Too many wrong codes in a minute.", schema: "Problem"),
                ], handle: { try await self.signIn($0) }),
            APIRoute(
                method: .post, pattern: "/api/v1/signout", operation: "signOut",
                summary: "Ends this browser's sign-in.",
                access: .scopes(Set(Scope.allCases), from: .guest), bodyLimit: 4096,
                answers: [
                    .init(status: .noContent, description: "Signed out; the cookie is deleted."),
                    .init(status: .conflict, description: "The credential is a token's.", schema: "Problem"),
                ],
                handle: { try await self.signOut($0) }),
            APIRoute(
                method: .get, pattern: "/api/v1/me", operation: "me",
                summary: "The person whom the credential belongs to.",
                access: .scopes(Set(Scope.allCases), from: .guest),
                answers: [.init(status: .ok, description: "The person.", schema: "Person")],
                handle: { try self.me($0) }),
        ]
    }

    private func signIn(_ request: APIRequest) async throws -> HTTPServerResponse {
        guard self.origins.allows(request.http.headers) else {
            throw Problems.forbiddenOrigin
        }
        let body = try await request.object(upTo: 4096)
        guard let code = body["code"]?.stringValue else {
            throw HTTPProblem(.badRequest, "The body needs a member `code`.")
        }
        let peer = Self.peer(of: request.http)
        let now = self.context.now()
        // Nothing may wait between this and the check of the code.
        guard let attempt = self.attempts.withLock({ $0.reserve(peer.name, in: peer.group, at: now) }) else {
            throw HTTPProblem(
                .tooManyRequests, "There were too many wrong codes within a minute. Wait a minute, then try again.",
                headers: ["Retry-After": "60"])
        }
        let name = Self.name(body["name"]?.stringValue)
        let identity = "web:\(Crypto.hex(Crypto.randomBytes(8)))"
        let sender = Sender(id: identity, identities: [Identity(identity)], displayName: name ?? "")
        guard let role = try await self.context.bridge.access.signIn(sender, code: code) else {
            request.logger.warning("wrong sign-in code", ["peer": .string(peer.name)])
            throw HTTPProblem(
                .unauthorized, "The code is wrong, used, or more than an hour old. `jetbridge pair` creates a new one.",
                headers: ["WWW-Authenticate": "Bearer realm=\"jetbridge\""])
        }
        self.attempts.withLock { $0.giveBack(attempt) }
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
            scopes: CredentialRecord.scopes(ofBrowser: role), createdAt: now,
            expiresAt: now + self.context.settings.cookieLifetime)
        try await self.context.store.write { ledger in try ledger.insert(record, hash: hash) }
        return secret
    }

    private func signOut(_ request: APIRequest) async throws -> HTTPServerResponse {
        let principal = try request.person()
        guard principal.isCookie else {
            throw HTTPProblem(
                .conflict, "Only a browser's sign-in can be ended here. Revoke a token with `jetbridge token revoke`."
            )
        }
        let id = principal.credential.id
        _ = try await self.context.store.write { ledger in try ledger.revokeCredential(id: id) }
        return self.response(cookie: "", lifetime: 0)
    }

    private func response(cookie: String, lifetime: Int) -> HTTPServerResponse {
        let isSecure = self.context.settings.isSecure
        let cookie = HTTPCookie(
            Authenticator.cookie(isSecure: isSecure), cookie, maximumAge: lifetime, isSecure: isSecure)
        return HTTPServerResponse(.noContent, headers: ["Set-Cookie": cookie.setCookie])
    }

    private func me(_ request: APIRequest) throws -> HTTPServerResponse {
        let principal = try request.person()
        return .json([
            "name": .string(principal.credential.name), "role": .string(principal.role.rawValue),
            "identity": .string(principal.identity), "scopes": .array(principal.credential.scopes.map { .string($0) }),
        ])
    }

    /// The client's address; behind a proxy on this machine, the address that the proxy reports. Forged headers cannot
    /// evade the limit for all other machines together. This machine is in no group: wrong codes from elsewhere must not
    /// lock out the owner who sits at it.
    private static func peer(of request: HTTPServerRequest) -> (name: String, group: String?) {
        let elsewhere = "elsewhere"
        guard let address = request.remoteAddress else { return ("unknown", elsewhere) }
        guard address.isLoopback else { return (address.host, elsewhere) }
        // All of 127.0.0.0/8 is one peer, or a local program could use each address for five guesses.
        guard let seen = request.headers.list(of: "x-forwarded-for").last else { return ("loopback", nil) }
        return (String(seen.prefix(64)), elsewhere)
    }

    /// One line of at most 40 characters; nil if nothing remains.
    private static func name(_ text: String?) -> String? {
        let visible = VisibleText.line((text ?? "").split(whereSeparator: \.isWhitespace).joined(separator: " "))
        return visible.isEmpty ? nil : String(visible.prefix(40))
    }
}
