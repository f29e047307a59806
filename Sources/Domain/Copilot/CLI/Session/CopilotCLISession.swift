package import EventLoop
internal import JSON
internal import Lifecycle
package import Logging
internal import Models
internal import Primitives

/// Performs one ``CopilotCLITurn`` on a CLI in server mode, with the deadlines that the CLI lacks.
@Net
package final class CopilotCLISession {
    private enum Item {
        case input(CopilotCLITurn.Input)
        /// There may be words for the turn.
        case words
        /// Questions have been collected.
        case batch
        /// The CLI ended; nothing follows.
        case ended(ModelError)
        case failed(any Error)
    }

    private let request: CopilotCLIRequest
    private let server: CopilotCLIServer
    private let limits: CopilotCLILimits
    private let host: any CopilotCLIHost
    private let logger: Logger

    private var turn: CopilotCLITurn
    private var items: [(item: Item, bytes: Int)] = []
    /// How many of the first ``items`` are handled.
    private var handled = 0
    /// What waits to be handled, in bytes.
    private var waitingBytes = 0
    private let changed = WaitList()
    private var asks: [CopilotCLIAsk] = []
    private var batchTimer: Timer?
    /// Questions and calls of our tools in progress, by their numbers.
    private var tasks: [Int: Task<Void, Never>] = [:]
    private var lastTask = 0
    private let started = EventLoop.shared.now
    /// When the turn last went on: an answer to our ping says only that the CLI lives.
    private var worked = EventLoop.shared.now
    private var pinged: LoopInstant?
    private var isOver = false
    /// Whether the turn ended early because the CLI did.
    private(set) var hasLostServer = false

    package init(
        _ request: CopilotCLIRequest, on server: CopilotCLIServer, limits: CopilotCLILimits,
        host: any CopilotCLIHost, logger: Logger
    ) {
        self.request = request
        self.server = server
        self.limits = limits
        self.host = host
        self.logger = logger.with(["session": .string(request.session), "model": .string(request.model)])
        self.turn = CopilotCLITurn(request)
    }

    /// Says that the host may have words for the running turn; the model reads them after the tool that runs.
    package nonisolated func noticeWords() {
        EventLoop.shared.runIfNeeded { self.put(.words) }
    }

    /// Runs the turn. When it throws, nothing of the session runs any more, for which the CLI may have been killed.
    /// Throws ``ModelError``, `CancellationError`, or what the host throws.
    package func run() async throws {
        self.server.open(self.request.session) { [weak self] in self?.receive($0) }
        defer { self.server.close(self.request.session) }
        do {
            try await self.converse()
            await self.leave(aborting: false)
            self.log("complete")
        } catch {
            await self.leave(aborting: true)
            let code = (error as? ModelError)?.code.rawValue
            self.log(
                error is CancellationError ? "stopped" : self.hasLostServer ? "process lost" : code ?? "ended early")
            throw error
        }
    }

    private func log(_ outcome: String) {
        let usage = self.turn.usage
        self.logger.info(
            "session ended",
            [
                "outcome": .string(outcome), "ms": .integer(Int64(self.age.inSeconds * 1000)),
                "input_tokens": usage.map { .integer(Int64($0.input)) } ?? .null,
                "output_tokens": usage.map { .integer(Int64($0.output)) } ?? .null,
            ])
    }
}

// MARK: - The turn

extension CopilotCLISession {
    private func converse() async throws {
        try await self.perform(self.turn.start())
        while !self.isOver {
            if let item = try await self.next(within: self.patience) {
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
            try await self.perform(self.turn.receive(input))
            self.worked = EventLoop.shared.now
        case .words:
            for words in await self.host.words(isLast: false) {
                try await self.perform(self.turn.receive(.steered(words)))
            }
        case .batch: self.decide()
        case .failed(let error): throw error
        case .ended(let error):
            self.hasLostServer = true
            throw error
        }
    }

    private func perform(_ actions: [CopilotCLITurn.Action]) async throws {
        for action in actions {
            switch action {
            case .call(let call, let method, let parameters):
                self.server.call(method, parameters) { [weak self] in self?.put(.input(.answered(call, $0))) }
            case .emit(let event): try await self.host.handle(event)
            case .ask(let ask): self.collect(ask)
            case .run(let call): self.run(call)
            case .end(let error?): throw error
            case .end(nil): try await self.finish()
            }
        }
    }

    /// Words that arrived in the last moment continue the turn.
    private func finish() async throws {
        let words = await self.host.words(isLast: true)
        guard words.isEmpty else { return try await self.perform(self.turn.continue(with: words)) }
        try await self.host.handle(.complete(self.turn.finishReason))
        self.isOver = true
    }

    private var age: Duration { self.started.duration(to: EventLoop.shared.now) }
    private var silence: Duration { self.worked.duration(to: EventLoop.shared.now) }
    /// Whether the silence of the model counts: not while people decide or a tool runs.
    private var isModelsTurn: Bool { !self.turn.isWaitingForUs && self.turn.runningCalls == 0 }

    /// How long to wait for the next event.
    private var patience: Duration {
        var patience = self.limits.tick
        if let limit = self.limits.turn { patience = min(patience, limit - self.limits.spent - self.age) }
        if self.isModelsTurn { patience = min(patience, self.limits.idle - self.silence) }
        return max(patience, .milliseconds(1))
    }

    /// Called while nothing happens.
    private func tick() async throws {
        try await self.host.handle(.tick)
        if let limit = self.limits.turn, self.limits.spent + self.age >= limit {
            throw CopilotCLIFailure.tooLong(limit)
        }
        let now = EventLoop.shared.now
        if let pinged = self.pinged {
            guard pinged.duration(to: now) < self.limits.pong else { throw CopilotCLIFailure.hanging }
        } else if let limit = self.limits.ping, self.server.heard.duration(to: now) >= limit {
            self.pinged = now
            self.server.call("ping", ["message": "jetbridge"]) { [weak self] _ in self?.pinged = nil }
        }
        if self.isModelsTurn, self.silence >= self.limits.idle {
            throw CopilotCLIFailure.silent(after: self.limits.idle, hasAnswer: self.turn.hasText)
        }
    }
}

// MARK: - Questions and our own tools

extension CopilotCLISession {
    /// Calls that the model made together ask within a millisecond; they become one question.
    private func collect(_ ask: CopilotCLIAsk) {
        self.asks.append(ask)
        if self.asks.count >= self.turn.runningCalls { return self.decide() }
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

    private func work(_ name: String, _ body: @escaping @Sendable () async throws -> Void) {
        self.lastTask += 1
        let number = self.lastTask
        // Unstructured: people decide for as long as they want, while the session's events go on. `leave` cancels and
        // awaits it.
        self.tasks[number] = Task(name: name) { [weak self] in
            do { try await body() } catch { self?.put(.failed(error)) }
            self?.tasks[number] = nil
        }
    }
}

// MARK: - The end

extension CopilotCLISession {
    /// Runs even though the task is cancelled.
    private func leave(aborting: Bool) async {
        self.batchTimer?.cancel()
        for task in self.tasks.values { task.cancel() }
        guard aborting || self.request.isKept || !self.tasks.isEmpty else { return self.delete() }
        let tasks = Array(self.tasks.values)
        await withGrace(.seconds(10)) { @Net in
            for task in tasks { await task.value }
            guard self.server.isReady else { return }
            if aborting, await !self.abort() {
                self.logger.warning("the session ignored the abort; killing its process")
                self.server.kill()
                await self.server.waitForEnd()
            } else if self.request.isKept {
                await self.store()
            } else {
                self.delete()
            }
        }
    }

    /// Returns whether the session has stopped.
    private func abort() async -> Bool {
        guard self.pinged == nil else { return false }
        if self.turn.hasSent { self.server.call("session.abort", self.id) }
        let limit = self.server.openSessions > 1 ? self.limits.sharedAbort : self.limits.abort
        let end = EventLoop.shared.now.advanced(by: limit)
        while true {
            let left = EventLoop.shared.now.duration(to: end)
            guard left > .zero, let item = try? await self.next(within: left) else { return false }
            switch item {
            case .input(.event(let event)) where event["type"]?.stringValue == "session.idle": return true
            // Without a message nothing runs.
            case .input(.answered) where !self.turn.hasSent: return true
            case .ended: return true
            case .input, .words, .batch, .failed: continue
            }
        }
    }

    private var id: JSON { ["sessionId": .string(self.request.session)] }

    /// Lets the CLI store the session.
    private func store() async {
        var isStored = false
        self.server.call("session.destroy", self.id) { [weak self] _ in
            isStored = true
            self?.changed.wakeAll()
        }
        _ = try? await self.changed.wait(within: self.limits.end) { isStored || self.server.isEnded }
    }

    /// Deletes the session, in the CLI's memory and on its disk.
    private func delete() {
        self.server.call("session.destroy", self.id)
        self.server.call("session.delete", self.id)
    }
}

// MARK: - What waits

extension CopilotCLISession {
    private func receive(_ delivery: CopilotCLIServer.Delivery) {
        switch delivery {
        case .event(let event, let bytes): self.put(.input(.event(event)), bytes: bytes)
        case .ended(let error): self.put(.ended(error))
        }
    }

    /// A turn without a reader is ended, because other turns on the same pipe must not wait for it.
    private func put(_ item: Item, bytes: Int = 0) {
        guard self.waitingBytes <= self.limits.waitingBytes else { return }
        self.waitingBytes += bytes + 256
        let isFull = self.waitingBytes > self.limits.waitingBytes
        self.items.append(isFull ? (.failed(CopilotCLIFailure.tooSlowReader), 0) : (item, bytes + 256))
        self.changed.wakeAll()
    }

    /// Nil if nothing comes within `limit`.
    private func next(within limit: Duration) async throws -> Item? {
        try Task.checkCancellation()
        guard try await self.changed.wait(within: limit, until: { self.handled < self.items.count }) else { return nil }
        let (item, bytes) = self.items[self.handled]
        self.handled += 1
        // Half of them at once, so that each is moved once on average.
        if self.handled * 2 >= self.items.count {
            self.items.removeFirst(self.handled)
            self.handled = 0
        }
        self.waitingBytes -= bytes
        return item
    }
}
