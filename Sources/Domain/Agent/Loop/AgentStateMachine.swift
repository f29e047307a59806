package import Models

/// The loop of a turn with tools: recorded events in, the next action out. Pure, so that the record of a turn is all
/// that its continuation needs.
///
/// Every call of an answer gets a result before the model is asked again, whatever happens: endpoints refuse a
/// conversation that lacks one, now and in every later request.
package struct AgentStateMachine: Sendable {
    /// Consecutive answers in which all calls of a tool failed.
    static let maximumFailures = 3
    /// Consecutive refusals of one kind of call.
    static let maximumDenials = 2
    /// How often in a row a broken answer is asked for again.
    static let maximumBreaks = 2

    private enum Step: Sendable {
        case asking
        case calling
        /// The last answer calls no tool.
        case said(AgentEvent.Answer)
        case ended(AgentEnding)
    }

    package let limits: AgentLimits
    private let read: @Sendable (ToolCall, String) -> CallReading
    package private(set) var tally = AgentTally()
    /// The calls of the last answer.
    private(set) var group: [PendingCall] = []
    private var step = Step.asking
    private var watch = RepetitionWatch()
    /// The last call with a result.
    private var lastTool = ""
    private var emptyAnswers = 0
    private var brokenAnswers = 0
    private var elapsed = 0

    /// - Parameters:
    ///   - checkpoint: the summary from which on the events follow; nil for all events.
    ///   - read: checks a call of the model; gets the id under which the turn records it.
    package init(
        limits: AgentLimits, after checkpoint: AgentEvent.Summary? = nil,
        read: @escaping @Sendable (ToolCall, String) -> CallReading
    ) {
        self.limits = limits
        self.read = read
        if let checkpoint { self.tally = checkpoint.tally }
    }

    /// The calls of an answer that the model made in `step`, with ids of their own.
    package func calls(_ calls: [ToolCall]) -> [AgentCall] {
        var taken: Set<String> = []
        return calls.enumerated().map { index, call in
            let id = call.id.isEmpty || call.id.utf8.count > 200 ? "call_\(index + 1)" : call.id
            var (wireID, copy) = (id, 2)
            while !taken.insert(wireID).inserted {
                wireID = "\(id)_\(copy)"
                copy += 1
            }
            return AgentCall(
                id: "\(self.tally.answers + 1).\(index + 1)", wireID: wireID, name: call.name,
                arguments: call.arguments)
        }
    }

    // MARK: Events

    package mutating func receive(_ record: StepRecord) {
        self.elapsed = record.elapsed
        switch record.event {
        case .asked, .folded, .summarised: break
        case .answered(let answer): self.receive(answer)
        case .decided(let decision): self.update(decision.call) { $0.decision = decision.decision }
        case .started(let start):
            self.update(start.call) { $0.isStarted = true }
            if self.group.contains(where: { $0.id == start.call && $0.hasEffects }) { self.tally.hasEffects = true }
        case .finished(let finish): self.receive(finish)
        case .noted(let note): self.receive(note)
        case .steered: if case .said = self.step { self.step = .asking }
        case .resumed: self.resume()
        case .ended(let ending): self.step = .ended(ending)
        }
    }

    private mutating func receive(_ answer: AgentEvent.Answer) {
        let tokens = answer.usage.input + answer.usage.output
        self.tally.answers += 1
        self.tally.tokens += tokens
        self.tally.allTokens += tokens
        if answer.breakage == nil { self.brokenAnswers = 0 }
        guard !answer.calls.isEmpty else {
            if answer.hasText { self.emptyAnswers = 0 }
            self.step = .said(answer)
            return
        }
        self.emptyAnswers = 0
        self.tally.steps += 1
        self.group = answer.calls.map { call in
            let model = ToolCall(id: call.wireID, name: call.name, arguments: call.arguments)
            return PendingCall(id: call.id, name: call.name, reading: self.read(model, call.id))
        }
        self.step = .calling
    }

    private mutating func receive(_ finish: AgentEvent.Finish) {
        guard let index = self.group.firstIndex(where: { $0.id == finish.call && $0.result == nil }) else { return }
        self.group[index].result = finish.result
        self.tally.calls += 1
        self.tally.tokens += finish.result.tokens
        self.tally.allTokens += finish.result.tokens
        self.lastTool = self.group[index].name
        if finish.result.hasChanges {
            self.watch.reset()
        } else if let call = self.group[index].call {
            self.watch.add(call, digest: finish.digest)
        }
        if self.group.allSatisfy({ $0.result != nil }) { self.close() }
    }

    private mutating func receive(_ note: AgentEvent.Note) {
        switch note.cause {
        case .repetition: self.watch.isNoted = true
        case .empty: self.emptyAnswers += 1
        case .broken: self.brokenAnswers += 1
        }
        if case .said = self.step { self.step = .asking }
    }

    private mutating func update(_ id: String, _ change: (inout PendingCall) -> Void) {
        guard let index = self.group.firstIndex(where: { $0.id == id }) else { return }
        change(&self.group[index])
    }

    /// Counts the answer's failures and refusals, once all its calls have a result. Calls of one answer count once: the
    /// model saw none of their results before it made the others.
    private mutating func close() {
        for name in Set(self.group.map(\.name)) {
            let hasFailed = self.group.filter { $0.name == name }.allSatisfy(\.hasFailed)
            self.tally.failures[name] = hasFailed ? self.tally.failures[name, default: 0] + 1 : nil
        }
        for kind in Set(self.group.compactMap { $0.call?.tool.kind }) {
            let calls = self.group.filter { $0.call?.tool.kind == kind }
            if calls.contains(where: \.isStarted) {
                self.tally.denials[kind.rawValue] = nil
            } else if calls.contains(where: { $0.result?.outcome == .denied }) {
                self.tally.denials[kind.rawValue, default: 0] += 1
            }
        }
        self.watch.settle()
        self.group = []
        self.step = .asking
    }

    private mutating func resume() {
        self.tally.steps = 0
        self.tally.tokens = 0
        self.tally.since = self.elapsed
        self.tally.failures = [:]
        self.tally.denials = [:]
        self.watch.reset()
        self.emptyAnswers = 0
        self.brokenAnswers = 0
        self.step = self.group.contains { $0.result == nil } ? .calling : .asking
    }

    // MARK: After a restart

    /// Called once after the record was read again. Decisions about calls that have not begun are made anew, because the
    /// workspace may have changed. A call that had begun is not begun again unless that is harmless.
    package mutating func recover() {
        for index in self.group.indices where self.group[index].result == nil {
            if self.group[index].isStarted, !self.group[index].mayRepeat {
                self.group[index].isLost = true
            } else {
                self.group[index].isStarted = false
                self.group[index].decision = nil
            }
        }
    }

    /// Whether nothing that the turn did can have had an effect, so that it may go on by itself after a crash.
    package var isHarmless: Bool { !self.tally.hasEffects }

    package var ending: AgentEnding? {
        if case .ended(let ending) = self.step { ending } else { nil }
    }

    // MARK: The next action

    package var next: AgentAction {
        switch self.step {
        case .asking: self.limitAction ?? .ask
        case .calling: self.callAction
        case .said(let answer): self.endAction(of: answer)
        case .ended(let ending): .end(ending)
        }
    }

    private var callAction: AgentAction {
        guard let first = self.group.first(where: { $0.result == nil }) else { return .ask }
        if let result = self.group.lazy.compactMap({ $0.settledResult }).first {
            return .record(.finished(AgentEvent.Finish(call: result.call, result: result.result)))
        }
        guard first.isRead else {
            guard first.decision == nil else { return .run([first.call].compactMap { $0 }) }
            return .settle(self.group.filter { $0.isOpen && !$0.isRead }.compactMap(\.call))
        }
        let reads = self.group.drop { $0.result != nil }.prefix { $0.isRead || $0.result != nil }
            .filter { $0.result == nil }
        let open = reads.filter(\.isOpen)
        return open.isEmpty ? .run(reads.compactMap(\.call)) : .settle(open.compactMap(\.call))
    }

    /// What comes before the next request: a note for the model, or the end of the turn. Nil for neither.
    private var limitAction: AgentAction? {
        let repetitions = self.watch.repetitions
        if repetitions >= RepetitionWatch.warning, !self.watch.isNoted {
            return .record(.noted(AgentTexts.repetition(repetitions)))
        }
        if let ending = self.limitEnding(repetitions) { return .record(.ended(ending)) }
        return nil
    }

    private func limitEnding(_ repetitions: Int) -> AgentEnding? {
        if repetitions >= RepetitionWatch.end { return .repeated(tool: self.lastTool.asName) }
        if let tool = self.tally.failures.filter({ $0.value >= Self.maximumFailures }).keys.min() {
            return .failures(tool: tool.asName)
        }
        if let name = self.tally.denials.filter({ $0.value >= Self.maximumDenials }).keys.min(),
            let kind = ToolDefinition.Kind(rawValue: name)
        {
            return .denied(kind)
        }
        if self.tally.steps >= self.limits.steps { return .steps(self.limits.steps) }
        if self.tally.tokens >= self.limits.tokens { return .tokens(self.limits.tokens) }
        if .milliseconds(self.elapsed - self.tally.since) >= self.limits.time {
            return .time(Int(self.limits.time.inSeconds))
        }
        return nil
    }

    private func endAction(of answer: AgentEvent.Answer) -> AgentAction {
        if let breakage = answer.breakage {
            // A plain answer is a person's to continue; only work goes on by itself.
            let isPlain = self.tally.calls == 0 && answer.hasText
            return !isPlain && self.brokenAnswers < Self.maximumBreaks
                ? .record(.noted(AgentTexts.broken(answer.text))) : .record(.ended(.cut(breakage)))
        }
        if answer.finish == .contentFilter {
            return .record(.ended(answer.hasText ? .filtered : AgentTexts.blocked(answer.model)))
        }
        if !answer.hasText {
            return self.emptyAnswers == 0
                ? .record(.noted(AgentTexts.empty(answer.finish))) : .record(.ended(AgentTexts.noAnswer(answer.model)))
        }
        if answer.finish == .length { return .record(.ended(.cut("the answer reached the model's output limit"))) }
        return .record(.ended(.answered))
    }
}

/// What a turn does next.
package enum AgentAction: Sendable, Equatable {
    /// Store this event, and go on.
    case record(AgentEvent)
    /// Ask the model.
    case ask
    /// Prepare these calls, and have the gate decide about them as one question. A call other than the first that cannot
    /// be prepared yet may stay open: those before it may be what it waits for.
    case settle([CheckedCall])
    /// Carry out these calls, at the same time.
    case run([CheckedCall])
    /// The turn is over.
    case end(AgentEnding)
}

extension AgentEvent.Answer {
    /// Whether it has anything but white space.
    fileprivate var hasText: Bool { self.text.contains { !$0.isWhitespace } }
}

extension String {
    /// A name that a model wrote, for people.
    fileprivate var asName: String {
        String(self.filter { $0.isLetter || $0.isNumber || "_-.".contains($0) }.prefix(40))
    }
}
