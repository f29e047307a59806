package import Chat
internal import EventLoop
internal import HTTP
package import HTTPClient
internal import JSON
package import Logging
internal import Primitives
internal import WebSockets

/// One Slack workspace as a chat adapter: performs what ``SlackSession`` decides, and carries messages out within the
/// limits that ``SlackBudget`` keeps.
package final class SlackAdapter: EditingAdapter, DeletingAdapter, TypingAdapter, ReactingAdapter, ReconcilingAdapter,
    FileAdapter, DiagnosingAdapter
{
    package let id: AdapterID
    package let renderer: any MessageRenderer = SlackFormatting()

    let settings: SlackSettings
    let memory: SlackMemoryStore
    let client: HTTPClient
    /// One for all sockets: the library under it loses memory whenever a second one ends.
    let webSockets: WebSocketClient
    let logger: Logger
    private let clock: @Sendable () -> SlackTime
    let state: Protected<State>
    /// An order to carry out, an earlier deadline, the wish to end.
    let toConduct = SlackSignal()
    let lanes: [SlackLane]

    /// What all tasks share, under one lock.
    struct State {
        var session: SlackSession
        var status: AdapterStatus
        var budget = SlackBudget()
        var memory = SlackMemory()
        var sockets: [Int: WebSocket] = [:]
        var orders: [Order] = []
        var isRunning = false
        /// When it began to run (monotonic milliseconds).
        var began: Int64 = 0
        var isStopping = false
        /// What was missed is being fetched: until it is, nothing counts as seen.
        var isCatchingUp = false
        var isMemoryStale = false
        /// Display names by user, and whose was asked for.
        var names: [String: String] = [:]
        var asked: Set<String> = []
        /// Messages that will get a last edit.
        var growing: [MessageReference: SlackGrowing] = [:]
        /// Threads in which the status is shown, since when (monotonic milliseconds).
        var typing: [String: Int64] = [:]
        /// What this workspace or app does not have.
        var missing: Set<SlackMethod> = []
        /// Files of uploads whose outcome is not known, by token.
        var uploads: [String: String] = [:]
        var forgeries = SlackForgeries()
        /// Assistant threads without a title.
        var untitled: [String] = []

        /// What came up to now was seen: it need not be fetched later.
        mutating func noteSeen(at now: SlackTime) {
            guard self.status.state == .up, !self.isCatchingUp else { return }
            self.memory.seen = now.wall
            self.isMemoryStale = true
        }
    }

    /// Work of a task of its own.
    enum Order: Sendable {
        case call(SlackSession.Call)
        case close(Int)
        case catchUp
        case status(AdapterStatus)
        case lookUp(String)
        case prompts(channel: String, thread: String)
        case title(channel: String, thread: String, text: String)
        case slash(SlackSlash, SlackLane.Answer)
    }

    /// Lists that grow with use are cut at this.
    static let listLimit = 2_000

    package init(
        _ settings: SlackSettings, memory: SlackMemoryStore = .none, client: HTTPClient? = nil,
        logger: Logger = Logger(label: "slack"), clock: @escaping @Sendable () -> SlackTime = { .now }
    ) {
        self.settings = settings
        self.clock = clock
        self.memory = memory
        self.id = AdapterID("slack:\(settings.id)")
        self.logger = logger.with(["adapter": "slack:\(settings.id)"])
        self.client = client ?? HTTPClient()
        var sockets = WebSocketClientSettings()
        // Half-open sockets are silent for hours: a peer that answers no ping is dead.
        sockets.socket.pingInterval = .seconds(5)
        sockets.socket.deadline = .seconds(12)
        // Slack does not end the connection after the closing handshake.
        sockets.socket.closeSeconds = 1
        sockets.caFile = self.client.settings.caFile
        self.webSockets = WebSocketClient(sockets, logger: self.logger)
        self.lanes = (0..<SlackLane.count).map { _ in SlackLane() }
        let isSocket = if case .socket = settings.intake { true } else { false }
        var state = State(
            session: SlackSession(isSocket: isSocket),
            status: AdapterStatus(state: .down, since: clock().wall))
        state.budget.factor = settings.paceFactor
        self.state = Protected(state)
        Redaction.register(settings.botToken)
        switch settings.intake {
        case .socket(let secret), .http(let secret): Redaction.register(secret)
        }
    }

    var now: SlackTime { self.clock() }

    package var status: AdapterStatus { self.state.withLock { $0.status } }

    package func traits(of room: RoomID) -> RoomTraits {
        // In a thread Slack takes no slash command, and nowhere a message that begins with one.
        let (name, missing) = self.state.withLock { ($0.session.identity?.name ?? "jetbridge", $0.missing) }
        let factor = max(self.settings.paceFactor, 0.001)
        var capabilities: RoomTraits.Capabilities = [
            .edits, .reactions, .typing, .threads, .buttons, .files, .history, .deletes,
        ]
        // What an app may not do is said in words.
        if missing.contains(.addReaction) { capabilities.remove(.reactions) }
        if missing.contains(.setStatus) { capabilities.remove(.typing) }
        return RoomTraits(
            capabilities: capabilities, textLimit: Self.textLimit, textUnit: .utf16,
            editInterval: Self.editInterval / factor, finalInterval: Self.finalInterval / factor,
            previewDelay: Self.previewDelay / factor,
            postInterval: .seconds(1) / factor, postBurst: 3, uploadLimit: Self.uploadLimit,
            commandSign: SlackCommandText.sign, commandPrefix: "@\(name) ")
    }

    /// 12,000 characters of Markdown a message, in a unit that Slack does not name: the larger one, and 5 % less.
    static let textLimit = 11_400
    /// For one message alone; previews of several at once are further apart, see ``keepPace(of:_:at:)``.
    static let editInterval: Duration = .milliseconds(1_200)
    /// Slack counts the edits of a minute and not the time between two of them: the end need not wait.
    static let finalInterval: Duration = .milliseconds(200)
    /// For some words to begin with: an answer that is whole by then costs one call instead of three.
    static let previewDelay: Duration = .milliseconds(100)
    /// Slack takes a gigabyte; a file is in memory while it is sent.
    static let uploadLimit = 256 << 20

    package func stop() async {
        let now = self.now
        self.state.withLock { state in
            state.noteSeen(at: now)
            state.isStopping = true
        }
        self.perform(.stop)
        self.toConduct.signal()
    }

    // MARK: Actions

    /// Lets the session take an input, and does what it says.
    func perform(_ input: SlackSession.Input) {
        let now = self.now
        var envelopes: [(Int, SlackEnvelope)] = []
        var logs: [(SlackLogLevel, String)] = []
        self.state.withLock { state in
            for action in state.session.handle(input, at: now) {
                switch action {
                case .call(let call): state.orders.append(.call(call))
                case .close(let link): state.orders.append(.close(link))
                case .take(let link, let envelope): envelopes.append((link, envelope))
                case .catchUp:
                    state.isCatchingUp = true
                    state.orders.append(.catchUp)
                case .log(let level, let text): logs.append((level, text))
                case .status(let value, let detail):
                    if state.status.state != value { state.status.since = now.wall }
                    state.status.state = value
                    state.status.detail = detail
                    state.orders.append(.status(state.status))
                }
            }
        }
        for (level, text) in logs { self.log(level, text) }
        for (link, envelope) in envelopes { self.take(envelope, from: link) }
        self.toConduct.signal()
    }

    /// False when it is too late, or there is too much of it.
    @discardableResult func order(_ order: Order) -> Bool {
        let isTaken = self.state.withLock { state -> Bool in
            guard state.isRunning, !state.isStopping, state.orders.count < Self.listLimit else { return false }
            state.orders.append(order)
            return true
        }
        if isTaken { self.toConduct.signal() }
        return isTaken
    }

    func log(_ level: SlackLogLevel, _ text: String) {
        switch level {
        case .debug: self.logger.debug(text)
        case .info: self.logger.info(text)
        case .warning: self.logger.warning(text)
        case .error: self.logger.error(text)
        }
    }

    /// Understands payloads, once it is known who the bot is.
    var reader: SlackReader? {
        self.state.withLock { $0.session.identity }.map {
            SlackReader(adapter: self.id, bot: $0, commands: self.settings.commands)
        }
    }
}
