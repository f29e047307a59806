internal import Chat
internal import JSON
internal import Logging
internal import Models

/// How calls are prepared, decided and carried out.
extension AgentRun {
    private var runner: CallRunner { CallRunner(executor: self.equipment.executor) }

    /// Prepares calls and has the gate decide about them as one question.
    func settle(_ calls: [CheckedCall]) async throws {
        let prepared = try await self.runner.prepare(calls)
        var events: [AgentEvent] = []
        var intents: [ToolIntent] = []
        for (call, prepared) in zip(calls, prepared) {
            switch prepared {
            case .failed(let result):
                // It may need what a call before it does, or be too much beside it: it is prepared again when those
                // are done.
                if !intents.isEmpty, call.tool.kind != .read { continue }
                await self.equipment.gate.refused(call.id, tool: call.tool.name, result)
                events.append(.finished(AgentEvent.Finish(call: call.id, result: result)))
            case .intent(let intent):
                // A second change of a file is worked out from what the first leaves.
                if intents.contains(where: { $0.overlaps(intent) }) { continue }
                intents.append(intent)
            }
        }
        if !intents.isEmpty {
            for (intent, decision) in zip(intents, try await self.decide(intents)) {
                self.settled[intent.call.id] = (intent, decision)
                events.append(
                    .decided(
                        AgentEvent.Decision(
                            call: intent.call.id,
                            digest: intent.digest(
                                session: self.request.session, requester: self.request.sender.id),
                            decision: decision)))
            }
        }
        try await self.record(events, showing: true)
    }

    /// Tells the gate of a call that cannot be read as one.
    func noteUnread(_ event: AgentEvent) async {
        guard case .finished(let finish) = event,
            let call = self.machine.group.first(where: { $0.id == finish.call }), call.call == nil
        else { return }
        await self.equipment.gate.refused(call.id, tool: call.name, finish.result)
    }

    private func decide(_ intents: [ToolIntent]) async throws -> [GateDecision] {
        let gate = self.equipment.gate
        // A question may outlive the host.
        if await gate.mayAsk(about: intents) { try await self.store() }
        let decisions = try await self.waiting { try await gate.decide(intents) }
        guard decisions.count == intents.count else {
            self.logger.error("the gate decided about another number of calls", ["calls": JSON(intents.count)])
            return intents.map { _ in .denied(reason: "The gate gave no decision.") }
        }
        return decisions
    }

    /// Carries out calls: several at the same time, if they only read.
    func perform(_ calls: [CheckedCall]) async throws {
        if calls.allSatisfy({ $0.tool.kind == .read }) { return try await self.readAll(calls) }
        for call in calls { try await self.perform(call) }
    }

    private func perform(_ call: CheckedCall) async throws {
        guard let (intent, decision) = self.settled.removeValue(forKey: call.id), decision.mayRun else {
            let finish = AgentEvent.Finish(call: call.id, result: CallRunner.undecided(call))
            return try await self.record([.finished(finish)], showing: true)
        }
        let files = intent.changes.map(\.path)
        try await self.record([.started(AgentEvent.Start(call: call.id, title: intent.title, files: files))])
        try await self.store()
        self.lines.begin(call.id, title: intent.title, files: files)
        try await self.thread.report(self.steps(news: call.id))
        let runner = self.runner
        var result =
            switch call.tool.kind {
            case .ask: try await self.waiting { try await runner.perform(intent, decision) }
            case .extension: try await self.performShowing(intent, decision)
            default: try await runner.perform(intent, decision)
            }
        if call.tool.kind == .execute {
            let line = try await self.equipment.settleCommits(madeBy: call.id, in: self.thread) { commits in
                try await self.decide([commits]).first ?? .expired
            }
            result = result.adding(line)
        }
        // What was decided about was there no more: the file, its folder or the branch is another.
        if result.outcome == .failed, call.tool.kind == .edit || call.tool.kind == .commit {
            await self.equipment.gate.refused(call.id, tool: call.tool.name, result)
        }
        try await self.record([.finished(AgentEvent.Finish(call: call.id, result: result))], showing: true)
    }

    /// Carries out a call whose line shows how far it is.
    private func performShowing(_ intent: ToolIntent, _ decision: GateDecision) async throws -> ToolResult {
        let (words, source) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingNewest(1))
        let runner = self.runner
        async let result = {
            defer { source.finish() }
            return try await runner.perform(intent, decision) { source.yield($0) }
        }()
        for await word in words {
            self.lines.note(intent.call.id, "\(intent.title): \(word)")
            try await self.thread.report(self.steps(news: nil))
        }
        return try await result
    }

    /// Reading has no effect, so a read's beginning is recorded with its result.
    private func readAll(_ calls: [CheckedCall]) async throws {
        // Parts are recorded by their call: after a restart it has to be this one, not what the model says when asked again.
        if calls.contains(where: { $0.tool.name == "delegate" }) { try await self.store() }
        let settled = self.settled
        for call in calls { self.lines.begin(call.id, title: settled[call.id]?.intent.title ?? call.tool.name) }
        let results = try await self.runner.read(calls, settled: settled)
        var events: [AgentEvent] = []
        for (call, result) in zip(calls, results) {
            let title = self.settled.removeValue(forKey: call.id)?.intent.title ?? call.tool.name
            events.append(.started(AgentEvent.Start(call: call.id, title: title)))
            events.append(.finished(AgentEvent.Finish(call: call.id, result: result)))
        }
        try await self.record(events, showing: true)
    }
}

extension ToolIntent {
    /// Whether one of them changes a file that the other one changes or depends on. A commit depends on all.
    fileprivate func overlaps(_ other: ToolIntent) -> Bool {
        if other.call.tool.kind == .commit || self.call.tool.kind == .commit {
            return self.call.tool.kind.hasEffects && other.call.tool.kind.hasEffects
        }
        let changed = Set(self.changes.map(\.path))
        return other.changes.contains { changed.contains($0.path) }
            || other.preconditions.contains { changed.contains($0.path) }
    }
}
