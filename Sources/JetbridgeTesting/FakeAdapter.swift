public import Chat
internal import Primitives

/// A network in memory: people write with ``say(_:from:in:id:)``, and ``posts`` is what they would read.
///
/// It can do everything that a network can; what a room of it can do is said by its traits.
public final class FakeAdapter: ChatAdapter, EditingAdapter, TypingAdapter {
    /// A message as it stands in the room now.
    public struct Post: Sendable, Equatable {
        /// The platform's id.
        public let id: String
        /// Where it stands.
        public let route: Route
        /// Its text after the last edit; a file's caption.
        public var text: String
        /// How often it was edited.
        public var edits: Int
        /// Ours, by which a message can be found again.
        public let token: String
        /// What can be pressed below it.
        public var buttons: [MessageButton] = []
        /// Whether the last text was the one that stays.
        public var isFinal = true
        /// The file that it is.
        public var file: OutgoingFile?
    }

    /// What goes wrong with one post or edit.
    public enum Fault: Sendable {
        /// The network does not take it, and says so.
        case refused(AdapterError)
        /// The network takes it, and its answer is lost: the caller gets the error all the same.
        case taken(AdapterError)

        var error: AdapterError {
            switch self {
            case .refused(let error), .taken(let error): error
            }
        }
    }

    /// A reaction of the bot's that came or went.
    public struct Reaction: Sendable, Equatable {
        /// One emoji.
        public let emoji: String
        /// Came, or went.
        public let isOn: Bool
        /// The platform's id of the message that it is on.
        public let message: String

        /// Describes a reaction.
        public init(_ emoji: String, isOn: Bool, on message: String) {
            self.emoji = emoji
            self.isOn = isOn
            self.message = message
        }
    }

    struct State {
        var posts: [Post] = []
        var lastPost = 0
        var sink: (any MessageSink)?
        var postFaults: [Fault] = []
        var editFaults: [Fault] = []
        var draftFaults: [Fault] = []
        var uploadFaults: [Fault] = []
        var deleteFaults: [Fault] = []
        var isStopped = false
        var onStop: CheckedContinuation<Void, Never>?
        var nextEvent = 0
        var waiters: [(isMet: @Sendable (State) -> Bool, continuation: CheckedContinuation<Void, Never>)] = []
        /// The last words about the sign, oldest first.
        var signs: [Bool] = []
        var reactions: [Reaction] = []
        var deleted: [String] = []
        var drafts: [OutgoingMessage] = []
        var lost: RoomTraits.Capabilities = []
        var files: [String: [UInt8]] = [:]
        var fetched: [String] = []
    }

    /// The network's id.
    public let id: AdapterID
    /// Markdown as it is written.
    public let renderer: any MessageRenderer = PlainMarkdownRenderer()
    private let roomTraits: RoomTraits
    let state = Protected(State())
    /// What posts and removals pass.
    let posting = Gate(isOpen: true)
    private let typing = Gate(isOpen: true)

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

    /// The next posts fail with `errors`, one each.
    public func fail(with errors: AdapterError...) { self.meet(errors.map { .refused($0) }) }

    /// The next posts meet `faults`, one each.
    public func meet(_ faults: [Fault]) { self.state.withLock { $0.postFaults += faults } }

    /// Faults that nothing has met yet.
    public var faultsLeft: Int {
        self.state.withLock { $0.postFaults.count + $0.editFaults.count + $0.draftFaults.count }
    }

    /// The next edits meet `faults`, one each.
    public func meetInEdits(_ faults: [Fault]) { self.state.withLock { $0.editFaults += faults } }

    /// Whether the sign waits; those that do go on when it is set to false.
    public func setHoldingTyping(_ isHolding: Bool) { self.typing.setOpen(!isHolding) }

    /// Waits until the last words about the sign are these, oldest first; at most eight are kept.
    public func waitForTyping(_ signs: [Bool]) async { await self.wait { $0.signs.suffix(signs.count) == signs[...] } }

    /// Whether posts and removals wait; those that do go on when it is set to false.
    public func setHolding(_ isHolding: Bool) { self.posting.setOpen(!isHolding) }

    /// Whether a post or removal waits.
    public var isStuck: Bool { self.posting.isHolding }

    /// Waits until at least `count` messages stand in the rooms.
    public func waitForPosts(_ count: Int) async {
        await self.wait { $0.posts.count >= count }
    }

    /// Waits until a message reads `text`.
    public func waitForText(_ text: String) async {
        await self.wait { $0.posts.contains { $0.text == text } }
    }

    func wait(until isMet: @escaping @Sendable (State) -> Bool) async {
        await withCheckedContinuation { continuation in
            let isThere = self.state.withLock { state in
                if isMet(state) { return true }
                state.waiters.append((isMet, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    /// Changes what stands in the rooms and tells who waits for it.
    func change<Value>(_ body: (inout State) -> Value) -> Value {
        let (value, ready) = self.state.withLock { state in
            let value = body(&state)
            let now = state
            let ready = state.waiters.filter { $0.isMet(now) }
            state.waiters.removeAll { $0.isMet(now) }
            return (value, ready)
        }
        for waiter in ready { waiter.continuation.resume() }
        return value
    }

    var connectedSink: any MessageSink {
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
    public func traits(of room: RoomID) -> RoomTraits {
        var traits = self.roomTraits
        traits.capabilities.subtract(self.state.withLock { $0.lost })
        return traits
    }

    /// Puts the message into its room, or fails as told.
    public func post(_ message: OutgoingMessage) async throws -> MessageReference {
        await self.posting.pass()
        return try self.meeting(\.postFaults) { state in
            state.lastPost += 1
            let id = "p\(state.lastPost)"
            state.posts.append(
                Post(
                    id: id, route: message.route, text: message.text, edits: 0, token: message.token,
                    buttons: message.buttons, isFinal: message.stage == .final))
            return MessageReference(room: message.route.room, id: id)
        }
    }

    /// Edits a message in place, or fails as told.
    public func replace(_ reference: MessageReference, with message: OutgoingMessage) async throws {
        try self.meeting(\.editFaults) { state in
            guard let index = state.posts.firstIndex(where: { $0.id == reference.id }) else { return }
            state.posts[index].text = message.text
            state.posts[index].edits += 1
            state.posts[index].buttons = message.buttons
            state.posts[index].isFinal = message.stage == .final
        }
    }

    /// Does what the network is asked, unless the next fault says otherwise.
    func meeting<Value>(
        _ faults: WritableKeyPath<State, [Fault]>, _ body: (inout State) -> Value
    ) throws -> Value {
        let fault = self.state.withLock { $0[keyPath: faults].isEmpty ? nil : $0[keyPath: faults].removeFirst() }
        if case .refused(let error) = fault { throw error }
        let value = self.change(body)
        if let fault { throw fault.error }
        return value
    }

    /// Remembers the sign.
    public func setTyping(_ isTyping: Bool, in route: Route) async {
        await self.typing.pass()
        self.change { $0.signs = $0.signs.suffix(7) + [isTyping] }
    }
}
