internal import Chat
internal import Delivery
internal import EventLoop
internal import Joining
internal import Primitives
internal import Surroundings
internal import Telemetry
internal import Threads

/// The state of a running turn and what follows from it: what has been said and what of it is due, how long it may
/// take, and how it ends. Pure but for the handles that its conversation keeps here.
///
/// A class: as a structure of two kilobytes, every function that looked at it while it waits kept a copy.
final class RunningTurn: RunningQuestion {
    /// Why it was ended early.
    enum Cut: Sendable {
        case stopped, timedOut, shutdown
        /// The host stops for another program, which continues the turn.
        case handedOver
        /// Another host may have the thread: it ends here without a trace.
        case lost
        /// Its question has changed before anything of the answer was seen: it begins anew.
        case renewed
    }

    /// Without its text if it has waited in the queue and has not got its place yet.
    var turn: TurnRecord
    /// Nil when the turn was stored before it began.
    var admission: Admission?
    let startedAt: ContinuousClock.Instant
    /// Nil without telemetry.
    let span: Span?
    private(set) var poster: AnswerPoster
    /// The answer so far, UTF-8.
    private(set) var answer: [UInt8] = []
    private var runs = StreamSafeText()
    /// Where questions and commits divide the growing answer.
    private var divisions = AnswerDivisions()
    private(set) var cut: Cut?
    /// Whether it has got its place among the host's turns.
    var hasPlace = false
    /// Its answer is complete, or a command has ended, and the rest is being stored and posted.
    var isAnswered = false
    /// How it ended is decided, and is being stored.
    var isClosing = false
    var clock: TurnClock
    /// It waited for people when the host stopped, or had shown nothing when it was handed over: the next start begins it
    /// again.
    private(set) var isSuspended = false
    /// What it begins anew as, once that is stored; nil if nothing has changed.
    var renewal: SingleResult<TurnRecord?>?
    /// How often it has begun anew.
    private var renewals = 0
    /// Who stopped it.
    var stopper: Sender?
    /// Whether it was the command `stop`, which replies.
    var hasReply = false
    /// A budget has refused it a request to the model.
    var isOutOfBudget = false
    /// Usage and summary, stored with the turn's end.
    var usage: [ModelCall] = []
    var summary: HistorySummary?
    /// The time to its first text, in milliseconds.
    private(set) var firstText: Int64?
    /// Its work with tools so far.
    var steps: TurnSteps?
    /// What the model has thought so far.
    var thoughts = Thoughts()
    /// That the model is asked again after a pause, until anything else comes.
    var waiting: String?
    /// Whether the thread has read of such a pause, where it cannot be taken back.
    var hasNotedWaiting = false
    /// The question that ends it.
    var asking: AskWriting?
    /// What was said beside its question.
    var lines: [TurnLine] = []
    /// How reading that has ended, if its end is to store it.
    var context: ContextState?
    /// What is stored of its past has changed since then.
    var hasStaleHistory = false
    /// Whether ``lines`` are stored; nil without any that are on their way.
    var keeping: QuestionStorage?
    /// What a command has written so far.
    private var output = OutputComposer()

    // MARK: Handles

    var task: Task<Void, Never>?
    /// Ends the turn when its time is up; nil while the clock is stopped.
    var watchdog: Alarm?
    /// Callers that wait for its end.
    private var waiters: [Signal] = []

    /// - Parameter timeout: its time, unless it is a command's.
    init(
        turn: TurnRecord, admission: Admission?, startedAt: ContinuousClock.Instant, poster: AnswerPoster,
        timeout: Duration, span: Span? = nil
    ) {
        self.span = span
        self.turn = turn
        self.admission = admission
        self.startedAt = startedAt
        self.poster = poster
        self.clock = TurnClock(turn.kind.isWork ? nil : timeout, at: startedAt)
        if turn.kind == .run { self.poster.output = OutputExcerpt() }
    }

    /// The time since it began.
    var milliseconds: Int64 { Int64((ContinuousClock.now - self.startedAt) / .milliseconds(1)) }

    var text: String { String(decoding: self.answer, as: UTF8.self) }

    // MARK: The end

    /// Ends it from outside. False when it is ending already.
    func end(because cut: Cut) -> Bool {
        guard self.cut == nil || self.cut == .renewed || cut == .lost else { return false }
        self.cut = cut
        // A turn that has shown something cannot begin again.
        self.isSuspended =
            (cut == .handedOver || cut == .shutdown && self.clock.isStopped) && self.answer.isEmpty
        return true
    }

    /// How it ends if its work has ended with `other`.
    func outcome(orElse other: TurnOutcome) -> TurnOutcome {
        switch self.cut {
        case .stopped, .renewed: .stopped
        case .shutdown, .handedOver, .lost: .interrupted
        case .timedOut: .cut(TurnTexts.timedOut)
        case nil: other
        }
    }

    /// Whether it may end without a trace and begin anew: nothing of it was seen, done or asked. What its files say is part of
    /// its question already.
    func mayBeginAnew(at now: Int64) -> Bool {
        self.cut == nil && !self.isAnswered && !self.clock.isStopped && self.answer.isEmpty && self.steps == nil
            && self.asking == nil && self.turn.attachments.isEmpty && self.turn.images.isEmpty
            && JoinRules.mayBeginAnew(askedAt: self.turn.queuedAt, times: self.renewals, at: now)
    }

    /// It is `former`, begun anew.
    func replaces(_ former: RunningTurn) {
        self.renewals = former.renewals + 1
        self.usage = former.usage
        self.hasNotedWaiting = former.hasNotedWaiting
    }

    /// Something to wait for: it is signalled once the turn has ended.
    func addWaiter() -> Signal {
        let waiter = Signal()
        self.waiters.append(waiter)
        return waiter
    }

    /// Wakes whoever waits for its end.
    func hasEnded() {
        for waiter in self.waiters { waiter.signal() }
        self.waiters = []
    }

    /// Whether this is the first text.
    func takeFirstText() -> Bool {
        guard self.firstText == nil else { return false }
        self.firstText = self.milliseconds
        return true
    }

    // MARK: Text

    /// Adds to the answer. Returns the messages that are due, and whether the answer no longer fits in the room.
    func add(_ text: String) -> (messages: [String], isCut: Bool) {
        let text = self.runs.next(text)
        self.answer.append(sparingly: text.utf8)
        let wasShortened = self.poster.isShortened
        let messages = self.poster.append(text, to: self.answer)
        return (messages, !wasShortened && self.poster.isShortened)
    }

    /// What has been said so far and is not posted, where nothing can be edited: it belongs above what follows. Nil if
    /// there is nothing.
    func takeText() -> (messages: [String], isCut: Bool)? {
        guard self.poster.canAppend, self.poster.output == nil else { return nil }
        let wasShortened = self.poster.isShortened
        let messages = self.poster.rest(of: self.answer)
        let isCut = !wasShortened && self.poster.isShortened
        return messages.isEmpty && !isCut ? nil : (messages, isCut)
    }

    /// False if nothing is shown that could be divided.
    func divide(by items: [OutboxItem]) -> Bool {
        guard self.poster.isGrowing, self.poster.output == nil else { return false }
        defer { self.divisions.place(items) }
        let last = self.divisions.ends.last
        let hasText = self.answer[(last ?? 0)...].contains { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\n") }
        guard hasText || last == nil && self.steps != nil else { return false }
        self.divisions.divide(at: self.answer.count)
        return true
    }

    /// What a growing answer shows: the steps above what was said so far, and below it what it waits for.
    var growing: (answer: [UInt8], divisions: AnswerDivisions) {
        let (said, divisions) = self.said
        guard let waiting = self.waiting else { return (said, divisions) }
        return (said + Array(((said.isEmpty ? "" : "\n\n") + waiting).utf8), divisions)
    }

    private var said: (answer: [UInt8], divisions: AnswerDivisions) {
        guard let steps = self.steps else {
            let isThinking = self.answer.isEmpty && self.thoughts.isGoingOn
            return isThinking
                ? (Array(TurnTexts.thinking.utf8), AnswerDivisions()) : (self.answer, self.divisions)
        }
        return self.below(steps.shown)
    }

    private func below(_ steps: String) -> (answer: [UInt8], divisions: AnswerDivisions) {
        let head = Array((self.answer.isEmpty ? steps : steps + "\n\n").utf8)
        return (head + self.answer, self.divisions.moved(by: head.count))
    }

    /// The messages that close the answer; the folded steps are above it where it has grown by edits, else below.
    func lastMessages() -> DividedMessages {
        if self.poster.output != nil { self.finishOutput() }
        guard self.poster.isGrowing, self.poster.output == nil else {
            let folded = self.steps.map { self.poster.messages(for: $0.folded) } ?? []
            return DividedMessages(self.poster.rest(of: self.answer) + folded)
        }
        let (answer, divisions) = self.steps.map { self.below($0.folded) } ?? (self.answer, self.divisions)
        return self.poster.rest(of: answer, dividedAt: divisions)
    }

    // MARK: A command's output

    /// Adds output. Returns the messages that are due.
    func add(_ output: CommandOutput) -> [String] {
        let lines = self.output.append(output)
        self.answer.append(contentsOf: self.output.markdown(for: lines).utf8)
        let messages = self.poster.append(lines)
        self.poster.output?.partial = self.output.partial
        return messages
    }

    /// Adds words about the command below its output so far.
    func add(words: String) -> [String] {
        self.add(self.output.flush() + [OutputLine(stream: nil, text: words)])
    }

    private func finishOutput() {
        _ = self.add(self.output.flush())
        self.answer.append(contentsOf: self.output.close().utf8)
        while self.answer.last == UInt8(ascii: "\n") { self.answer.removeLast() }
    }

    private func add(_ lines: [OutputLine]) -> [String] {
        self.answer.append(contentsOf: self.output.markdown(for: lines).utf8)
        self.poster.output?.partial = []
        return self.poster.append(lines)
    }
}

typealias TurnQueue = QuestionQueue<RunningTurn>
