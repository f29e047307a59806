package import Chat
package import HTTPClient
internal import JSON
package import Kit
package import Logging
internal import Primitives

/// One Matrix account as a chat adapter: performs what ``MatrixStateMachine`` decides, and decides nothing itself.
package final class MatrixAdapter: ChatAdapter {
    package let id: AdapterID
    package let renderer: any MessageRenderer = MatrixFormatting()

    let settings: MatrixSettings
    let transport: any MatrixTransport
    let memory: MemoryStore
    /// Where the encryption keys are; nil refuses encrypted rooms.
    let keys: (any MatrixKeyPlace)?
    /// Set while the adapter runs.
    let encryption = Protected<MatrixEncryption?>(nil)
    /// Whether a sender may invite the bot; nil ignores invitations.
    let mayInvite: (@Sendable (Sender) async -> Bool)?
    /// Whether anyone else may start a direct conversation, in order to pair.
    let mayPair: (@Sendable () async -> Bool)?
    let logger: Logger
    let state: Protected<State>
    let asides = AsyncStream<Aside>.makeStream(bufferingPolicy: .bufferingOldest(2_048))
    /// Ends when ``stop()`` is called.
    let stops = AsyncStream<Void>.makeStream()

    struct State {
        var machine: MatrixStateMachine
        var status: AdapterStatus
        /// State that is not saved yet, and the time of the last save (monotonic, in milliseconds).
        var unsaved: MatrixMemory?
        var savedAt: Int64 = 0
        /// Typing signs, by room.
        var typing: [String: Typing] = [:]
        var lastTyping = 0
        /// Event ids of the bot's reactions, needed to remove them.
        var reactions = RecentMap<ReactionKey, String>(capacity: 1_024)
        /// What could be read of the present sync.
        var opened = MatrixOpened.none
        /// Asides in progress.
        var busy = 0
    }

    struct Typing {
        var anchors: Set<String>
        /// Distinguishes one run of the sign from the next.
        var number: Int
        /// A typing request was sent.
        var isShown = false
    }

    struct ReactionKey: Hashable {
        let target: String
        let emoji: String
    }

    /// Work that runs alongside the main line.
    enum Aside: Sendable {
        case request(MatrixRequest, after: Int64)
        case markRead(MatrixStateMachine.ReadMark, after: Int64)
        case ask(room: String, Sender, isDirect: Bool)
        case say(MatrixOutgoing)
        case typing(room: String, number: Int)
        case typingEnd(room: String)
    }

    /// With this many asides in progress, decoration is dropped.
    static let asideLimit = 64

    /// Without `client` or `transport` the adapter creates one. Without `mayInvite` invitations are ignored, neither
    /// accepted nor declined. Without `mayPair` no one else can start a direct conversation.
    package init(
        _ settings: MatrixSettings, memory: MemoryStore = .none, keys: (any MatrixKeyPlace)? = nil,
        client: HTTPClient? = nil, transport: (any MatrixTransport)? = nil,
        mayInvite: (@Sendable (Sender) async -> Bool)? = nil, mayPair: (@Sendable () async -> Bool)? = nil,
        logger: Logger = Logger(label: "matrix")
    ) {
        self.settings = settings
        self.transport =
            transport ?? MatrixHTTPTransport(homeserver: settings.homeserver, client: client ?? HTTPClient())
        self.memory = memory
        self.keys = settings.encryption.isEnabled ? keys : nil
        self.mayInvite = mayInvite
        self.mayPair = mayPair
        self.id = AdapterID("matrix:\(settings.id)")
        self.logger = logger.with(["adapter": "matrix:\(settings.id)"])
        self.state = Protected(
            State(
                machine: MatrixStateMachine(
                    settings: settings, answersInvitations: mayInvite != nil, at: AdapterTime.now),
                status: AdapterStatus(state: .down, since: AdapterTime.now.wall)))
    }

    package var status: AdapterStatus { self.state.withLock { $0.status } }

    package func traits(of room: RoomID) -> RoomTraits {
        self.state.withLock { $0.machine.traits(of: room, at: AdapterTime.now) }
    }

    package func stop() async { self.stops.continuation.finish() }

    @discardableResult package func post(_ message: OutgoingMessage) async throws -> MessageReference {
        let outgoing = self.state.withLock { $0.machine.posting(message) }
        return self.reference(try await self.transmit(outgoing), in: message.route.room.name)
    }

    func reference(_ id: String, in room: String) -> MessageReference {
        MessageReference(room: RoomID(adapter: self.id, name: room), id: id)
    }

    /// Sends an event and retries in a reduced form if the server requires it. Returns the event id.
    func transmit(_ outgoing: MatrixOutgoing) async throws -> String {
        var outgoing = outgoing
        for _ in 0..<4 {
            let (request, token) = try await self.request(outgoing)
            // What was encrypted must not leave after another host has the keys: it may have sent it already.
            guard self.encryption.withLock({ $0?.isHeld ?? true }) else {
                throw AdapterError(.disconnected, "Another host serves this account now")
            }
            let answer = try await self.transport.send(request, token: token)
            switch try self.state.withLock({ try $0.machine.finish(outgoing, answer, at: AdapterTime.now) }) {
            case .sent(let id):
                await self.forget(outgoing)
                return id
            case .again(let other):
                await self.forget(outgoing)
                outgoing = other
            }
        }
        throw AdapterError(.invalid, "The homeserver rejects the message in every form")
    }

    /// The request that sends an event, sealed if its room requires that.
    private func request(_ outgoing: MatrixOutgoing) async throws -> (MatrixRequest, Secret?) {
        let clear = try self.state.withLock { state -> MatrixRequest? in
            guard state.machine.mustEncrypt(outgoing) else {
                return try state.machine.send(outgoing, at: AdapterTime.now)
            }
            try state.machine.admit(outgoing, at: AdapterTime.now)
            return nil
        }
        let request: MatrixRequest
        if let clear {
            request = clear
        } else {
            let sealed = try await self.seal(outgoing)
            request = self.state.withLock { $0.machine.request(outgoing, .sealed(sealed)) }
        }
        return (request, self.state.withLock { $0.machine.token })
    }
}
