package import Chat
internal import Crypto
internal import EventLoop
internal import Glibc
internal import HTTP
package import HTTPClient
internal import JSON
package import Logging
internal import Primitives

/// One Matrix account as a chat adapter: performs what ``MatrixSession`` decides, and decides nothing itself.
package final class MatrixAdapter: ChatAdapter {
    package let id: AdapterID
    package let renderer: any MessageRenderer = MatrixFormatting()

    let settings: MatrixSettings
    let transport: any MatrixTransport
    let memory: MatrixMemoryStore
    /// Who may invite us; nil leaves invitations alone.
    let mayInvite: (@Sendable (Sender) async -> Bool)?
    /// Whether somebody who may not invite us may begin a direct conversation, to pair.
    let mayPair: (@Sendable () async -> Bool)?
    let logger: Logger
    let state: Protected<State>
    /// What is done beside the main line.
    let asides: AsyncStream<Aside>
    let asideSource: AsyncStream<Aside>.Continuation
    /// Ends when ``stop()`` is called.
    let stops: AsyncStream<Void>
    let stopSource: AsyncStream<Void>.Continuation

    /// What all tasks share, under one lock.
    struct State {
        var session: MatrixSession
        var status: AdapterStatus
        /// What is remembered and not kept yet, and when something was kept.
        var unsaved: MatrixMemory?
        var savedAt: Int64 = 0
        /// Threads in which the sign is shown, by room.
        var typing: [String: Typing] = [:]
        var lastTyping = 0
        /// Our reactions, to take them back.
        var reactions = RecentMap<ReactionKey, String>(capacity: 1_024)
        /// Asides under way.
        var busy = 0
    }

    struct Typing {
        var anchors: Set<String>
        /// Tells one run of the sign from the next.
        var number: Int
        /// The server was told.
        var isShown = false
    }

    struct ReactionKey: Hashable {
        let target: String
        let emoji: String
    }

    /// Work beside the main line.
    enum Aside: Sendable {
        case request(MatrixRequest, after: Int64)
        case ask(room: String, Sender, isDirect: Bool)
        case say(MatrixOutgoing)
        case typing(room: String, number: Int)
        case typingEnd(room: String)
    }

    /// Beyond this many, what is only decoration is left out.
    static let asideLimit = 64

    /// `client`: by default one of its own. `mayInvite`: by default invitations are left alone, neither followed nor
    /// declined. `mayPair`: by default nobody else is let in.
    package convenience init(
        _ settings: MatrixSettings, memory: MatrixMemoryStore = .none, client: HTTPClient? = nil,
        mayInvite: (@Sendable (Sender) async -> Bool)? = nil, mayPair: (@Sendable () async -> Bool)? = nil,
        logger: Logger = Logger(label: "matrix")
    ) {
        let transport = MatrixHTTPTransport(homeserver: settings.homeserver, client: client ?? HTTPClient())
        self.init(
            settings, memory: memory, transport: transport, mayInvite: mayInvite, mayPair: mayPair, logger: logger)
    }

    package init(
        _ settings: MatrixSettings, memory: MatrixMemoryStore = .none, transport: any MatrixTransport,
        mayInvite: (@Sendable (Sender) async -> Bool)? = nil, mayPair: (@Sendable () async -> Bool)? = nil,
        logger: Logger = Logger(label: "matrix")
    ) {
        self.settings = settings
        self.transport = transport
        self.memory = memory
        self.mayInvite = mayInvite
        self.mayPair = mayPair
        self.id = AdapterID("matrix:\(settings.id)")
        self.logger = logger.with(["adapter": "matrix:\(settings.id)"])
        self.state = Protected(
            State(
                session: MatrixSession(settings: settings, answersInvitations: mayInvite != nil, at: Self.now),
                status: AdapterStatus(state: .down, since: Self.now.wall)))
        (self.asides, self.asideSource) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(2_048))
        (self.stops, self.stopSource) = AsyncStream.makeStream()
    }

    package var status: AdapterStatus { self.state.withLock { $0.status } }

    package func traits(of room: RoomID) -> RoomTraits {
        self.state.withLock { $0.session.traits(of: room, at: Self.now) }
    }

    package func stop() async { self.stopSource.finish() }

    @discardableResult package func post(_ message: OutgoingMessage) async throws -> MessageReference {
        let outgoing = self.state.withLock { $0.session.posting(message) }
        return self.reference(try await self.transmit(outgoing), in: message.route.room.name)
    }

    func reference(_ id: String, in room: String) -> MessageReference {
        MessageReference(room: RoomID(adapter: self.id, name: room), id: id)
    }

    /// Sends something into a room, in another form if the server wants one.
    func transmit(_ outgoing: MatrixOutgoing) async throws -> String {
        var outgoing = outgoing
        for _ in 0..<4 {
            let (request, token) = try self.state.withLock { state in
                (try state.session.send(outgoing, at: Self.now), state.session.token)
            }
            let answer = try await self.transport.send(request, token: token)
            switch try self.state.withLock({ try $0.session.finish(outgoing, answer, at: Self.now) }) {
            case .sent(let id): return id
            case .again(let other): outgoing = other
            }
        }
        throw AdapterError(.invalid, "The homeserver takes the message in no form")
    }

    static var now: MatrixTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return MatrixTime(
            monotonic: LoopInstant.current().nanoseconds / 1_000_000,
            wall: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
    }

    func log(_ level: MatrixSession.Level, _ text: String) {
        switch level {
        case .debug: self.logger.debug(text)
        case .info: self.logger.info(text)
        case .warning: self.logger.warning(text)
        case .error: self.logger.error(text)
        }
    }
}
