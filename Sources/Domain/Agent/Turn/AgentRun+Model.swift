internal import Chat
internal import JSON
internal import Logging
internal import Models

/// How the model is asked.
extension AgentRun {
    /// Asks the model for its next answer and records it.
    func ask() async throws {
        var hasShrunk = false
        while let messages = try await self.fitted() {
            do {
                return try await self.ask(messages)
            } catch let error as PromptRefused {
                // Our estimate or the known limit was wrong: retry once with what the refusal says.
                guard !hasShrunk else { return try await self.record([.ended(self.ending(of: error))]) }
                hasShrunk = true
                let limit = error.inputLimit ?? max(256, self.model.budget * 6 / 10)
                self.model.calibration.learn(model: self.model.name, inputLimit: limit)
                self.logger.warning(
                    "the prompt was too long",
                    ["model": .string(self.model.name), "limit": .integer(Int64(limit))])
            } catch let error as ModelError {
                hasShrunk = false
                guard try await self.fallBack(after: error) else { return }
            }
        }
    }

    /// Has the next model answer. False without one: the turn has ended then.
    @inline(never)
    private func fallBack(after error: ModelError) async throws -> Bool {
        var error = error
        while let line = self.models.next(after: error) {
            try await self.thread.report(.notice(line))
            do {
                (self.model, self.prefix) = try await self.change(self.models.model)
                return true
            } catch let other as ModelError {
                error = other
            }
        }
        let failure = self.models.failure(error)
        try await self.record([.ended(.failed(failure.message, isAboutContent: failure.cause == .content))])
        return false
    }

    /// A turn that has worked with another model than the first stays with it.
    func stay() async throws {
        guard let name = self.answering, self.models.stay(with: name) else { return }
        do {
            (self.model, self.prefix) = try await self.change(name)
        } catch let error as ModelError {
            throw TurnFailure(error.message)
        }
    }

    /// The model that has said or called something last; nil for none.
    private var answering: String? {
        self.records.reversed().lazy.compactMap { record in
            guard case .answered(let answer) = record.event, !answer.text.isEmpty || !answer.calls.isEmpty else {
                return nil
            }
            return answer.model
        }.first
    }

    private func ending(of error: PromptRefused) -> AgentEnding {
        self.machine.tally.answers == 0 ? .failed(error.message, isAboutContent: self.models.first == nil) : .full
    }

    private func ask(_ messages: [ModelMessage]) async throws {
        do { try await self.thread.report(.asking) } catch let error as TurnFailure {
            // A budget is used up. The turn can be resumed once there is a new one.
            let hasWorked = self.machine.tally.answers > 0
            return try await self.record([
                .ended(
                    hasWorked ? .cut(error.message.withoutStop) : .failed(error.message, isAboutContent: false))
            ])
        }
        let isFirst = self.machine.tally.answers == 0 || self.isJustResumed
        var request = ModelRequest(
            model: self.model.name, messages: messages, tools: self.equipment.tools.map(\.model),
            initiator: isFirst ? .user : .agent)
        request.callsInParallel = self.model.callsInParallel
        var reading = AnswerReading(self.model, keepsText: !self.thread.keepsText)
        let failure = try await self.read(request, into: &reading)
        try await self.record(reading, of: request, failure: failure, isFirst: isFirst)
    }

    /// Reads the answer, and returns what broke it off. The caller waits here for most of its time, so its own memory
    /// and that of ``record(_:of:failure:isFirst:)`` are kept apart from this.
    @inline(never)
    private func read(_ request: ModelRequest, into reading: inout AnswerReading) async throws -> ModelError? {
        var failure: ModelError?
        // What precedes the request is stored while the model works.
        let storing = self.storing()
        do {
            for try await event in self.model.client.stream(request) {
                if let event = reading.receive(event) { try await self.pass(event) }
                // Leaving the loop ends the request.
                if reading.isFull { break }
            }
        } catch let error as ModelError {
            failure = error
        } catch {
            _ = await storing?.result
            throw error
        }
        try await storing?.value
        // A cancelled stream may also just end.
        try Task.checkCancellation()
        return failure
    }

    /// Stores what was recorded, in a task; nil for nothing.
    private func storing() -> Task<Void, any Error>? {
        let (unsaved, turn, log) = (self.takeUnsaved(), self.request.id, self.log)
        guard !unsaved.isEmpty else { return nil }
        // Unstructured, because `async let` takes most of a kilobyte, which each turn that waits would keep.
        return Task { try await log.append(unsaved, of: turn) }
    }

    @inline(never)
    private func record(
        _ reading: AnswerReading, of request: ModelRequest, failure: ModelError?, isFirst: Bool
    ) async throws {
        let messages = request.messages
        if let failure, failure.code == .tooLong, !reading.hasText {
            _ = try await self.usage(of: reading, failure: failure, estimate: 0)
            throw PromptRefused(message: failure.message, inputLimit: failure.inputLimit)
        }
        // A turn that has worked keeps its model.
        if let failure, failure.letsOthersAnswer, self.models.hasOthers, reading.isEmpty, self.machine.tally.calls == 0,
            self.answering == nil
        {
            _ = try await self.usage(of: reading, failure: failure, estimate: 0)
            throw failure
        }
        let (usage, call) = try await self.usage(
            of: reading, as: .step, failure: failure, estimate: self.counter.count(messages),
            learns: !request.hasImages)
        let text = self.thread.keepsText ? try await self.thread.lastText(reading.textBytes) : reading.text
        let calls = failure == nil ? self.machine.calls(reading.calls) : []
        let (answer, ending) = reading.answer(
            text, calls: calls, usage: usage, failure: failure, hasWorked: !isFirst)
        self.separator = answer.breakage == nil ? "\n\n" : ""
        let asked = AgentEvent.asked(model: self.model.name, digest: AgentDigest.of(messages))
        try await self.record([asked, .answered(answer)] + (ending.map { [.ended($0)] } ?? []), call: call)
    }

    private var isJustResumed: Bool {
        for record in self.records.reversed() {
            switch record.event {
            case .resumed: return true
            case .answered: return false
            default: continue
            }
        }
        return false
    }

    func pass(_ event: TurnEvent) async throws {
        if case .text = event {
            if self.hasText, !self.separator.isEmpty { try await self.thread.report(.text(self.separator)) }
            self.separator = ""
            self.hasText = true
        }
        try await self.thread.report(event)
    }

    /// Reports the tokens, estimated when the endpoint gave no counts, and learns from its counts.
    ///
    /// - Parameter learns: false where images are counted, because the correction is about text.
    private func usage(
        of reading: AnswerReading, as kind: ModelCall.Kind = .summary, failure: ModelError? = nil, estimate: Int,
        learns: Bool = true
    ) async throws -> (TokenUsage, ModelCall) {
        // A refused request, or one without an answer, has used none.
        var usage =
            failure != nil && reading.isEmpty
            ? TokenUsage(input: 0, output: 0)
            : TokenUsage(input: Int(Double(estimate) * self.model.factor), output: reading.estimate)
        if let actual = reading.usage {
            usage = actual
            if learns {
                self.model.calibration.learn(model: self.model.name, estimate: estimate, actual: actual.input)
            }
        }
        var call = reading.call(kind, tokens: usage, failure: failure)
        // That of a step is stored with it.
        call.isStored = kind == .step
        try await self.thread.report(.usage(call))
        return (usage, call)
    }

    // MARK: The model's input limit

    /// The messages of the next request; nil when nothing makes them fit, and the turn has ended for that.
    private func fitted() async throws -> [ModelMessage]? {
        let tools = self.toolTokens
        while true {
            let messages = AgentTranscript.messages(after: self.prefix, of: self.records, for: self.model.name)
            let tokens = Int(Double(self.counter.count(messages) + tools) * self.model.factor)
            let plan = ContextPlan.plan(
                self.records, tokens: tokens, budget: self.model.budget, factor: self.model.factor)
            switch plan {
            case .ready: return messages
            case .fold(let calls):
                try await self.record([.folded(calls)])
                await self.equipment.executor.forgetReads()
            case .summarise(let through): try await self.summarise(through: through, before: tokens)
            case .full:
                try await self.record([.ended(.full)])
                return nil
            }
        }
    }

    private var toolTokens: Int { self.equipment.tools.reduce(0) { $0 + $1.tokens } }

    private func summarise(through: Int, before: Int) async throws {
        try await self.store()
        try await self.thread.report(.thinking("Summarising the work so far."))
        let maker = AgentSummary(of: self.records, through: through)
        let text = try await self.summaryText(maker)
        // The state at that event, from which a later run continues.
        var machine = AgentStateMachine(
            limits: self.equipment.limits, after: self.checkpoint, read: self.equipment.read)
        for record in self.records where record.number <= through { machine.receive(record) }
        let make: (Int) -> AgentEvent.Summary = { [tasks = self.tasks] after in
            maker.summary(text, tally: machine.tally, tasks: tasks, before: before, after: after)
        }
        let trial = StepRecord(number: self.lastNumber + 1, elapsed: self.elapsed, event: .summarised(make(0)))
        let messages = AgentTranscript.messages(
            after: self.prefix, of: self.records + [trial], for: self.model.name)
        let after = Int(Double(self.counter.count(messages) + self.toolTokens) * self.model.factor)
        let summary = make(after)
        try await self.record([.summarised(summary)])
        self.checkpoint = summary
        self.records.removeAll { $0.number <= through }
        await self.equipment.executor.forgetReads()
    }

    /// The model's words; a plain list of the calls when it gives none.
    private func summaryText(_ maker: AgentSummary) async throws -> String {
        let budget = Int(Double(self.model.budget) / self.model.factor)
        let request = maker.request(
            model: self.model.name, question: self.prefix.last?.text ?? "", budget: budget)
        var reading = AnswerReading(self.model)
        do {
            for try await event in self.model.client.stream(request) {
                if case .waiting(let line) = reading.receive(event) { try await self.thread.report(.waiting(line)) }
                if reading.isFull { break }
            }
            try Task.checkCancellation()
            _ = try await self.usage(of: reading, estimate: TokenEstimator.tokens(in: request.messages))
        } catch let error as ModelError {
            self.logger.warning("the work could not be summarised", ["reason": .string(error.message)])
            return maker.plainText
        }
        let text = String(reading.text.drop { $0.isWhitespace })
        return text.isEmpty ? maker.plainText : text
    }

    /// The last list of tasks.
    private var tasks: String? {
        var tasks: [String: String] = [:]
        var last: String?
        let plans = Set(self.equipment.tools.filter { $0.kind == .plan }.map(\.name))
        for record in self.records {
            switch record.event {
            case .answered(let answer):
                for call in answer.calls where plans.contains(call.name) { tasks[call.id] = call.arguments }
            case .finished(let finish) where finish.result.outcome == .done: last = tasks[finish.call] ?? last
            default: break
            }
        }
        return last
    }
}

/// The endpoint refused the prompt for its length, before the first word of an answer.
private struct PromptRefused: Error {
    let message: String
    let inputLimit: Int?
}
