internal import Chat
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Logging
internal import People
internal import Primitives
internal import Schemas
internal import SignIn

/// Sign-in with an account at GitHub or an OpenID Connect provider: the way there, and the way back.
///
/// The browser follows links only, so the content security policy's `form-action` does not stand in the way of the
/// redirect to another site, and the cookies are `SameSite=Lax`, so that they come along on the way back.
struct AccountSignInRoutes: Sendable {
    let context: GatewayContext

    static let routes: [APIRoute] =
        [
            APIRoute(
                .get, "/api/v1/signin", "signInMethods",
                "How people can sign in here: `code`, `github`, `oidc`, in the order of the page.", .open,
                success: (.ok, "The methods.")
            ) { (context, _: PlainCall) in
                let providers = context.signIn.providers
                return API.SignInMethods(
                    methods: ["code"] + providers.map(\.method.rawValue),
                    oidcName: context.signIn.provider(.oidc).map { .set($0.title) } ?? .keep)
            }
        ] + SignInMethod.allCases.flatMap { [Self.beginning($0), Self.callback($0)] }

    /// Browsers come here by links: what providers and pages add to the address is ignored.
    private static func beginning(_ method: SignInMethod) -> APIRoute {
        APIRoute(
            method: .get, pattern: "/api/v1/signin/\(method.rawValue)", operation: "\(method.rawValue)SignIn",
            summary: "Begins a sign-in with \(method.shownName): a page for browsers.", access: .open,
            query: API.SignInQuery.self,
            answers: [
                .init(status: .found, text: "To the provider's page.", type: .html),
                .notFound("It is not configured here."), .problem(.tooManyRequests, "Too many in a minute."),
                .badGateway("The provider does not answer."),
            ], isPage: true
        ) { context, request in try await Self(context: context).begin(method, request) }
    }

    private static func callback(_ method: SignInMethod) -> APIRoute {
        APIRoute(
            method: .get, pattern: "/api/v1/signin/\(method.rawValue)/callback",
            operation: "\(method.rawValue)SignInCallback",
            summary: "Where \(method.shownName) leads back to. It answers with pages.", access: .open,
            query: API.SignInReturn.self,
            answers: [
                .init(status: .found, text: "Signed in; the cookie is set.", type: .html),
                .init(
                    status: .badRequest, text: "The sign-in is unknown, used, expired or another browser's.",
                    type: .html),
                .init(status: .forbidden, text: "Cancelled there, or the person is on no list.", type: .html),
                .notFound("It is not configured here."),
                .init(status: .badGateway, text: "The provider fails.", type: .html),
            ], isPage: true
        ) { context, request in try await Self(context: context).finish(method, request) }
    }

    private func provider(_ method: SignInMethod) throws -> any SignInProvider {
        guard let provider = self.context.signIn.provider(method) else {
            throw HTTPProblem(.notFound, "Nobody can sign in with \(method.shownName) here: it is not configured.")
        }
        return provider
    }

    // MARK: There and back

    private func begin(_ method: SignInMethod, _ request: APIRequest) async throws -> HTTPServerResponse {
        let provider = try self.provider(method)
        // A link on another site must not replace the session that the browser has: the page asks first.
        if PagePolicy.isForeignSite(request.http.headers) {
            let next = SiteAddress.path(request.http.query["next"]).map { "?next=\(PercentEncoding.encode($0))" }
            return HTTPServerResponse(.found, headers: ["Location": "/\(next ?? "")"])
        }
        let peer = SignInRoutes.peer(of: request.http)
        let now = self.context.now()
        guard self.context.signInAttempts.withLock({ $0.reserve(peer.name, in: peer.group, at: now) }) != nil else {
            throw Problems.tooManyRequests(60)
        }
        do {
            let beginning = try await self.context.signIn.begin(
                with: provider, next: request.http.query["next"], browser: self.ownBrowser(of: request.http))
            var response = HTTPServerResponse(.found, headers: ["Location": beginning.page])
            response.headers.append(
                "Set-Cookie",
                self.cookie(self.pendingCookie, beginning.browser.reveal(), lifetime: WebSignIn.patience))
            return response
        } catch let failure as SignInFailure {
            return self.page(Self.failed(failure), request)
        }
    }

    private func finish(_ method: SignInMethod, _ request: APIRequest) async throws -> HTTPServerResponse {
        let provider = try self.provider(method)
        let query = request.http.query
        let back = WebSignIn.Return(
            state: query["state"], code: query["code"].map { Secret($0) }, error: query["error"], issuer: query["iss"],
            browser: self.browser(of: request.http))
        do {
            let outcome = try await self.context.signIn.finish(
                with: provider, back, lifetime: self.context.settings.cookieLifetime, logger: request.logger)
            switch outcome {
            case .signedIn(let person, let cookie, let lifetime, let next):
                request.logger.info(
                    "signed in",
                    ["identity": .string(person.identity), "role": .string(person.role?.rawValue ?? "none")])
                try await self.endEarlier(request.http)
                return self.welcome(cookie, lifetime: lifetime, to: next)
            case .unknown:
                request.logger.warning(
                    "the callback of an unknown sign-in was refused", ["provider": .string(provider.title)])
                return self.page(Self.unknown(provider, self.context.settings.publicURL), request)
            case .refused(let visitor, let admission, let unanswered):
                Self.log(visitor, unanswered, to: request.logger)
                return self.page(Self.refused(visitor, admission, unanswered, at: provider), request)
            }
        } catch let failure as SignInFailure {
            request.logger.warning(
                "a sign-in failed", ["provider": .string(provider.title), "reason": .string(failure.message)])
            return self.page(Self.failed(failure), request)
        }
    }

    private func welcome(_ cookie: Secret, lifetime: Int64, to next: String) -> HTTPServerResponse {
        var response = HTTPServerResponse(.found, headers: ["Location": next])
        let session = Authenticator.cookie(isSecure: self.context.settings.isSecure)
        response.headers.append("Set-Cookie", self.cookie(session, cookie.reveal(), lifetime: lifetime))
        response.headers.append("Set-Cookie", self.cookie(self.pendingCookie, "", lifetime: 0))
        return response
    }

    private static func log(_ visitor: Visitor, _ unanswered: [String: String], to logger: Logger) {
        logger.warning(
            "a sign-in was refused because no list admits the account",
            ["identity": .string(visitor.identity), "account": .string(visitor.account.subject)])
        for (entry, reason) in unanswered {
            logger.warning(
                "an entry of access could not be looked up", ["entry": .string(entry), "reason": .string(reason)])
        }
    }

    /// The browser gets a new session; what its earlier cookie was worth ends.
    private func endEarlier(_ request: HTTPServerRequest) async throws {
        let name = Authenticator.cookie(isSecure: self.context.settings.isSecure)
        guard let earlier = HTTPCookie.value(of: name, in: request.headers), !earlier.isEmpty,
            let found = try await CredentialLookup(store: self.context.store).stored(secret: earlier, kind: .cookie)
        else { return }
        _ = try await self.context.revoke(found.id)
    }

    // MARK: Cookies

    /// Of a sign-in that is under way. See ``Authenticator/cookie(isSecure:)`` for the prefix.
    private var pendingCookie: String {
        self.context.settings.isSecure ? "__Host-jetbridge_signin" : "jetbridge_signin"
    }

    /// The secret in the browser's cookie.
    private func browser(of request: HTTPServerRequest) -> Secret? {
        HTTPCookie.value(of: self.pendingCookie, in: request.headers).map { Secret($0) }
    }

    /// The same, if it is certainly this host's: without the prefix, a neighbour's page could have planted it.
    private func ownBrowser(of request: HTTPServerRequest) -> Secret? {
        self.context.settings.isSecure ? self.browser(of: request) : nil
    }

    private func cookie(_ name: String, _ value: String, lifetime: Int64) -> String {
        HTTPCookie(name, value, maximumAge: Int(lifetime / 1_000), isSecure: self.context.settings.isSecure).setCookie
    }

    // MARK: Pages

    private struct Notice {
        let status: HTTPStatus
        let title: String
        let text: String
        var link = ViewerLayout.Crumb(title: "Go to the sign-in page", path: "/")
    }

    private func page(_ notice: Notice, _ request: APIRequest) -> HTTPServerResponse {
        let page = ViewerLayout(theme: Front.theme(of: request.http))
            .notice(title: notice.title, text: notice.text, link: notice.link)
        var response = HTTPServerResponse(notice.status, .html, bytes: page.utf8)
        response.headers["Content-Security-Policy"] = SecurityHeaders.viewerPolicy
        // The address has the code.
        response.headers["Referrer-Policy"] = "no-referrer"
        return response
    }

    private static func failed(_ failure: SignInFailure) -> Notice {
        let isRefused = failure.code != .unavailable
        return Notice(
            status: isRefused ? .forbidden : .badGateway, title: isRefused ? "Not signed in" : "The sign-in failed",
            text: failure.message.replacing("`", with: ""))
    }

    private static func unknown(_ provider: any SignInProvider, _ url: String) -> Notice {
        Notice(
            status: .badRequest, title: "This sign-in is no longer valid",
            text:
                "It was used already, is more than ten minutes old, or began in another browser or at another address. "
                + "Sign in again, at \(url).",
            link: .init(
                title: "Sign in with \(provider.title) again",
                path: "\(url)/api/v1/signin/\(provider.method.rawValue)"))
    }

    private static func refused(
        _ visitor: Visitor, _ admission: AccountAdmission, _ unanswered: [String: String],
        at provider: any SignInProvider
    ) -> Notice {
        let who = "You are \(visitor.name) at \(provider.title)"
        let text =
            switch admission {
            case .removed:
                "\(who), and your access to this Jetbridge was taken away. Ask one of its owners if you think that this is "
                    + "a mistake; they can give it back with people set \(visitor.identity) ROLE."
            case .nameTaken:
                "\(who), but another account had this name when it signed in here. Its access is not handed on. Ask an "
                    + "owner of this Jetbridge to remove \(visitor.identity) and let it in again, which then is you."
            case .unlisted, .admitted:
                "\(who), and that account is on no list of people who may use this Jetbridge. Ask one of its owners to add "
                    + "\(visitor.identity) to access in its configuration."
                    + (unanswered.isEmpty
                        ? ""
                        : " It could not be found out whether you belong to "
                            + unanswered.keys.sorted().joined(separator: ", ")
                            + ": an owner of the organisation has to allow this app to see its members.")
            }
        return Notice(status: .forbidden, title: "You may not use this Jetbridge", text: text)
    }
}

extension SignInMethod {
    /// Where the provider's own name is unknown.
    fileprivate var shownName: String {
        switch self {
        case .github: "GitHub"
        case .oidc: "the OpenID Connect provider"
        }
    }
}

extension API {
    struct SignInMethods: Fact {
        let methods: [String]
        let oidcName: Change<String>

        static let notes: Notes<Self> = [
            \.methods: "`code`, `github`, `oidc`.",
            \.oidcName: "What the OpenID Connect provider is called, if there is one.",
        ]
    }

    struct SignInQuery: Fact {
        let next: String?

        static let notes: Notes<Self> = [
            \.next: "Where to go afterwards: a path of this site. Anything else counts as `/`."
        ]
    }

    /// What providers send back; only `state`, `code`, `error` and `iss` are read.
    struct SignInReturn: Fact {
        let state: String?
        let code: String?
        let error: String?
        let errorDescription: String?
        let errorUri: String?
        let iss: String?
        let sessionState: String?
        let scope: String?
        let authuser: String?
        let hd: String?
        let prompt: String?
    }
}
