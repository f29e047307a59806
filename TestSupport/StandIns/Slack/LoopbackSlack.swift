internal import EventLoop
internal import Glibc
internal import HTTP
internal import HTTPClient
internal import HTTPServer
internal import JSON
internal import Primitives

/// A Slack workspace on loopback, for tests: the Web API, Socket Mode, the Events API over HTTP, and people who write
/// messages.
///
/// It enforces the platform's rules: scopes per token and method, limits of texts and blocks, rate limits,
/// acknowledgement deadlines and retries. The test suite runs the official clients against it.
///
/// ```swift
/// let slack = try await LoopbackSlack.started()
/// // … SlackSettings(botToken: slack.botToken, intake: .socket(appToken: slack.appToken), apiURL: slack.apiURL) …
/// let question = slack.say("\(slack.mention) hello", in: LoopbackSlack.general)
/// try await slack.wait("an answer") { !$0.shown(in: LoopbackSlack.general, thread: question).isEmpty }
/// await slack.stop()
/// ```
package final class LoopbackSlack: Sendable {
    /// Two people and a channel that exist from the start; the bot is in the channel.
    package static let alice = "U0ALICE01"
    package static let bob = "U0BOB0001"
    package static let general = "C0GENERAL"

    /// A mention posted by the app that would have notified people.
    package struct Ping: Sendable, Hashable {
        /// For example `<!channel>`.
        package let mention: String
        package let channel: String
        package let ts: String
    }

    /// An answer of the Web API.
    struct Reply {
        var status = 200
        var headers: [(String, String)] = []
        var body: JSON
    }

    package let settings: Settings
    private let state: Protected<SlackState>
    private let server = Protected<HTTPServer?>(nil)
    let wire: SlackWire
    /// How far Slack's clock is ahead, in seconds.
    let skew = Protected(0.0)
    /// Where the Events API delivers.
    let http = Protected<HTTPURL?>(nil)
    let client = HTTPClient()

    private init(_ settings: Settings) {
        self.settings = settings
        self.state = Protected(SlackState(settings))
        self.wire = SlackWire()
    }

    /// Starts one on `port`; 0 picks a free one.
    package static func started(_ settings: Settings = Settings(), port: UInt16 = 0) async throws -> LoopbackSlack {
        let slack = LoopbackSlack(settings)
        try await slack.start(port: port)
        return slack
    }

    @Net private func start(port: UInt16) throws {
        let options = HTTPServerSettings.standIn(port: port, bodyLimit: 256 << 20)
        let server = HTTPServer(options, name: "slack", logger: .silent, dispatcher: SlackDispatcher(slack: self))
        try server.start()
        self.state.withLock { $0.baseURL = server.loopbackURL }
        self.server.withLock { $0 = server }
        self.wire.owner = self
    }

    /// Stops the server, closes every connection and cancels the current answers.
    package func stop() async {
        let server = self.server.withLock { $0.take() }
        await self.wire.stop()
        await server?.stop()
    }

    /// `http://127.0.0.1:PORT`.
    package var url: String { self.state.withLock { $0.baseURL } }
    /// The base of the Web API, with a trailing slash.
    package var apiURL: String { self.url + "/api/" }
    package var botToken: String { self.settings.botToken }
    package var appToken: String { self.settings.appToken }
    package var botUser: String { SlackState.botUser }
    package var botID: String { SlackState.botID }
    package var teamID: String { self.settings.teamID }
    /// The token with which a person mentions the bot.
    package var mention: String { "<@\(SlackState.botUser)>" }

    // MARK: State

    /// Changes the workspace and performs the resulting actions.
    func change<Result>(_ body: (inout SlackState) -> Result) -> Result {
        let now = self.now
        let result = self.state.withLock { state in
            state.now = now
            defer { state.settle() }
            return body(&state)
        }
        EventLoop.shared.runIfNeeded { [weak self] in self.map { $0.wire.perform(for: $0) } }
        return result
    }

    func look<Result>(_ body: (SlackState) -> Result) -> Result {
        self.state.withLock { body($0) }
    }

    /// The due actions, and when to call again, in seconds from now.
    func takeActions() -> ([SlackDelivery.Action], Double?) {
        let now = self.now
        return self.state.withLock { state in
            state.now = now
            state.settle()
            defer { state.actions = [] }
            return (state.actions, state.nextTime.map { max(0, $0 - now) })
        }
    }

    /// Seconds since 1970 on Slack's clock.
    private var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9 + self.skew.withLock { $0 }
    }
}
