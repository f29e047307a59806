internal import EventLoop
internal import JSON
internal import Lifecycle
internal import Logging
internal import Models
internal import Primitives

/// Performs one ``CopilotCLITurn`` on a process: its calls, output and permission requests, with deadlines, which the
/// CLI itself lacks.
@Net
final class CopilotCLIConversation {
    private let request: CopilotCLIRequest
    private let process: CopilotCLIProcess
    private let settings: CopilotCLISettings
    private let logger: Logger
    private let deadline: LoopInstant
    private let inbox: CopilotCLIInbox
    private var turn: CopilotCLITurn
    /// The prompt was sent, so the session needs an abort.
    private var isSent = false
    private var undecided: Set<String> = []
    private var decisions: [Task<Void, Never>] = []
    private var tokens: TokenUsage?

    /// Whether a piece of the answer was forwarded.
    var hasAnswer: Bool { self.turn.hasAnswer }

    /// Why a turn ends early.
    private enum Leaving { case cancelled, abandoned }

    init(
        _ request: CopilotCLIRequest, process: CopilotCLIProcess, settings: CopilotCLISettings, logger: Logger,
        until deadline: LoopInstant
    ) {
        self.request = request
        self.process = process
        self.settings = settings
        self.deadline = deadline
        self.logger = logger.with([
            "pid": .integer(Int64(process.id)), "session": .string(request.session), "model": .string(request.model),
        ])
        self.inbox = process.open(request.session)
        self.turn = CopilotCLITurn(request)
    }

    /// Throws ``ModelError``, ``CopilotCLILostProcess`` or `CancellationError`.
    func run(to channel: ModelEventChannel) async throws {
        let started = EventLoop.shared.now
        var outcome = "complete"
        defer {
            for decision in self.decisions { decision.cancel() }
            self.log(outcome, since: started)
        }
        do {
            try await self.converse(channel)
            self.process.close(self.request.session)
        } catch let lost as CopilotCLILostProcess {
            outcome = "process lost"
            throw lost
        } catch {
            let isCancelled = error is CancellationError
            outcome = isCancelled ? "stopped" : (error as? ModelError)?.code.rawValue ?? "failed"
            await self.leave(isCancelled ? .cancelled : .abandoned)
            throw error
        }
    }

    private func log(_ outcome: String, since started: LoopInstant) {
        self.logger.info(
            "session ended",
            [
                "outcome": .string(outcome),
                "ms": .integer(Int64(started.duration(to: EventLoop.shared.now).inSeconds * 1000)),
                "input_tokens": self.tokens.map { .integer(Int64($0.input)) } ?? .null,
                "output_tokens": self.tokens.map { .integer(Int64($0.output)) } ?? .null,
            ])
    }

    private func converse(_ channel: ModelEventChannel) async throws {
        var actions = self.turn.start()
        while true {
            for action in actions {
                if try await self.perform(action, channel) { return }
            }
            actions = self.turn.receive(try await self.next())
        }
    }

    /// Returns true at the end.
    private func perform(_ action: CopilotCLITurn.Action, _ channel: ModelEventChannel) async throws -> Bool {
        switch action {
        case .call(let call, let method, let parameters):
            if call == .send { self.isSent = true }
            self.process.call(method, parameters) { [inbox] in inbox.put(.input(.answered(call, $0))) }
        case .emit(let event):
            if case .usage(let tokens) = event { self.tokens = tokens }
            try await channel.send(event)
        case .ask(let permission): self.ask(permission)
        case .end(let error?): throw error
        case .end(nil): return true
        }
        return false
    }

    private func next() async throws -> CopilotCLITurn.Input {
        let remaining = EventLoop.shared.now.duration(to: self.deadline)
        // The idle limit does not apply while a person decides.
        let patience = self.turn.pendingPermissions > 0 ? remaining : min(remaining, self.settings.idleTimeout)
        switch try await self.inbox.next(within: max(.milliseconds(1), patience)) {
        case .input(let input): return input
        case .overflown: throw CopilotCLIFailure.tooSlowReader
        case .ended(let reason): throw CopilotCLILostProcess(reason: reason, hasAnswer: self.turn.hasAnswer)
        case nil:
            guard EventLoop.shared.now < self.deadline else {
                throw CopilotCLIFailure.tooLong(self.settings.turnTimeout)
            }
            throw CopilotCLIFailure.silent(after: self.settings.idleTimeout, hasAnswer: self.turn.hasAnswer)
        }
    }
}

// MARK: - Permissions

extension CopilotCLIConversation {
    private func ask(_ permission: CopilotCLIPermission) {
        self.undecided.insert(permission.requestID)
        let gate = self.settings.gate
        // Unstructured: a gate that never answers must not delay the answer or its end.
        let asking = Task(name: "copilot-cli permission") { @Net [weak self] in
            let decision = await Self.decide(permission, by: gate)
            self?.decided(permission, decision)
        }
        let limit = self.settings.permissionTimeout
        // Unstructured for the same reason.
        let timing = Task(name: "copilot-cli permission limit") { @Net [weak self] in
            guard (try? await EventLoop.shared.sleep(for: limit)) != nil else { return }
            self?.decided(permission, .reject("No decision within \(limit.inWords)."))
        }
        self.decisions += [asking, timing]
    }

    /// Off the loop, because a gate may block.
    @concurrent nonisolated private static func decide(
        _ permission: CopilotCLIPermission, by gate: CopilotCLIPermission.Gate
    ) async -> CopilotCLIPermission.Decision {
        await gate(permission)
    }

    private func decided(_ permission: CopilotCLIPermission, _ decision: CopilotCLIPermission.Decision) {
        guard self.undecided.remove(permission.requestID) != nil else { return }
        self.logger.info(
            "permission",
            [
                "kind": .string(permission.kind), "subject": .string(String(permission.subject.prefix(200))),
                "approved": .bool(decision == .approve),
            ])
        self.inbox.put(.input(.decided(requestID: permission.requestID, decision)))
    }
}

// MARK: - Leaving early

extension CopilotCLIConversation {
    /// Aborts the session, and kills the process if that has no effect. Runs even though the task is cancelled.
    private func leave(_ leaving: Leaving) async {
        await withGrace(.seconds(2)) { @Net in await self.end(leaving) }
    }

    private func end(_ leaving: Leaving) async {
        guard self.process.isReady else { return }
        let isAlone = self.process.leases <= 1
        let patience = isAlone ? self.settings.abortPatience : self.settings.sharedAbortPatience
        guard await self.abort(within: patience) else {
            self.logger.warning("the session ignored the abort; killing its process")
            self.process.kill()
            await self.process.waitForEnd()
            return
        }
        self.process.close(self.request.session)
        // `stop` includes everything that a tool left running, so end the process unless other answers use it.
        // Another one may have begun during the abort.
        guard leaving == .cancelled, isAlone, self.process.leases <= 1 else { return }
        self.process.retire(patience: .milliseconds(150), grace: .milliseconds(200))
        await self.process.waitForEnd()
    }

    /// Returns whether the session has stopped.
    private func abort(within patience: Duration) async -> Bool {
        let limit = EventLoop.shared.now.advanced(by: patience)
        if self.isSent { self.process.call("session.abort", ["sessionId": .string(self.request.session)]) }
        while true {
            let remaining = EventLoop.shared.now.duration(to: limit)
            guard remaining > .zero else { return false }
            switch try? await self.inbox.next(within: remaining) {
            case .input(.event(let event)) where event["type"]?.stringValue == "session.idle": return true
            // Without a prompt nothing runs; after the answer to `create` the session can be deleted.
            case .input(.answered(.create, _)) where !self.isSent: return true
            case .input: continue
            case .ended: return true
            case .overflown, nil: return false
            }
        }
    }
}

/// The process of an answer is gone.
struct CopilotCLILostProcess: Error {
    let reason: any Error
    /// Whether a piece of the answer was forwarded, so that it can't be retried.
    let hasAnswer: Bool
}
