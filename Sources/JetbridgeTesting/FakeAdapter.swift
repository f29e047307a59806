public import Chat
internal import Primitives

/// A network in memory: people write with ``say(_:from:in:id:)``, and ``posts`` is what they would read.
public final class FakeAdapter: ChatAdapter, EditingAdapter, TypingAdapter {
    /// A message as it stands in the room now.
    public struct Post: Sendable, Equatable {
        /// The platform's id.
        public let id: String
        /// Where it stands.
        public let route: Route
        /// Its text after the last edit.
        public var text: String
        /// How often it was edited.
        public var edits: Int
    }

    private struct State {
        var posts: [Post] = []
        var sink: (any MessageSink)?
        var failures: [AdapterError] = []
        var nextEvent = 0
        var waiters: [(isMet: @Sendable ([Post]) -> Bool, continuation: CheckedContinuation<Void, Never>)] = []
        var isTyping = false
    }

    /// The network's id.
    public let id: AdapterID
    /// Markdown as it is written.
    public let renderer: any MessageRenderer = PlainMarkdownRenderer()
    private let roomTraits: RoomTraits
    private let state = Protected(State())

    /// A network whose rooms have `traits`.
    public init(
        id: String = "fake:one", traits: RoomTraits = RoomTraits(textLimit: 400, textUnit: .bytes, isMultiline: false)
    ) {
        self.id = AdapterID(id)
        self.roomTraits = traits
    }

    /// Connects it without a run loop.
    public func connect(to sink: any MessageSink) { self.state.withLock { $0.sink = sink } }

    /// What stands in all rooms, in the order of posting.
    public var posts: [Post] { self.state.withLock { $0.posts } }

    /// The texts of ``posts``.
    public var texts: [String] { self.posts.map(\.text) }

    /// Whether the sign is shown.
    public var isTyping: Bool { self.state.withLock { $0.isTyping } }

    /// The next posts fail with `errors`, one each.
    public func fail(with errors: AdapterError...) { self.state.withLock { $0.failures += errors } }

    /// Somebody writes. Returns what became of it.
    @discardableResult
    public func say(
        _ text: String, from person: String = "alice", in room: String = "alice", id: String? = nil,
        isDirect: Bool = true, isAddressed: Bool = true, isBacklog: Bool = false, sentAt: Int64 = 0
    ) async throws -> Delivery {
        try await self.connectedSink.deliver(
            self.event(
                text, from: person, in: room, id: id, isDirect: isDirect, isAddressed: isAddressed,
                isBacklog: isBacklog, sentAt: sentAt))
    }

    /// The event that ``say(_:from:in:id:isDirect:isAddressed:isBacklog:sentAt:)`` delivers.
    public func event(
        _ text: String, from person: String = "alice", in room: String = "alice", id: String? = nil,
        isDirect: Bool = true, isAddressed: Bool = true, isBacklog: Bool = false, sentAt: Int64 = 0
    ) -> InboundEvent {
        let number = self.state.withLock { state in
            state.nextEvent += 1
            return state.nextEvent
        }
        let identity = Identity("\(self.id)/\(person)")
        let message = InboundMessage(
            thread: ThreadKey(adapter: self.id, value: "\(room)/\(person)"),
            route: Route(room: RoomID(adapter: self.id, name: room), addressee: isDirect ? nil : person),
            sender: Sender(id: identity.value, identities: [identity], displayName: person), text: text, sentAt: sentAt,
            isDirect: isDirect, isAddressed: isAddressed, isBacklog: isBacklog)
        return InboundEvent(id: id ?? "e\(number)", adapter: self.id, kind: .message(message))
    }

    /// Waits until at least `count` messages stand in the rooms.
    public func waitForPosts(_ count: Int) async {
        await self.wait { $0.count >= count }
    }

    /// Waits until a message reads `text`.
    public func waitForText(_ text: String) async {
        await self.wait { $0.contains { $0.text == text } }
    }

    private func wait(until isMet: @escaping @Sendable ([Post]) -> Bool) async {
        await withCheckedContinuation { continuation in
            let isThere = self.state.withLock { state in
                if isMet(state.posts) { return true }
                state.waiters.append((isMet, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    /// Changes what stands in the rooms and tells who waits for it.
    private func change<Value>(_ body: (inout State) -> Value) -> Value {
        let (value, ready) = self.state.withLock { state in
            let value = body(&state)
            let posts = state.posts
            let ready = state.waiters.filter { $0.isMet(posts) }
            state.waiters.removeAll { $0.isMet(posts) }
            return (value, ready)
        }
        for waiter in ready { waiter.continuation.resume() }
        return value
    }

    private var connectedSink: any MessageSink {
        get throws {
            guard let sink = self.state.withLock({ $0.sink }) else {
                throw AdapterError(.disconnected, "the fake network is not connected")
            }
            return sink
        }
    }

    // MARK: ChatAdapter

    /// Always up.
    public var status: AdapterStatus { AdapterStatus(state: .up, since: 0) }

    /// Connects it; nothing runs.
    public func run(delivering sink: any MessageSink) async throws { self.connect(to: sink) }

    /// Does nothing.
    public func stop() async {}

    /// The traits that it was made with.
    public func traits(of room: RoomID) -> RoomTraits { self.roomTraits }

    /// Puts the message into its room, or fails as told.
    public func post(_ message: OutgoingMessage) async throws -> MessageReference {
        if let failure = self.state.withLock({ $0.failures.isEmpty ? nil : $0.failures.removeFirst() }) {
            throw failure
        }
        return self.change { state in
            let id = "p\(state.posts.count + 1)"
            state.posts.append(Post(id: id, route: message.route, text: message.text, edits: 0))
            return MessageReference(room: message.route.room, id: id)
        }
    }

    /// Edits a message in place.
    public func replace(_ reference: MessageReference, with message: OutgoingMessage) async throws {
        self.change { state in
            guard let index = state.posts.firstIndex(where: { $0.id == reference.id }) else { return }
            state.posts[index].text = message.text
            state.posts[index].edits += 1
        }
    }

    /// Remembers the sign.
    public func setTyping(_ isTyping: Bool, in route: Route) async {
        self.state.withLock { $0.isTyping = isTyping }
    }
}
