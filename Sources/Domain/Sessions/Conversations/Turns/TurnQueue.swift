internal import Chat
internal import Threads

/// The turns of a thread: at most one runs, the others wait in order. Pure.
struct TurnQueue {
    private enum State {
        case idle
        /// The next turn is being marked as running, and no other may begin; `stop` is the turn to be stopped then.
        case beginning(stop: String?)
        case running(RunningTurn)
    }

    private var state = State.idle
    /// Oldest first, without their texts, which may be long and are read when a turn has its place among the host's; only
    /// an edit leaves its text here.
    private(set) var waiting: [TurnRecord] = []
    /// The host is stopping: no more turns begin.
    private(set) var isClosing: Bool

    init(isClosing: Bool = false) { self.isClosing = isClosing }

    var running: RunningTurn? {
        if case .running(let running) = self.state { running } else { nil }
    }

    /// Whether nothing runs or is about to.
    var isFree: Bool {
        if case .idle = self.state { true } else { false }
    }

    /// Whether nothing runs or waits.
    var isIdle: Bool { self.isFree && self.waiting.isEmpty }

    /// Whether a turn that is stored as running may begin.
    var mayBegin: Bool { self.isFree && !self.isClosing }

    /// The number of turns before a new one.
    var ahead: Int { self.waiting.count + (self.isFree ? 0 : 1) }

    /// Leaves waiting turns to the next start.
    mutating func close() { self.isClosing = true }

    // MARK: The next turn

    mutating func append(_ turn: TurnRecord) { self.waiting.append(turn.with(text: "")) }

    /// Takes the oldest waiting turn, to be marked as running; nil when none may begin. ``begun(_:)`` must follow.
    mutating func next() -> TurnRecord? {
        guard self.mayBegin, !self.waiting.isEmpty else { return nil }
        self.state = .beginning(stop: nil)
        return self.waiting.removeFirst()
    }

    /// The turn is marked as running. Whether it begins: not when the host began to stop in the meantime.
    mutating func begun(_ turn: TurnRecord) -> Bool {
        guard self.isClosing else { return true }
        self.state = .idle
        self.waiting.insert(turn, at: 0)
        return false
    }

    /// Begins a turn. Returns whether it is to be stopped at once.
    mutating func begin(_ turn: RunningTurn) -> Bool {
        defer { self.state = .running(turn) }
        guard case .beginning(let stop?) = self.state else { return false }
        return stop == turn.turn.id
    }

    /// The running turn has ended.
    mutating func end() { self.state = .idle }

    // MARK: Stopping and changing

    /// The effect of stopping a turn.
    enum Stop {
        case running(RunningTurn)
        /// It waited, and is out of the queue now.
        case waiting(TurnRecord)
        /// It has ended, or is stopped as soon as it has begun.
        case none
    }

    mutating func stop(_ turn: String) -> Stop {
        if let running = self.running, running.turn.id == turn { return .running(running) }
        if let removed = self.remove(where: { $0.id == turn }) { return .waiting(removed) }
        if case .beginning = self.state { self.state = .beginning(stop: turn) }
        return .none
    }

    /// Removes the oldest waiting turn that fits.
    mutating func remove(where fits: (TurnRecord) -> Bool) -> TurnRecord? {
        self.waiting.firstIndex(where: fits).map { self.waiting.remove(at: $0) }
    }

    /// Removes all waiting turns that fit.
    mutating func removeAll(where fits: (TurnRecord) -> Bool) -> [TurnRecord] {
        let removed = self.waiting.filter(fits)
        if !removed.isEmpty { self.waiting.removeAll(where: fits) }
        return removed
    }

    /// The waiting turn whose question a person changes.
    func turn(changedBy change: MessageChange) -> TurnRecord? {
        self.waiting.first {
            $0.ask == nil && $0.route.room == change.reference.room && $0.route.replyTo == change.reference.id
                && change.counts(for: $0.sender)
        }
    }

    /// Replaces a waiting turn by its changed form.
    mutating func update(_ turn: TurnRecord) {
        if let index = self.waiting.firstIndex(where: { $0.id == turn.id }) { self.waiting[index] = turn }
    }

    /// Gives waiting turns the room's new id.
    mutating func move(from: RoomID, to: RoomID, keepsMessages: Bool) {
        for index in self.waiting.indices where self.waiting[index].route.room == from {
            let route = self.waiting[index].route.moved(to: to, keepsMessages: keepsMessages)
            self.waiting[index] = self.waiting[index].with(route: route)
        }
    }
}
