internal import Chat
internal import Primitives
internal import Store
internal import Surroundings
internal import Threads

/// Maps threads to conversations: makes a thread's conversation when a message arrives, and forgets idle ones.
final class Conversations: Sendable {
    private let context: ConversationContext
    private struct State {
        var byThread: [ThreadKey: Conversation] = [:]
        /// New conversations begin no turns.
        var isClosing = false
        /// Places whose new conversations begin no turns.
        var closing: Set<Place> = []
    }

    private let state = Protected(State())

    /// At each multiple of this number of conversations, the idle ones are retired.
    private static let limit = 4_096

    init(context: ConversationContext) {
        self.context = context
    }

    var all: [Conversation] { self.state.withLock { Array($0.byThread.values) } }

    /// The places of those in which something runs.
    var busy: Set<Place> {
        get async {
            var places: Set<Place> = []
            for conversation in self.all where await !conversation.isIdle { places.insert(conversation.hold.place) }
            return places
        }
    }

    /// Whether a thread's conversation is in memory.
    func contains(_ key: ThreadKey) -> Bool { self.state.withLock { $0.byThread[key] != nil } }

    /// A thread's conversation, if it is in memory.
    func existing(_ key: ThreadKey) -> Conversation? { self.state.withLock { $0.byThread[key] } }

    func conversation(for key: ThreadKey) -> Conversation {
        let (conversation, isCrowded) = self.state.withLock { state -> (Conversation, Bool) in
            let held = self.context.store.held
            if let conversation = state.byThread[key], held.isCurrent(conversation.hold) {
                return (conversation, false)
            }
            let isClosing = state.isClosing || state.closing.contains(Place(of: key))
            let conversation = Conversation(key: key, context: self.context, isClosing: isClosing)
            // A thread of another host gets one that refuses everything.
            guard held.isCurrent(conversation.hold) else { return (conversation, false) }
            state.byThread[key] = conversation
            return (conversation, state.byThread.count % Self.limit == 0)
        }
        // Retiring asks each conversation, and the message that caused it must not wait for that.
        if isCrowded { Task { await self.retireIdle() } }
        return conversation
    }

    /// Hands an inbox entry to its thread.
    func hand(_ entry: InboxEntry, of thread: ThreadKey, reply: ReplyBox?, trial: LetterTrial? = nil) async {
        let place = Place(of: thread)
        while true {
            guard self.context.store.held.contains(place) else {
                // It stays in the inbox for the host that has the thread.
                reply?.resume(with: .failure(PlaceLost([place])))
                return
            }
            let conversation = self.conversation(for: thread)
            if await conversation.accept(entry, reply: reply, trial: trial) { return }
            self.forget(conversation, of: thread)
        }
    }

    /// What is stored of a session's past has changed.
    func forgetHistory(of session: String, in thread: ThreadKey) async {
        self.context.histories.forget(session)
        await self.existing(thread)?.historyHasChanged()
    }

    /// Moves the threads of a room that got another id, with their waiting messages.
    func move(from: RoomID, to: RoomID) async {
        let moved = self.state.withLock { state -> [Conversation] in
            var moved: [Conversation] = []
            for (key, conversation) in state.byThread {
                guard let renamed = key.moved(from: from, to: to) else { continue }
                state.byThread[key] = nil
                moved.append(conversation)
                // A conversation that began under the new key stays there; the old one finishes its work.
                if state.byThread[renamed] == nil { state.byThread[renamed] = conversation }
            }
            return moved
        }
        for conversation in moved { await conversation.move(from: from, to: to) }
    }

    /// Ends a thread's conversation, if it has one in memory, and keeps it under another key.
    func end(_ key: ThreadKey, as past: ThreadKey, _ asks: [AskRecord]) async throws {
        let conversation = self.state.withLock { state in
            let conversation = state.byThread.removeValue(forKey: key)
            if let conversation { state.byThread[past] = conversation }
            return conversation
        }
        try await conversation?.end(as: past, asks)
    }

    /// Begins no more turns, and gives running ones until `deadline` to end.
    func close(by deadline: ContinuousClock.Instant, because cut: RunningTurn.Cut) async {
        // First, so that no conversation can miss both this and the list.
        self.state.withLock { $0.isClosing = true }
        let conversations = self.all
        // All of them before waiting for one: a turn that began in the meantime would only be cut off.
        for conversation in conversations { await conversation.beginNoMore() }
        for conversation in conversations { await conversation.close(by: deadline, because: cut) }
    }

    /// Like ``close(by:because:)``, for the threads of some places.
    func close(_ places: Set<Place>, by deadline: ContinuousClock.Instant) async {
        self.state.withLock { $0.closing.formUnion(places) }
        let conversations = self.all.filter { places.contains($0.hold.place) }
        for conversation in conversations { await conversation.beginNoMore() }
        for conversation in conversations { await conversation.close(by: deadline) }
    }

    /// Lets the threads of places that were given up begin turns again, when the host gets them back.
    func reopen(_ places: Set<Place>) { self.state.withLock { $0.closing.subtract(places) } }

    /// Lets go of the threads that other hosts may have.
    func sweep() async {
        let dropped = self.state.withLock { state in
            let dropped = state.byThread.filter { !self.context.store.held.isCurrent($0.value.hold) }
            for key in dropped.keys { state.byThread[key] = nil }
            return dropped.values
        }
        for conversation in dropped { await conversation.drop() }
    }

    private func retireIdle() async {
        for (key, conversation) in self.state.withLock({ $0.byThread }) where await conversation.retire() {
            self.forget(conversation, of: key)
        }
    }

    private func forget(_ conversation: Conversation, of key: ThreadKey) {
        self.state.withLock { state in
            if state.byThread[key] === conversation { state.byThread[key] = nil }
        }
    }
}
