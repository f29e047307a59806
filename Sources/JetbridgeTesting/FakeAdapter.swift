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
        /// Ours, by which a message can be found again.
        public let token: String
    }

    /// What goes wrong with one post or edit.
    public enum Fault: Sendable {
        /// The network does not take it, and says so.
        case refused(AdapterError)
        /// The network takes it, and its answer is lost: the caller gets the error all the same.
        case taken(AdapterError)

        fileprivate var error: AdapterError {
            switch self {
            case .refused(let error), .taken(let error): error
            }
        }
    }

    private struct State {
        var posts: [Post] = []
        var lastPost = 0
        var sink: (any MessageSink)?
        var postFaults: [Fault] = []
        var editFaults: [Fault] = []
        var isHolding = false
        var holders: [CheckedContinuation<Void, Never>] = []
        var isStopped = false
        var onStop: CheckedContinuation<Void, Never>?
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

    /// Leaves out of ``posts`` what stands there now; edits of it change nothing.
    public func forgetPosts() { self.state.withLock { $0.posts = [] } }

    /// Whether the sign is shown.
    public var isTyping: Bool { self.state.withLock { $0.isTyping } }

    /// The next posts fail with `errors`, one each.
    public func fail(with errors: AdapterError...) { self.meet(errors.map { .refused($0) }) }

    /// The next posts meet `faults`, one each.
    public func meet(_ faults: [Fault]) { self.state.withLock { $0.postFaults += faults } }

    /// Faults that nothing has met yet.
    public var faultsLeft: Int { self.state.withLock { $0.postFaults.count + $0.editFaults.count } }

    /// The next edits meet `faults`, one each.
    public func meetInEdits(_ faults: [Fault]) { self.state.withLock { $0.editFaults += faults } }

    /// Whether posts wait; those that do go on when it is set to false.
    public func setHolding(_ isHolding: Bool) {
        let holders = self.state.withLock { state in
            state.isHolding = isHolding
            defer { if !isHolding { state.holders = [] } }
            return isHolding ? [] : state.holders
        }
        for holder in holders { holder.resume() }
    }

    /// Somebody writes. Returns what became of it.
    @discardableResult
    public func say(
        _ text: String, from person: String = "alice", in room: String = "alice", id: String? = nil,
        isDirect: Bool = true, isAddressed: Bool = true, isBacklog: Bool = false, sentAt: Int64 = 0,
        isBot: Bool = false, isSelf: Bool = false
    ) async throws -> Delivery {
        try await self.connectedSink.deliver(
            self.event(
                text, from: person, in: room, id: id, isDirect: isDirect, isAddressed: isAddressed,
                isBacklog: isBacklog, sentAt: sentAt, isBot: isBot, isSelf: isSelf))
    }

    /// The event that ``say(_:from:in:id:isDirect:isAddressed:isBacklog:sentAt:isBot:isSelf:)`` delivers.
    public func event(
        _ text: String, from person: String = "alice", in room: String = "alice", id: String? = nil,
        isDirect: Bool = true, isAddressed: Bool = true, isBacklog: Bool = false, sentAt: Int64 = 0,
        isBot: Bool = false, isSelf: Bool = false
    ) -> InboundEvent {
        let number = self.state.withLock { state in
            state.nextEvent += 1
            return state.nextEvent
        }
        let identity = Identity("\(self.id)/\(person)")
        let message = InboundMessage(
            thread: ThreadKey(adapter: self.id, value: "\(room)/\(person)"),
            route: Route(room: RoomID(adapter: self.id, name: room), addressee: isDirect ? nil : person),
            sender: Sender(
                id: identity.value, identities: [identity], displayName: person, isBot: isBot, isSelf: isSelf),
            text: text, sentAt: sentAt, isDirect: isDirect, isAddressed: isAddressed, isBacklog: isBacklog)
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

    /// Up while it is connected.
    public var status: AdapterStatus {
        AdapterStatus(state: self.state.withLock { $0.sink } == nil ? .down : .up, since: 0)
    }

    /// Connects it, and waits for ``stop()`` or cancellation.
    public func run(delivering sink: any MessageSink) async throws {
        self.connect(to: sink)
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isStopped = self.state.withLock { state in
                    if !state.isStopped { state.onStop = continuation }
                    return state.isStopped
                }
                if isStopped { continuation.resume() }
            }
        } onCancel: {
            self.disconnect()
        }
        try Task.checkCancellation()
    }

    /// Lets ``run(delivering:)`` return; nobody can write any more.
    public func stop() async { self.disconnect() }

    private func disconnect() {
        self.state.withLock { state in
            state.isStopped = true
            state.sink = nil
            return state.onStop.take()
        }?.resume()
    }

    /// The traits that it was made with.
    public func traits(of room: RoomID) -> RoomTraits { self.roomTraits }

    /// Puts the message into its room, or fails as told.
    public func post(_ message: OutgoingMessage) async throws -> MessageReference {
        await self.waitWhileHolding()
        return try self.meeting(\.postFaults) { state in
            state.lastPost += 1
            let id = "p\(state.lastPost)"
            state.posts.append(Post(id: id, route: message.route, text: message.text, edits: 0, token: message.token))
            return MessageReference(room: message.route.room, id: id)
        }
    }

    /// Edits a message in place, or fails as told.
    public func replace(_ reference: MessageReference, with message: OutgoingMessage) async throws {
        try self.meeting(\.editFaults) { state in
            guard let index = state.posts.firstIndex(where: { $0.id == reference.id }) else { return }
            state.posts[index].text = message.text
            state.posts[index].edits += 1
        }
    }

    /// Does what the network is asked, unless the next fault says otherwise.
    private func meeting<Value>(
        _ faults: WritableKeyPath<State, [Fault]>, _ body: (inout State) -> Value
    ) throws -> Value {
        let fault = self.state.withLock { $0[keyPath: faults].isEmpty ? nil : $0[keyPath: faults].removeFirst() }
        if case .refused(let error) = fault { throw error }
        let value = self.change(body)
        if let fault { throw fault.error }
        return value
    }

    private func waitWhileHolding() async {
        await withCheckedContinuation { continuation in
            let mayGo = self.state.withLock { state in
                if state.isHolding { state.holders.append(continuation) }
                return !state.isHolding
            }
            if mayGo { continuation.resume() }
        }
    }

    /// Remembers the sign.
    public func setTyping(_ isTyping: Bool, in route: Route) async {
        self.state.withLock { $0.isTyping = isTyping }
    }
}
