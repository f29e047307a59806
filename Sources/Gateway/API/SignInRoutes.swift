internal import Chat
internal import Crypto
internal import EventLoop
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Logging
internal import People
internal import Primitives
internal import Sessions
internal import Store

/// Browser sign-in with a code, sign-out, and the caller's identity.
struct SignInRoutes: Sendable {
    let context: GatewayContext

    static let routes: [APIRoute] = [
        APIRoute(
            .post, "/api/v1/signin", "signIn",
            "Signs a browser in with a code; the optional `name` is shown next to messages.", .open,
            body: API.SignIn.self, bodyLimit: 4096,
            answers: [
                .empty("Signed in; the cookie is set."),
                .json(API.SignInCode.self, "With `look`: what the code is for."),
                .problem(.unauthorized, "A wrong code."),
                .forbidden("The request comes from a page of another site."),
                .problem(.tooManyRequests, "Too many wrong codes in a minute."),
            ]
        ) { try await Self(context: $0).signIn($1) },
        APIRoute(
            .post, "/api/v1/signout", "signOut", "Ends this browser's sign-in.",
            .scopes(Set(Scope.allCases), from: .guest),
            answers: [.empty("Signed out; the cookie is deleted."), .conflict("The credential is a token's.")]
        ) { (context, call: PlainCall) in try await Self(context: context).signOut(call.request) },
        APIRoute(
            .delete, "/api/v1/credentials/{id}", "revokeCredential",
            "Revokes a token, or ends a browser's sign-in. The connections that were opened with it are closed at once.",
            .administration,
            answers: [.empty("It is revoked."), .notFound("No token and no sign-in has this id.")]
        ) { try await Self(context: $0).revoke($1) },
        APIRoute(
            .get, "/api/v1/me", "me", "The person whom the credential belongs to.",
            .scopes(Set(Scope.allCases), from: .guest), success: (.ok, "The person.")
        ) { (context, call: PlainCall) in
            let principal = try call.person()
            let now = context.now()
            return try await context.store.read { ledger in try API.Person(principal, in: ledger, at: now) }
        },
    ]

    private func signIn(_ call: APICall<API.Nothing, API.SignIn>) async throws -> HTTPServerResponse {
        guard self.context.origins.allows(call.http.headers) else { throw Problems.forbiddenOrigin }
        let code = call.body.code
        let peer = Self.peer(of: call.http)
        let now = self.context.now()
        // Nothing may wait between this and the check of the code.
        guard let attempt = self.context.codeAttempts.withLock({ $0.reserve(peer.name, in: peer.group, at: now) })
        else {
            throw HTTPProblem(
                .tooManyRequests, "There were too many wrong codes within a minute. Wait a minute, then try again.",
                headers: ["Retry-After": "60"])
        }
        if call.body.look == true {
            guard let found = try await self.context.bridge.access.look(at: code) else {
                throw self.wrongCode(from: peer.name, call.logger)
            }
            self.context.codeAttempts.withLock { $0.giveBack(attempt) }
            return .json(
                encoding: API.SignInCode(name: found.name, role: found.role, isDevice: found.identity != nil))
        }
        let secret = Crypto.base64URL(Crypto.randomBytes(32))
        let browser = NewBrowser(
            identity: "web:\(Crypto.hex(Crypto.randomBytes(8)))", name: AccessCode.name(call.body.name),
            id: "c_" + Crypto.hex(Crypto.randomBytes(8)), hash: CredentialSecret.hash(of: secret),
            lifetime: self.context.settings.cookieLifetime)
        guard let record = try await self.context.bridge.access.signIn(browser, code: code) else {
            throw self.wrongCode(from: peer.name, call.logger)
        }
        self.context.codeAttempts.withLock { $0.giveBack(attempt) }
        call.logger.info(
            "signed in", ["identity": .string(record.identity), "role": .string(record.role.rawValue)])
        return self.response(cookie: secret, lifetime: Int(((record.expiresAt ?? now) - now) / 1000))
    }

    private func wrongCode(from peer: String, _ logger: Logger) -> HTTPProblem {
        logger.warning("wrong sign-in code", ["peer": .string(peer)])
        return HTTPProblem(
            .unauthorized, "The code is wrong, used, or expired. `jetbridge pair` creates a new one.",
            headers: ["WWW-Authenticate": "Bearer realm=\"jetbridge\""])
    }

    private func signOut(_ request: APIRequest) async throws -> HTTPServerResponse {
        let principal = try request.person()
        guard principal.isCookie else {
            throw HTTPProblem(
                .conflict, "Only a browser's sign-in can be ended here. Revoke a token with `jetbridge token revoke`."
            )
        }
        _ = try await self.context.revoke(principal.credential.id)
        return self.response(cookie: "", lifetime: 0)
    }

    private func revoke(_ call: PlainCall) async throws -> HTTPServerResponse {
        let id = call.id
        guard try await self.context.revoke(id, by: call.person().sender) else { throw Problems.missing("credential") }
        call.logger.info("a credential was revoked", ["credential": .string(id)])
        return HTTPServerResponse(.noContent)
    }

    private func response(cookie: String, lifetime: Int) -> HTTPServerResponse {
        let isSecure = self.context.settings.isSecure
        let cookie = HTTPCookie(
            Authenticator.cookie(isSecure: isSecure), cookie, maximumAge: lifetime, isSecure: isSecure)
        return HTTPServerResponse(.noContent, headers: ["Set-Cookie": cookie.setCookie])
    }

    /// The client's address; behind a proxy on this machine, the address that the proxy reports. Forged headers cannot
    /// evade the limit for all other machines together. This machine is in no group: wrong codes from elsewhere must not
    /// lock out the owner who sits at it.
    static func peer(of request: HTTPServerRequest) -> (name: String, group: String?) {
        let elsewhere = "elsewhere"
        guard let address = request.remoteAddress else { return ("unknown", elsewhere) }
        guard address.isLoopback else { return (address.host, elsewhere) }
        // All of 127.0.0.0/8 is one peer, or a local program could use each address for five guesses.
        guard let seen = request.headers.list(of: "x-forwarded-for").last else { return ("loopback", nil) }
        return (seen.beginning(bytes: 64), elsewhere)
    }
}

extension API.Person {
    init(_ principal: Principal, in ledger: Ledger, at now: Int64) throws {
        self.init(
            id: principal.personID, name: principal.credential.name, role: principal.role,
            identity: principal.identity, scopes: principal.credential.scopes,
            browsers: try ledger.cookies(of: principal.identity, at: now).count, identities: principal.identities)
    }
}
