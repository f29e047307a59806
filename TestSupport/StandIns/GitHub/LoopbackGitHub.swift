internal import EventLoop
internal import Glibc
package import HTTP
internal import HTTPServer
package import Models
internal import Primitives

/// GitHub's sign-in and Copilot's token exchange on loopback, for tests.
///
/// It enforces GitHub's rules: polling too fast is answered with `slow_down`, codes and tokens expire, unknown tokens
/// are refused. Tests that must not wait use it without a socket through ``transport``, with their own clock.
///
/// ```swift
/// let github = try await LoopbackGitHub.started()
/// github.addAccount("ghu_…", login: "octocat")
/// // … copilot: {github_url: github.url, api_url: github.url} …
/// #expect(github.exchanges.count == 1)
/// await github.stop()
/// ```
package final class LoopbackGitHub: Sendable {
    package struct Settings: Sendable {
        /// In seconds.
        package var tokenLife = 1_800.0
        /// In seconds; by default five sixths of the token's life, as on GitHub.
        package var refreshIn: Double?
        /// `endpoints.api` in the answers; empty is its own address.
        package var apiURL = ""
        /// Seconds between polls.
        package var interval = 5.0
        /// In seconds.
        package var codeLife = 900.0
        /// The known apps; nil accepts any.
        package var clientIDs: Set<String>?
        /// Every sign-in is approved immediately.
        package var approvesAtOnce = false
        /// How long a sign-in lasts in seconds; nil is forever.
        package var signInLife: Double?
        /// Seconds since 1970.
        package var now: @Sendable () -> Double = {
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        }

        package init() {}
    }

    /// An exchange that was answered with a token.
    package struct Exchange: Sendable, Hashable {
        package let signIn: String
        package let token: String
        /// Seconds since 1970.
        package let time: Double
    }

    private struct State {
        var github: GitHubState
        var faults: [GitHubEndpoint: [GitHubFault]] = [:]
        var counts: [GitHubEndpoint: Int] = [:]
        var requestHeaders: [GitHubEndpoint: HTTPHeaders] = [:]
    }

    private let state: Protected<State>
    private let server = Protected<HTTPServer?>(nil)
    /// Repositories and what belongs to them.
    let hub: GitHubHub
    private let now: @Sendable () -> Double

    /// A GitHub without a socket, used through ``transport``.
    package init(_ settings: Settings = Settings()) {
        var settings = settings
        if settings.apiURL.isEmpty { settings.apiURL = "http://127.0.0.1:9" }
        self.now = settings.now
        self.state = Protected(State(github: GitHubState(settings: settings)))
        self.hub = GitHubHub(clock: settings.now)
    }

    /// Starts one on a free port.
    package static func started(_ settings: Settings = Settings()) async throws -> LoopbackGitHub {
        let github = LoopbackGitHub(settings)
        let options = HTTPServerSettings.standIn(port: 0, bodyLimit: 1 << 40)
        let dispatcher = GitHubDispatcher(github: github)
        let server = HTTPServer(options, name: "github", logger: .silent, dispatcher: dispatcher)
        try await server.start()
        github.server.withLock { $0 = server }
        await github.hub.begin(at: github.url) { [weak github] in github?.signIn($0) }
        if settings.apiURL.isEmpty { github.state.withLock { $0.github.settings.apiURL = github.url } }
        return github
    }

    /// Stops the server and cancels the current answers.
    package func stop() async {
        let server = self.server.withLock { $0.take() }
        await server?.stop()
        await self.hub.stop()
    }

    /// What the app may do whose sign-ins have tokens with `ghu_`.
    private static let appPermissions: [String: GitHubAccess] = [
        "contents": .write, "pull_requests": .write, "issues": .write, "checks": .read, "statuses": .read,
        "actions": .write,
    ]

    /// The right of a token that the device flow has issued.
    private func signIn(_ token: String) -> HubToken? {
        self.state.withLock { state in
            guard let account = state.github.accounts[token] else { return nil }
            if token.hasPrefix("ghu_") {
                return HubToken(account.login, .person(permissions: Self.appPermissions))
            }
            return HubToken(account.login, .scopes(Set(account.scope.split(separator: " ").map(String.init))))
        }
    }

    /// The sign-in and Copilot.
    func signInAnswer(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        if request.path == GitHubWebApp.page { return self.authorizePage(request) }
        let body = try await request.body.collect(upTo: 64 * 1024)
        let reply = try await self.answer(
            request.method, path: String(request.path), headers: request.headers, body: body)
        var response = HTTPServerResponse(HTTPStatus(reply.status), body: .bytes(reply.body))
        for (name, value) in reply.allHeaders { response.headers.append(name, value) }
        return response
    }

    /// The address for `copilot.github_url` and `copilot.api_url`.
    package var url: String {
        "http://127.0.0.1:\(self.server.withLock { $0?.boundAddress?.port } ?? 9)"
    }

    /// Sends requests to it without a socket.
    package var transport: any ModelTransport { Transport(github: self) }

    // MARK: Arranging

    /// Adds an account that this token signs in to.
    package func addAccount(_ token: String, login: String = "octocat") {
        self.state.withLock { $0.github.accounts[token] = GitHubState.Account(login: login) }
    }

    /// From now on GitHub answers the token with 401.
    @Net package func revokeToken(_ token: String) {
        self.hub.tokens[token] = nil
        self.state.withLock { $0.github.accounts[token] = nil }
    }

    /// Sets the API address in answers from now on.
    package func setAPIURL(_ url: String) {
        self.state.withLock { $0.github.settings.apiURL = url }
    }

    /// The person enters the code and approves the sign-in.
    package func approve(_ userCode: String, login: String = "octocat") {
        self.decide(userCode) { $0.newSignIn(login) }
    }

    /// The person enters the code and denies the sign-in.
    package func deny(_ userCode: String) { self.decide(userCode) { _ in "" } }

    private func decide(_ userCode: String, _ verdict: (inout GitHubState) -> String) {
        self.state.withLock { state in
            guard let key = state.github.pending.first(where: { $0.value.userCode == userCode })?.key else { return }
            let token = verdict(&state.github)
            state.github.pending[key]?.verdict = token
        }
    }

    /// Queues a fault for the next `times` requests to an endpoint.
    package func inject(_ fault: GitHubFault, at endpoint: GitHubEndpoint, times: Int = 1) {
        self.state.withLock { $0.faults[endpoint, default: []] += Array(repeating: fault, count: times) }
    }

    // MARK: The web flow

    /// Registers an app with which people sign in on a page.
    package func addWebApp(_ clientID: String, secret: String, callback: String) {
        self.state.withLock { $0.github.webApps[clientID] = GitHubWebApp(secret: secret, callback: callback) }
    }

    /// Who is signed in at GitHub in every browser, and what they do there.
    package func setVisitor(_ visitor: GitHubWebApp.Visitor) { self.state.withLock { $0.github.visitor = visitor } }

    /// The tokens of a person's sign-ins.
    package func tokens(of login: String) -> [String] {
        self.state.withLock { state in state.github.accounts.filter { $0.value.login == login }.keys.sorted() }
    }

    /// Gives a person another login; their tokens stay theirs.
    @Net package func rename(_ login: String, to name: String) {
        guard var user = self.hub.users.removeValue(forKey: login.lowercased()) else { return }
        user.login = name
        self.hub.users[name.lowercased()] = user
        self.state.withLock { state in
            for (token, account) in state.github.accounts where account.login.lowercased() == login.lowercased() {
                state.github.accounts[token]?.login = name
            }
        }
    }

    private func authorizePage(_ request: HTTPServerRequest) -> HTTPServerResponse {
        let now = self.now()
        return self.state.withLock { $0.github.authorizePage(request.query, now: now) }
    }

    // MARK: Inspecting

    /// Whether the API currently accepts a Copilot token.
    package func isLive(token: String) -> Bool {
        let now = self.now()
        return self.state.withLock { ($0.github.live[token] ?? 0) > now }
    }

    /// The successful exchanges, oldest first.
    package var exchanges: [Exchange] { self.state.withLock { $0.github.exchanges } }

    /// The number of requests to an endpoint, whatever the answers.
    package func count(_ endpoint: GitHubEndpoint) -> Int { self.state.withLock { $0.counts[endpoint] ?? 0 } }

    package func lastHeaders(_ endpoint: GitHubEndpoint) -> HTTPHeaders? {
        self.state.withLock { $0.requestHeaders[endpoint] }
    }

    // MARK: Answers

    private func answer(
        _ method: HTTPMethod, path: String, headers: HTTPHeaders, body: [UInt8]
    ) async throws -> GitHubReply {
        guard let endpoint = GitHubEndpoint(rawValue: path) else { return GitHubReply(GitHubProblem.notFound) }
        let fault = self.state.withLock { state -> GitHubFault? in
            state.counts[endpoint, default: 0] += 1
            state.requestHeaders[endpoint] = headers
            guard let queued = state.faults[endpoint], !queued.isEmpty else { return nil }
            return state.faults[endpoint]?.removeFirst()
        }
        switch fault {
        case .answer(let status, let body, let headers):
            var reply = GitHubReply(bytes: Array(body.utf8), type: "", status: status)
            reply.headers = headers.map { ($0.key, $0.value) }
            return reply
        case .hang:
            try await Task.sleep(for: .seconds(86_400))
        case .delay(let seconds):
            try await Task.sleep(for: .milliseconds(Int64(seconds * 1_000)))
        case .cut: throw CancellationError()
        case .loseAnswer, .hangAfter, nil:
            break
        }
        let reply = self.reply(method, endpoint, headers, body)
        if fault == .loseAnswer { throw CancellationError() }
        if fault == .hangAfter { try await Task.sleep(for: .seconds(86_400)) }
        return reply
    }

    private func reply(
        _ method: HTTPMethod, _ endpoint: GitHubEndpoint, _ headers: HTTPHeaders, _ body: [UInt8]
    ) -> GitHubReply {
        let isPost = endpoint == .deviceCode || endpoint == .accessToken
        guard method == (isPost ? .post : .get) else {
            return GitHubReply(GitHubProblem.notFound)
        }
        let form = HTTPQuery(parsing: String(decoding: body, as: UTF8.self))
        let now = self.now()
        return self.state.withLock { state in
            switch endpoint {
            case .deviceCode: state.github.deviceCode(form, now: now)
            case .accessToken: state.github.accessToken(form, now: now)
            case .copilotToken: state.github.copilotToken(headers, now: now)
            case .copilotUser: state.github.copilotUser(headers)
            }
        }
    }

    private struct Transport: ModelTransport {
        let github: LoopbackGitHub

        func send(_ request: TransportRequest) async throws -> TransportResponse {
            let answer = try await self.github.answer(
                request.method, path: request.url.path, headers: request.headers, body: request.body ?? [])
            var headers = HTTPHeaders()
            for (name, value) in answer.allHeaders { headers.append(name, value) }
            let rest = Protected<[UInt8]?>(answer.body)
            return TransportResponse(status: answer.status, headers: headers) { rest.withLock { $0.take() } }
        }
    }
}
