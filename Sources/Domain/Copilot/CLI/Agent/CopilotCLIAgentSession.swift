package import EventLoop
internal import JSON
internal import Lifecycle
package import Logging
internal import Models
internal import Primitives

/// Performs one ``CopilotCLIAgentState`` on a process of its own, with the deadlines that the CLI lacks. One session per
/// process: a hanging one takes no other with it.
@Net
package final class CopilotCLIAgentSession {
    private enum Item {
        case input(CopilotCLIAgentState.Input)
        case ready
        /// Questions have been collected.
        case batch
        /// The process ended; nothing follows.
        case ended
        case failed(any Error)
    }

    /// Messages that wait to be handled, in bytes; more ends the turn.
    private static let waitingLimit = 64 << 20

    private let request: CopilotCLIAgentRequest
    private let transport: any CopilotCLITransport
    private let limits: CopilotCLIAgentLimits
    private let host: any CopilotCLIAgentHost
    private let logger: Logger

    private var state: CopilotCLIAgentState
    private var connection = CopilotCLIConnection()
    private var framing = JSONRPCFraming()
    private var answers: [Int: @Net (Result<JSON, JSONRPCError>) -> Void] = [:]
    private var items: [(item: Item, bytes: Int)] = []
    private var waitingBytes = 0
    private let changed = WaitList()
    private var asks: [CopilotCLIAsk] = []
    private var batchTimer: Timer?
    private var tasks: [Task<Void, Never>] = []
    /// When the CLI last sent something.
    private var heard: LoopInstant?
    /// When the turn last went on: an answer to our ping says only that the CLI lives.
    private var worked: LoopInstant?
    private var pinged: LoopInstant?
    private var isReady = false
    private var isOver = false

    package nonisolated init(
        _ request: CopilotCLIAgentRequest, on transport: any CopilotCLITransport, limits: CopilotCLIAgentLimits,
        host: any CopilotCLIAgentHost, logger: Logger
    ) {
        self.request = request
        self.transport = transport
        self.limits = limits
        self.host = host
        self.logger = logger.with(["session": .string(request.session), "model": .string(request.model)])
        self.state = CopilotCLIAgentState(request)
    }

    /// Hands words to the running turn: the model reads them after the tool that runs.
    package nonisolated func steer(_ text: String) {
        EventLoop.shared.runIfNeeded { self.put(.input(.steered(text))) }
    }

    /// Runs the turn and ends the process, however the turn ends. Throws ``ModelError``, `CancellationError`, or what
    /// the host throws.
    package func run() async throws {
        // Unstructured: it ends with the process, which this function ends.
        let reading = Task(name: "copilot-cli agent output") { @Net in await self.read() }
        var outcome = "complete"
        defer { self.logger.info("agent session ended", ["outcome": .string(outcome)]) }
        do {
            try await self.converse()
            await self.leave(aborting: false)
        } catch {
            outcome = error is CancellationError ? "stopped" : (error as? ModelError)?.code.rawValue ?? "ended early"
            await self.leave(aborting: true)
            await reading.value
            throw error
        }
        await reading.value
    }

    // MARK: The turn

    private func converse() async throws {
        self.perform(self.connection.start(), bytes: 0)
        let start = EventLoop.shared.now
        while !self.isReady {
            let left = self.limits.start - start.duration(to: EventLoop.shared.now)
            guard left > .zero else { throw CopilotCLIFailure.startTimeout }
            guard let item = try await self.next(within: left) else { continue }
            try await self.handle(item)
        }
        self.worked = EventLoop.shared.now
        try await self.perform(self.state.start())
        while !self.isOver {
            if let item = try await self.next(within: self.limits.tick) {
                try await self.handle(item)
            } else {
                try await self.tick()
            }
        }
    }

    private func handle(_ item: Item) async throws {
        switch item {
        case .input(let input):
            self.worked = EventLoop.shared.now
            try await self.perform(self.state.receive(input))
        case .ready: self.isReady = true
        case .batch: self.decide()
        case .failed(let error): throw error
        case .ended:
            throw CopilotCLIFailure.jailEnded(
                self.transport.reason, errors: self.transport.errorOutput, isStarting: !self.isReady)
        }
    }

    private func perform(_ actions: [CopilotCLIAgentState.Action]) async throws {
        for action in actions {
            switch action {
            case .call(let call, let method, let parameters):
                self.call(method, parameters) { [weak self] in self?.put(.input(.answered(call, $0))) }
            case .emit(let event): try await self.host.handle(event)
            case .ask(let ask): self.collect(ask)
            case .run(let call): self.run(call)
            case .end(let error?): throw error
            case .end(nil): self.isOver = true
            }
        }
    }

    /// Called while nothing happens.
    private func tick() async throws {
        try await self.host.handle(.tick)
        let now = EventLoop.shared.now
        let silence = (self.heard ?? now).duration(to: now)
        if let pinged = self.pinged {
            guard pinged.duration(to: now) < self.limits.pong else { throw CopilotCLIFailure.hanging }
        } else if silence >= self.limits.ping {
            self.pinged = now
            self.call("ping", ["message": "jetbridge"]) { [weak self] _ in self?.pinged = nil }
        }
        let idle = (self.worked ?? now).duration(to: now)
        if !self.state.isWaitingForUs, self.state.runningCalls == 0, idle >= self.limits.idle {
            throw CopilotCLIFailure.silent(after: self.limits.idle, hasAnswer: true)
        }
    }

    // MARK: Questions and our own tools

    /// Calls that the model made together ask within a millisecond; they become one question.
    private func collect(_ ask: CopilotCLIAsk) {
        self.asks.append(ask)
        if self.asks.count >= self.state.runningCalls { return self.decide() }
        guard self.batchTimer == nil else { return }
        self.batchTimer = EventLoop.shared.schedule(after: self.limits.batch) { [weak self] in self?.put(.batch) }
    }

    private func decide() {
        self.batchTimer?.cancel()
        self.batchTimer = nil
        let asks = self.asks
        self.asks = []
        guard !asks.isEmpty else { return }
        self.work("copilot-cli permission") { [host, weak self] in
            let decisions = try await host.decide(asks)
            for (index, ask) in asks.enumerated() {
                let decision = index < decisions.count ? decisions[index] : .reject("Nothing was decided.")
                await self?.put(.input(.decided(ask, decision)))
            }
        }
    }

    private func run(_ call: CopilotCLIToolCall) {
        self.work("copilot-cli tool") { [host, weak self] in
            let answer = try await host.call(call)
            await self?.put(.input(.called(requestID: call.requestID, answer)))
        }
    }

    /// Unstructured: people decide for as long as they want, while the session's events go on. ``leave(aborting:)``
    /// cancels and awaits it.
    private func work(_ name: String, _ body: @escaping @Sendable () async throws -> Void) {
        self.tasks.append(
            Task(name: name) { [weak self] in
                do { try await body() } catch { self?.put(.failed(error)) }
            })
    }

    // MARK: The end

    /// Runs even though the task is cancelled.
    private func leave(aborting: Bool) async {
        self.batchTimer?.cancel()
        for task in self.tasks { task.cancel() }
        let tasks = self.tasks
        await withGrace(.seconds(10)) { @Net in
            for task in tasks { await task.value }
            if aborting, await !self.abort() { self.transport.kill() } else { await self.close() }
            await self.transport.end(patience: aborting ? .zero : self.limits.end)
        }
    }

    /// Returns whether the session has stopped.
    private func abort() async -> Bool {
        guard self.isReady, self.pinged == nil else { return false }
        self.call("session.abort", ["sessionId": .string(self.request.session)])
        let limit = EventLoop.shared.now.advanced(by: self.limits.abort)
        while true {
            let left = EventLoop.shared.now.duration(to: limit)
            guard left > .zero, let item = try? await self.next(within: left) else { return false }
            switch item {
            case .input(.event(let event)) where event["type"]?.stringValue == "session.idle": return true
            case .ended: return false
            case .input, .ready, .batch, .failed: continue
            }
        }
    }

    /// Lets the CLI store the session.
    private func close() async {
        var isClosed = false
        self.call("session.destroy", ["sessionId": .string(self.request.session)]) { [weak self] _ in
            isClosed = true
            self?.changed.wakeAll()
        }
        let limit = EventLoop.shared.now.advanced(by: self.limits.end)
        let timer = EventLoop.shared.schedule(after: self.limits.end) { [weak self] in self?.changed.wakeAll() }
        defer { timer.cancel() }
        while !isClosed, EventLoop.shared.now < limit, !self.hasEnded { try? await self.changed.wait() }
    }

    private var hasEnded: Bool { self.items.contains { if case .ended = $0.item { true } else { false } } }
}

// MARK: - Traffic

extension CopilotCLIAgentSession {
    private func read() async {
        while let bytes = await self.transport.read() {
            do {
                for body in try self.framing.receive(bytes) {
                    guard let message = (try? JSON.parse(body)).flatMap(JSONRPCMessage.init) else {
                        throw JSONRPCFraming.Failure(message: "a message that is not valid JSON-RPC")
                    }
                    self.perform(self.connection.receive(message), bytes: body.count)
                }
            } catch {
                self.put(.failed(CopilotCLIFailure.broken("\((error as? JSONRPCFraming.Failure)?.message ?? "")")))
                self.transport.kill()
            }
        }
        self.put(.ended)
    }

    private func perform(_ actions: [CopilotCLIConnection.Action], bytes: Int) {
        self.heard = EventLoop.shared.now
        for action in actions {
            switch action {
            case .send(let message): self.transport.write(JSONRPCFraming.frame(message.bytes))
            case .ready: self.put(.ready)
            case .refused(let error): self.put(.failed(error))
            case .answered(let id, let result): self.answers.removeValue(forKey: id)?(result)
            case .event(self.request.session, let event): self.put(.input(.event(event)), bytes: bytes)
            case .event: break
            case .violation(let what):
                self.logger.warning("the Copilot CLI violated its protocol", ["what": .string(what)])
            }
        }
    }

    private func call(
        _ method: String, _ parameters: JSON, then answer: (@Net (Result<JSON, JSONRPCError>) -> Void)? = nil
    ) {
        let (id, message) = self.connection.call(method, parameters)
        self.answers[id] = answer
        self.transport.write(JSONRPCFraming.frame(message.bytes))
    }

    private func put(_ item: Item, bytes: Int = 0) {
        self.waitingBytes += bytes
        if self.waitingBytes > Self.waitingLimit {
            self.items.append((.failed(CopilotCLIFailure.tooSlowReader), 0))
            self.transport.kill()
        } else {
            self.items.append((item, bytes))
        }
        self.changed.wakeAll()
    }

    /// Nil if nothing comes within `limit`.
    private func next(within limit: Duration) async throws -> Item? {
        try Task.checkCancellation()
        if self.items.isEmpty {
            var isLate = false
            let timer = EventLoop.shared.schedule(after: limit) { [changed] in
                isLate = true
                changed.wakeAll()
            }
            defer { timer.cancel() }
            while self.items.isEmpty, !isLate { try await self.changed.wait() }
        }
        guard !self.items.isEmpty else { return nil }
        let (item, bytes) = self.items.removeFirst()
        self.waitingBytes -= bytes
        return item
    }
}
