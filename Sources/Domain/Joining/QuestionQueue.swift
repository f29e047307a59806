package import Chat
package import Threads

/// A turn that runs.
package protocol RunningQuestion {
    var turn: TurnRecord { get }
}

/// The turns of a thread: at most one runs, the others wait in order. Pure.
package struct QuestionQueue<Running: RunningQuestion> {
    private enum State {
        case idle
        /// The next turn is being marked as running, and no other may begin; `stop` is the turn to be stopped then.
        case beginning(stop: String?)
        case running(Running)
    }

    private var state = State.idle
    /// Oldest first, without their texts, which may be long and are read when a turn has its place among the host's; only
    /// an edit leaves its text here.
    package private(set) var waiting: [TurnRecord] = []
    /// A waiting turn that is being changed: it does not begin before that is stored.
    private var held: String?
    /// The host is stopping: no more turns begin.
    package private(set) var isClosing: Bool

    package init(isClosing: Bool = false) { self.isClosing = isClosing }

    package var running: Running? {
        if case .running(let running) = self.state { running } else { nil }
    }

    /// Whether nothing runs or is about to.
    package var isFree: Bool {
        if case .idle = self.state { true } else { false }
    }

    /// Whether nothing runs or waits.
    package var isIdle: Bool { self.isFree && self.waiting.isEmpty }

    /// Whether a turn that is stored as running may begin.
    package var mayBegin: Bool { self.isFree && !self.isClosing }

    /// The number of turns before a new one.
    package var ahead: Int { self.waiting.count + (self.isFree ? 0 : 1) }

    /// The number of messages that wait.
    package var waitingMessages: Int { self.waiting.reduce(0) { $0 + max(1, $1.messages.count) } }

    /// Leaves waiting turns to the next start.
    package mutating func close() { self.isClosing = true }

    // MARK: The next turn

    package mutating func append(_ turn: TurnRecord) { self.waiting.append(turn.with(text: "")) }

    /// Takes the oldest waiting turn, to be marked as running; nil when none may begin. ``begun(_:)`` must follow.
    package mutating func next() -> TurnRecord? {
        guard self.mayBegin, let first = self.waiting.first, first.id != self.held else { return nil }
        self.state = .beginning(stop: nil)
        return self.waiting.removeFirst()
    }

    /// The turn is marked as running. Whether it begins: not when the host began to stop in the meantime.
    package mutating func begun(_ turn: TurnRecord) -> Bool {
        guard self.isClosing else { return true }
        self.state = .idle
        self.waiting.insert(turn, at: 0)
        return false
    }

    /// Begins a turn. Returns whether it is to be stopped at once.
    package mutating func begin(_ turn: Running) -> Bool {
        defer { self.state = .running(turn) }
        guard case .beginning(let stop?) = self.state else { return false }
        return stop == turn.turn.id
    }

    /// The running turn has ended.
    package mutating func end() { self.state = .idle }

    // MARK: Stopping and changing

    /// The effect of stopping a turn.
    package enum Stop {
        case running(Running)
        /// It waited, and is out of the queue now.
        case waiting(TurnRecord)
        /// It has ended, or is stopped as soon as it has begun.
        case none
    }

    package mutating func stop(_ turn: String) -> Stop {
        if let running = self.running, running.turn.id == turn { return .running(running) }
        if let removed = self.remove(where: { $0.id == turn }) { return .waiting(removed) }
        if case .beginning = self.state { self.state = .beginning(stop: turn) }
        return .none
    }

    /// Removes the oldest waiting turn that fits.
    package mutating func remove(where fits: (TurnRecord) -> Bool) -> TurnRecord? {
        self.waiting.firstIndex(where: fits).map { self.waiting.remove(at: $0) }
    }

    /// Removes all waiting turns that fit.
    package mutating func removeAll(where fits: (TurnRecord) -> Bool) -> [TurnRecord] {
        let removed = self.waiting.filter(fits)
        if !removed.isEmpty { self.waiting.removeAll(where: fits) }
        return removed
    }

    /// The waiting turn whose question a person changes.
    package func turn(changedBy change: MessageChange) -> TurnRecord? {
        self.waiting.first {
            $0.ask == nil && $0.route.room == change.reference.room && $0.answers(change.reference.id)
                && change.counts(for: $0.sender)
        }
    }

    /// Replaces a waiting turn by its changed form.
    package mutating func update(_ turn: TurnRecord) {
        if let index = self.waiting.firstIndex(where: { $0.id == turn.id }) { self.waiting[index] = turn }
    }

    /// Gives waiting turns the room's new id.
    package mutating func move(from: RoomID, to: RoomID, keepsMessages: Bool) {
        for index in self.waiting.indices where self.waiting[index].route.room == from {
            let route = self.waiting[index].route.moved(to: to, keepsMessages: keepsMessages)
            let parts = keepsMessages ? self.waiting[index].parts : self.waiting[index].parts.map(\.withoutReference)
            self.waiting[index] = self.waiting[index].with(route: route, parts: parts)
        }
    }

    // MARK: Several messages in one turn

    /// The waiting turn that another message of its person may join; it does not begin until ``release(_:)``.
    package mutating func hold(for message: InboundMessage) -> TurnRecord? {
        guard let turn = self.waiting.last(where: { $0.sender.id == message.sender.id }),
            JoinRules.mayJoin(message, turn)
        else { return nil }
        self.held = turn.id
        return turn
    }

    /// Keeps a waiting turn from beginning until ``release(_:)``.
    package mutating func hold(_ turn: TurnRecord) { self.held = turn.id }

    /// The change of the turn that was held is stored: it waits as `changed`, nil if nothing has changed. Then the next turn
    /// may begin. Returns whether the turn still waits.
    @discardableResult
    package mutating func release(_ changed: TurnRecord?) -> Bool {
        defer { self.held = nil }
        guard let changed, self.waiting.contains(where: { $0.id == changed.id }) else { return false }
        self.update(changed.with(text: ""))
        return true
    }
}
