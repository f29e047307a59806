package import Chat
internal import EventLoop
package import HTTPClient
internal import JSON
package import Kit
package import Logging
internal import Primitives
internal import WebSockets

/// One Slack workspace as a chat adapter: performs what ``SlackStateMachine`` decides, and sends messages within the
/// limits of ``SlackBudget``.
package final class SlackAdapter: EditingAdapter, DeletingAdapter, TypingAdapter, ReactingAdapter, ReconcilingAdapter,
    FileAdapter, DiagnosingAdapter
{
    package let id: AdapterID
    package let renderer: any MessageRenderer = SlackFormatting()

    let settings: SlackSettings
    let memory: MemoryStore
    let client: HTTPClient
    /// Shared by all sockets: the underlying library leaks memory whenever a second client ends.
    let webSockets: WebSocketClient
    let logger: Logger
    private let clock: @Sendable () -> AdapterTime
    let state: Protected<State>
    /// Signals a new order, an earlier deadline or the stop.
    let toConduct = Signal()
    let queues: [SlackDeliveryQueue]

    /// Shared by all tasks, under one lock.
    struct State {
        var machine: SlackStateMachine
        var status: AdapterStatus
        var work = SlackWork()
        var budget = SlackBudget()
        /// Methods that this workspace or app does not have.
        var missing: Set<SlackMethod> = []
        var seen = SlackSeen()
        var people = SlackPeople()
        /// Events that wait for names which others look up.
        var lookUpWaiters: [ObjectIdentifier: Signal] = [:]
        var growing = SlackGrowingMessages()
        var signs = SlackThreadSigns()
        /// Files of uploads whose outcome is unknown, by token.
        var uploads = RecentMap<String, String>(capacity: 2_000)
        var files = SlackSeenFiles()
        var forgeries = SlackForgeries()

        mutating func noteSeen(at now: AdapterTime) {
            self.seen.noteSeen(at: now.wall, isUp: self.status.state == .up)
        }
    }

    package init(
        _ settings: SlackSettings, memory: MemoryStore = .none, client: HTTPClient? = nil,
        logger: Logger = Logger(label: "slack"), clock: @escaping @Sendable () -> AdapterTime = { .now }
    ) {
        self.settings = settings
        self.clock = clock
        self.memory = memory
        self.id = AdapterID("slack:\(settings.id)")
        self.logger = logger.with(["adapter": "slack:\(settings.id)"])
        self.client = client ?? HTTPClient()
        var sockets = WebSocketClientSettings()
        // A half-open socket stays silent for hours: a peer that does not answer pings is dead.
        sockets.socket.pingInterval = .seconds(5)
        sockets.socket.deadline = .seconds(12)
        // An edit of the longest text has it four times, with each emoji as twelve characters: about 2 MB.
        sockets.socket.messageLimit = 8 << 20
        // Slack does not close the connection after the closing handshake.
        sockets.socket.closeSeconds = 1
        sockets.caFile = self.client.settings.caFile
        self.webSockets = WebSocketClient(sockets, logger: self.logger)
        self.queues = (0..<SlackDeliveryQueue.count).map { _ in SlackDeliveryQueue() }
        let isSocket = if case .socket = settings.intake { true } else { false }
        var state = State(
            machine: SlackStateMachine(isSocket: isSocket),
            status: AdapterStatus(state: .down, since: clock().wall))
        state.budget.factor = settings.paceFactor
        self.state = Protected(state)
        Redaction.register(settings.botToken)
        switch settings.intake {
        case .socket(let secret), .http(let secret): Redaction.register(secret)
        }
    }

    var now: AdapterTime { self.clock() }

    package var status: AdapterStatus { self.state.withLock { $0.status } }

    package func traits(of room: RoomID) -> RoomTraits {
        // Texts show commands as mentions: Slack accepts neither slash commands in threads nor messages that begin with
        // `/`.
        let (name, missing, title) = self.state.withLock {
            ($0.machine.identity?.name ?? "jetbridge", $0.missing, $0.people.title(of: room.name))
        }
        let factor = max(self.settings.paceFactor, 0.001)
        var capabilities: RoomTraits.Capabilities = [
            .edits, .reactions, .typing, .threads, .buttons, .files, .history, .deletes, .lastingIDs,
        ]
        // The core uses text for what the app cannot show.
        if missing.contains(.addReaction) { capabilities.remove(.reactions) }
        if missing.contains(.setStatus) { capabilities.remove(.typing) }
        return RoomTraits(
            capabilities: capabilities, textLimit: Self.textLimit, textUnit: .utf16,
            editInterval: SlackPace.editInterval / factor, finalInterval: SlackPace.finalInterval / factor,
            previewDelay: SlackPace.previewDelay / factor, postInterval: SlackPace.postInterval / factor,
            postBurst: SlackPace.postBurst, uploadLimit: Self.uploadLimit, times: .local,
            commandSign: SlackCommandText.sign, commandPrefix: "@\(name) ", names: [name], title: title)
    }

    /// Slack accepts 12,000 characters of Markdown in a message without naming the unit: taken as UTF-16 units, of
    /// which a text has more than characters, less 5 %.
    static let textLimit = 11_400
    /// Slack accepts a gigabyte, but a file is in memory while it is sent.
    static let uploadLimit = 256 << 20

    package func stop() async {
        let now = self.now
        self.state.withLock { state in
            state.noteSeen(at: now)
            state.work.stop()
        }
        self.perform(.stop)
        self.toConduct.signal()
    }

    // MARK: Actions

    /// Feeds the state machine an input and performs its actions.
    func perform(_ input: SlackStateMachine.Input) {
        let now = self.now
        var envelopes: [(Int, SlackEnvelope)] = []
        var logs: [(LogLevel, String)] = []
        self.state.withLock { state in
            for action in state.machine.handle(input, at: now) {
                switch action {
                case .call(let call): state.work.add(.call(call))
                case .close(let link): state.work.add(.close(link))
                case .accept(let link, let envelope): envelopes.append((link, envelope))
                case .catchUp:
                    state.seen.beginCatchUp()
                    state.work.add(.catchUp)
                case .log(let level, let text): logs.append((level, text))
                case .status(let value, let detail):
                    state.status.change(to: value, detail: detail, at: now)
                    state.work.add(.status(state.status))
                }
            }
        }
        for (level, text) in logs { self.logger.log(level, text) }
        for (link, envelope) in envelopes { self.accept(envelope, from: link) }
        self.toConduct.signal()
    }

    /// False when the adapter is not running, or too many orders are waiting.
    @discardableResult func order(_ order: SlackWork.Order) -> Bool {
        let isTaken = self.state.withLock { $0.work.offer(order) }
        if isTaken { self.toConduct.signal() }
        return isTaken
    }

    /// Nil until the bot's identity is known.
    var reader: SlackReader? {
        self.state.withLock { $0.machine.identity }.map {
            SlackReader(adapter: self.id, bot: $0, commands: self.settings.commands)
        }
    }
}
