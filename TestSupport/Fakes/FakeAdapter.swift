package import Chat
internal import Primitives

/// An in-memory network: people write with ``say(_:from:in:id:)``, and ``posts`` lists what they would read.
///
/// The adapter supports every feature; a room's traits say which of them it offers.
package final class FakeAdapter: ChatAdapter, EditingAdapter, TypingAdapter {
    /// A message as the room currently shows it.
    package struct Post: Sendable, Equatable {
        package let id: String
        package let route: Route
        /// Its text after the last edit, or a file's caption.
        package var text: String
        package var edits: Int
        /// The host's token, by which the message can be found again.
        package let token: String
        package var buttons: [MessageButton] = []
        /// Whether the last text was the final one.
        package var isFinal = true
        package var file: OutgoingFile?
    }

    /// What goes wrong with one post or edit.
    package enum Fault: Sendable {
        /// The network refuses it with an error.
        case refused(AdapterError)
        /// The network accepts it but the response is lost: the caller gets the error anyway.
        case taken(AdapterError)

        var error: AdapterError {
            switch self {
            case .refused(let error), .taken(let error): error
            }
        }
    }

    /// A reaction that the bot added or removed.
    package struct Reaction: Sendable, Equatable {
        package let emoji: String
        /// Added, or removed.
        package let isOn: Bool
        /// The platform's id of the message.
        package let message: String

        package init(_ emoji: String, isOn: Bool, on message: String) {
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
        var reactionFaults: [Fault] = []
        var isStopped = false
        var onStop: CheckedContinuation<Void, Never>?
        var nextEvent = 0
        var waiters: [(number: Int, isMet: @Sendable (State) -> Bool, continuation: CheckedContinuation<Void, Never>)] =
            []
        var lastWaiter = 0
        /// The last changes of the typing sign, oldest first.
        var signs: [Bool] = []
        var reactions: [Reaction] = []
        var deleted: [String] = []
        var drafts: [OutgoingMessage] = []
        var lost: RoomTraits.Capabilities = []
        var encrypted: Set<String> = []
        var files: [String: [UInt8]] = [:]
        var fetched: [String] = []
        var reachable: [String: Bool] = [:]
        var past = RoomPast()
        var isHoldingPast = false
        /// Why rooms, or threads of them as `room/thread`, accept nothing.
        var closed: [String: String] = [:]
        var refusals = 0
        /// The ids of messages that somebody else deleted.
        var erased: Set<String> = []
        var pastQueries: [PastQuery] = []
    }

    package let id: AdapterID
    package let renderer: any MessageRenderer = PlainMarkdownRenderer()
    private let roomTraits: RoomTraits
    let state = Protected(State())
    /// Blocks posts and deletions while closed.
    let posting = Gate(isOpen: true)
    private let typing = Gate(isOpen: true)

    package init(
        id: String = "fake:one", traits: RoomTraits = RoomTraits(textLimit: 400, textUnit: .bytes, isMultiline: false)
    ) {
        self.id = AdapterID(id)
        self.roomTraits = traits
    }

    /// Connects it without a run loop.
    package func connect(to sink: any MessageSink) { self.state.withLock { $0.sink = sink } }

    /// The messages in all rooms, in the order of posting.
    package var posts: [Post] { self.state.withLock { $0.posts } }

    package var texts: [String] { self.posts.map(\.text) }

    /// Empties ``posts``; later edits of those messages change nothing.
    package func forgetPosts() { self.state.withLock { $0.posts = [] } }

    /// The next posts fail with `errors`, one each.
    package func fail(with errors: AdapterError...) { self.meet(errors.map { .refused($0) }) }

    /// The next posts meet `faults`, one each.
    package func meet(_ faults: [Fault]) { self.state.withLock { $0.postFaults += faults } }

    /// The number of faults not used yet.
    package var faultsLeft: Int {
        self.state.withLock { $0.postFaults.count + $0.editFaults.count + $0.draftFaults.count }
    }

    /// The next edits meet `faults`, one each.
    package func meetInEdits(_ faults: [Fault]) { self.state.withLock { $0.editFaults += faults } }

    /// Whether calls that set the typing sign block; setting it to false releases them.
    package func setHoldingTyping(_ isHolding: Bool) { self.typing.setOpen(!isHolding) }

    /// Waits until the last changes of the typing sign are these, oldest first; at most eight are kept.
    package func waitForTyping(_ signs: [Bool]) async { await self.wait { $0.signs.suffix(signs.count) == signs[...] } }

    /// Whether posts and deletions block; setting it to false releases them.
    package func setHolding(_ isHolding: Bool) { self.posting.setOpen(!isHolding) }

    /// Whether a post or deletion is blocked.
    package var isStuck: Bool { self.posting.isHolding }

    /// Waits until the rooms hold at least `count` messages.
    package func waitForPosts(_ count: Int) async {
        await self.wait { $0.posts.count >= count }
    }

    package func waitForText(_ text: String) async {
        await self.wait { $0.posts.contains { $0.text == text } }
    }

    /// Returns early when its task is cancelled, as a test is by its time limit.
    func wait(until isMet: @escaping @Sendable (State) -> Bool) async {
        let number = self.state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isThere = self.state.withLock { state in
                    if Task.isCancelled || isMet(state) { return true }
                    state.waiters.append((number, isMet, continuation))
                    return false
                }
                if isThere { continuation.resume() }
            }
        } onCancel: {
            let waiter = self.state.withLock { state in
                state.waiters.firstIndex { $0.number == number }.map { state.waiters.remove(at: $0) }
            }
            waiter?.continuation.resume()
        }
    }

    /// Changes the state and wakes those whose condition is met.
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

    package var status: AdapterStatus {
        AdapterStatus(state: self.state.withLock { $0.sink } == nil ? .down : .up, since: 0)
    }

    /// Connects, and waits for ``stop()`` or cancellation.
    package func run(delivering sink: any MessageSink) async throws {
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

    /// Makes ``run(delivering:)`` return and disconnects.
    package func stop() async { self.disconnect() }

    private func disconnect() {
        self.state.withLock { state in
            state.isStopped = true
            state.sink = nil
            return state.onStop.take()
        }?.resume()
    }

    package func traits(of room: RoomID) -> RoomTraits {
        var traits = self.roomTraits
        traits.capabilities.subtract(self.state.withLock { $0.lost })
        if self.state.withLock({ $0.encrypted.contains(room.name) }) { traits.capabilities.insert(.encrypted) }
        return traits
    }

    /// Posts the message, or fails with the next fault.
    package func post(_ message: OutgoingMessage) async throws -> MessageReference {
        await self.posting.pass()
        try self.check(message.route)
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

    /// Edits a message in place, or fails with the next fault.
    package func replace(_ reference: MessageReference, with message: OutgoingMessage) async throws {
        try self.check(message.route)
        if self.state.withLock({ $0.erased.contains(reference.id) }) {
            throw AdapterError(.notFound, "no such message")
        }
        try self.meeting(\.editFaults) { state in
            guard let index = state.posts.firstIndex(where: { $0.id == reference.id }) else { return }
            state.posts[index].text = message.text
            state.posts[index].edits += 1
            state.posts[index].buttons = message.buttons
            state.posts[index].isFinal = message.stage == .final
        }
    }

    /// Performs `body` unless the next fault says otherwise.
    func meeting<Value>(
        _ faults: WritableKeyPath<State, [Fault]>, _ body: (inout State) -> Value
    ) throws -> Value {
        let fault = self.state.withLock { $0[keyPath: faults].isEmpty ? nil : $0[keyPath: faults].removeFirst() }
        if case .refused(let error) = fault { throw error }
        let value = self.change(body)
        if let fault { throw fault.error }
        return value
    }

    package func setTyping(_ isTyping: Bool, in route: Route) async {
        await self.typing.pass()
        self.change { $0.signs = $0.signs.suffix(7) + [isTyping] }
    }
}
