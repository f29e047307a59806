internal import Copilot
package import GitHub
internal import HTTP
internal import HTTPClient
internal import JSON
package import Models
package import People
package import Primitives

/// The app at GitHub with which people sign in.
package struct GitHubSignInApp: Sendable, Hashable {
    package let clientID: String
    package let clientSecret: Secret
    /// What people's tokens may do, words separated by spaces. GitHub Apps have their own permissions.
    package let scope: String

    package init(clientID: String, clientSecret: Secret, scope: String) {
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.scope = scope
    }
}

/// Signs people in with their account at GitHub, or a GitHub Enterprise: OAuth's web flow with PKCE
/// (docs.github.com, "Authorizing OAuth apps").
package struct GitHubSignInProvider: SignInProvider {
    package let method = SignInMethod.github
    package let title = "GitHub"
    /// The checks of accounts find out who has left.
    package let lifetime: Int64? = nil

    private let app: GitHubSignInApp
    private let client: GitHubClient
    private let transport: any ModelTransport
    private let tokens: any PersonTokens

    private static let responseLimit = 64 << 10

    /// - Parameter settings: Where GitHub is.
    package init(
        _ app: GitHubSignInApp, _ settings: GitHubSettings, transport: any ModelTransport, tokens: any PersonTokens,
        clock: GitHubClock = .system
    ) {
        var settings = settings
        // Somebody waits for the page.
        settings.maximumTries = 1
        settings.longestWait = .seconds(5)
        self.app = app
        self.client = GitHubClient(settings, tokens: FixedToken(nil), transport: transport, clock: clock)
        self.transport = transport
        self.tokens = tokens
    }

    package var clientID: String { self.app.clientID }
    private var webURL: HTTPURL { self.client.settings.webURL }

    package func page(for attempt: SignInAttempt, returningTo address: String) -> String {
        self.webURL.adding(path: "login/oauth/authorize").with(query: [
            "client_id": self.app.clientID, "redirect_uri": address, "scope": self.app.scope, "state": attempt.state,
            "code_challenge": attempt.challenge, "code_challenge_method": "S256",
        ]).description
    }

    /// GitHub has a way back of its own, which no other provider knows.
    package func checkIssuer(_ issuer: String?) {}

    package func arrival(
        with code: Secret, of attempt: SignInAttempt, returningTo address: String, entries: [String]
    ) async throws -> SignInArrival {
        let grant = try await self.grant(
            for: code, [("redirect_uri", address), ("code_verifier", attempt.verifier)])
        let token: GitHubToken
        do {
            token = try SignInCheck.token(of: grant)
        } catch let error as ModelError {
            throw SignInFailure(.unavailable, error.message.replacing("copilot.github_url", with: "github.web_url"))
        }
        let (visitor, unanswered) = try await self.visitor(token, entries: entries, isNew: true)
        return SignInArrival(visitor: visitor, grant: grant, unanswered: unanswered)
    }

    package func visitor(for person: SignedInPerson, entries: [String]) async throws -> Visitor {
        let token: GitHubToken?
        do {
            token = try await self.tokens.token(of: person.identity)
        } catch let error as GitHubError {
            throw SignInFailure(error.code == .unauthorized ? .ended : .unavailable, error.message)
        }
        guard let token else { throw SignInFailure(.absent, "this host does not have the person's token") }
        do {
            let visitor = try await self.visitor(token, entries: entries, isNew: false).visitor
            // Somebody may have signed in to another account with `login`.
            guard visitor.account == person.account else {
                throw SignInFailure(.ended, "the stored token is another account's")
            }
            return visitor
        } catch let failure as SignInFailure {
            if failure.code == .ended { _ = await self.tokens.refused(token) }
            throw failure
        }
    }

    /// Whether GitHub accepts the app's id and secret: it says so before it looks at the code. Throws ``SignInFailure``.
    package func checkApp(returningTo address: String) async throws {
        do {
            _ = try await self.grant(for: Secret("jetbridge-doctor"), [("redirect_uri", address)])
        } catch let failure as SignInFailure where failure.code == .refused {}
    }

    /// The entries that GitHub does not answer for the person's token, with the reason as a clause.
    package func unanswered(for person: SignedInPerson, entries: [String]) async throws -> [String: String] {
        guard let token = try await self.tokens.token(of: person.identity) else { return [:] }
        return try await self.visitor(token, entries: entries, isNew: false).unanswered
    }

    // MARK: The code

    private func grant(for code: Secret, _ more: [(String, String)]) async throws -> DeviceGrant {
        var form: HTTPQuery = [
            "client_id": self.app.clientID, "client_secret": self.app.clientSecret.reveal(), "code": code.reveal(),
        ]
        for (name, value) in more { form.append(name, value) }
        let headers: HTTPHeaders = [
            "Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": self.client.settings.userAgent,
        ]
        let input: DeviceFlow.Input
        do {
            let response = try await self.transport.send(
                TransportRequest(
                    .post, self.webURL.adding(path: "login/oauth/access_token"), headers: headers,
                    body: Array(form.encoded.utf8), idleTimeout: .seconds(10), totalTimeout: .seconds(15)))
            input = DeviceEndpoints.input(
                status: response.status, body: try await response.start(upTo: Self.responseLimit))
        } catch let error as HTTPClientError {
            throw SignInFailure(.unavailable, "GitHub cannot be reached (\(error.message)). Try again in a moment.")
        }
        switch input {
        case .granted(let grant): return grant
        case .refused(let error, _): throw Self.failure(error)
        case .failed(let reason):
            throw SignInFailure(.unavailable, "GitHub does not answer as it should (\(reason)). Try again in a moment.")
        case .begin, .code, .timer:
            throw SignInFailure(.unavailable, "GitHub sent no token. Try again in a moment.")
        }
    }

    /// Errors come with status 200.
    private static func failure(_ error: String) -> SignInFailure {
        switch error {
        case "bad_verification_code":
            SignInFailure(.refused, "GitHub does not accept this sign-in any more. Sign in again.")
        case "unverified_user_email":
            SignInFailure(
                .refused, "GitHub wants you to verify your mail address first. Do that there, then sign in again.")
        case "incorrect_client_credentials", "not_found":
            SignInFailure(
                .unavailable,
                "GitHub does not accept this host's client id and secret. Ask an owner to correct gateway.sign_in.github."
            )
        case "redirect_uri_mismatch":
            SignInFailure(
                .unavailable,
                "The app at GitHub has another callback address. Ask an owner to enter PUBLIC_URL/api/v1/signin/github/callback "
                    + "there, or to correct gateway.public_url.")
        default:
            SignInFailure(
                .unavailable,
                "GitHub refused the sign-in (\(VisibleText.strictLine(String(error.prefix(60))))). Try again in a moment."
            )
        }
    }

    // MARK: The account

    private func visitor(
        _ token: GitHubToken, entries: [String], isNew: Bool
    ) async throws -> (visitor: Visitor, unanswered: [String: String]) {
        do {
            let user = try await self.client.signIn(.token(token)).user
            guard Self.isName(user.login), user.id > 0, user.type.map({ $0 == "User" }) ?? true else {
                throw SignInFailure(.refused, "Only a person's account can sign in here.")
            }
            let wishes = entries.compactMap(GitHubMembership.init)
            var held: [String] = []
            var unanswered: [String: String] = [:]
            try await withThrowingTaskGroup(of: (String, GitHubMembership.Answer).self) { group in
                for wish in wishes {
                    group.addTask { (wish.entry, try await self.client.isMember(user.login, of: wish, token)) }
                }
                for try await (entry, answer) in group {
                    switch answer {
                    case .yes: held.append(entry)
                    case .no: break
                    case .unanswered(let reason): unanswered[entry] = reason
                    }
                }
            }
            let account = AccountKey(
                provider: self.method.rawValue, issuer: self.webURL.origin, subject: String(user.id))
            let visitor = Visitor(
                account: account, name: user.login, identity: "github:\(user.login)", held: held.sorted())
            return (visitor, unanswered)
        } catch let error as GitHubError {
            switch error.code {
            // A suspended account.
            case .blocked: throw SignInFailure(isNew ? .refused : .ended, error.message)
            case .unauthorized where !isNew: throw SignInFailure(.ended, error.message)
            default: throw SignInFailure(.unavailable, error.message)
            }
        }
    }

    /// It is shown to people and becomes part of an identity, so it must be nothing but a name. Enterprise has names with
    /// an underscore.
    private static func isName(_ login: String) -> Bool {
        (1...100).contains(login.utf8.count)
            && login.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
    }
}
