package import Chat
internal import JSON
internal import Logging
internal import Primitives

extension MatrixAdapter {
    package func run(delivering sink: any MessageSink) async throws {
        await self.load()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(name: "\(self.id) sync") { try await self.mainLine(sink) }
            group.addTask(name: "\(self.id) asides") { try await self.asideLine() }
            group.addTask(name: "\(self.id) stop") { for await _ in self.stops {} }
            let first = await group.nextResult()
            group.cancelAll()
            while await group.nextResult() != nil {}
            await self.end(sink)
            try Task.checkCancellation()
            if case .failure(let error) = first { throw error }
        }
    }

    private func load() async {
        guard let bytes = await self.memory.load() else { return }
        guard let memory = MatrixMemory(bytes: bytes, account: MatrixSession.account(self.settings)) else {
            return self.logger.warning("What was remembered is damaged or another account's; beginning anew")
        }
        let answersInvitations = self.mayInvite != nil
        self.state.withLock { state in
            state.session = MatrixSession(
                settings: self.settings, memory: memory, answersInvitations: answersInvitations, at: Self.now)
        }
    }

    private func end(_ sink: any MessageSink) async {
        await self.save()
        await self.show(.down, detail: nil, sink)
    }

    // MARK: The main line

    private func mainLine(_ sink: any MessageSink) async throws {
        var queue = self.handle(.begin)[...]
        while let action = queue.popFirst() {
            switch action {
            case .request(let request):
                let token = self.state.withLock { $0.session.token }
                let answer = try await self.transport.send(request, token: token)
                try Task.checkCancellation()
                queue = (self.handle(.answer(request.purpose, answer)) + queue)[...]
            case .use(let homeserver): self.transport.use(homeserver)
            case .wait(let range):
                try await Task.sleep(for: .milliseconds(Int64.random(in: range)))
                queue = (self.handle(.begin) + queue)[...]
            case .deliver(let event):
                try await self.deliver(event, to: sink)
            case .status(let value, let detail): await self.show(value, detail: detail, sink)
            case .remember(let memory, let isUrgent): await self.remember(memory, isUrgent)
            case .aside, .ask, .say, .log: self.perform(action)
            }
        }
    }

    private func handle(_ input: MatrixSession.Input) -> [MatrixSession.Action] {
        self.state.withLock { $0.session.handle(input, at: Self.now) }
    }

    private func show(_ value: AdapterStatus.State, detail: String?, _ sink: any MessageSink) async {
        let changed = self.state.withLock { state -> AdapterStatus? in
            // A try to connect again keeps the reason of the last failure in sight.
            let detail = value == .connecting ? state.status.detail : detail
            guard state.status.state != value || state.status.detail != detail else { return nil }
            if state.status.state != value { state.status.since = Self.now.wall }
            state.status.state = value
            state.status.detail = detail
            return state.status
        }
        if let changed { await sink.statusChanged(changed, of: self.id) }
    }

    /// The server repeats what was not acknowledged, so a store that fails is waited for as long as it takes.
    private func deliver(_ event: InboundEvent, to sink: any MessageSink) async throws {
        self.state.withLock { $0.status.lastEvent = Self.now.wall }
        var delay: Int64 = 200
        while true {
            do {
                try await sink.deliver(event)
                return
            } catch let error as CancellationError {
                throw error
            } catch {
                self.logger.warning("An event could not be stored; trying again", ["error": .string("\(error)")])
                try await Task.sleep(for: .milliseconds(delay))
                delay = min(delay * 2, 20_000)
            }
        }
    }

    // MARK: Memory

    /// Once a second is enough: an older state means that known events come once more.
    private func remember(_ memory: MatrixMemory, _ isUrgent: Bool) async {
        let isDue = self.state.withLock { state in
            state.unsaved = memory
            return isUrgent || Self.now.monotonic - state.savedAt >= 1_000
        }
        if isDue { await self.save() }
    }

    func save() async {
        let memory = self.state.withLock { state in
            state.savedAt = Self.now.monotonic
            return state.unsaved.take()
        }
        guard let memory, await !self.memory.save(memory.bytes) else { return }
        self.logger.warning("What is to be remembered could not be written; is the data directory writable?")
    }

    // MARK: Asides

    /// Begins what happens beside the main line.
    func perform(_ action: MatrixSession.Action) {
        switch action {
        case .aside(let request, let after): self.begin(.request(request, after: after))
        case .ask(let room, let sender, let isDirect): self.begin(.ask(room: room, sender, isDirect: isDirect))
        case .say(let outgoing): self.begin(.say(outgoing))
        case .log(let level, let text): self.log(level, text)
        case .request, .use, .wait, .deliver, .status, .remember: break
        }
    }

    func begin(_ aside: Aside) {
        if case .dropped = self.asideSource.yield(aside) {
            self.logger.warning("Too much to do beside reading; something is left out")
        }
    }

    private func asideLine() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            for await aside in self.asides {
                let isFree = self.state.withLock { state in
                    if state.busy >= Self.asideLimit, aside.isDecoration { return false }
                    state.busy += 1
                    return true
                }
                guard isFree else { continue }
                group.addTask {
                    await self.perform(aside)
                    self.state.withLock { $0.busy -= 1 }
                }
            }
            try Task.checkCancellation()
        }
    }

    private func perform(_ aside: Aside) async {
        do {
            switch aside {
            case .request(let request, let after):
                if after > 0 { try await Task.sleep(for: .milliseconds(after)) }
                let token = self.state.withLock { $0.session.token }
                let answer = try await self.transport.send(request, token: token)
                for action in self.handle(.answerAside(request.purpose, answer)) { self.perform(action) }
            case .ask(let room, let sender, let isDirect):
                var isAllowed = await self.mayInvite?(sender) ?? false
                if !isAllowed, isDirect { isAllowed = await self.mayPair?() ?? false }
                for action in self.handle(.decided(room: room, isAllowed: isAllowed)) { self.perform(action) }
            case .say(let outgoing): _ = try await self.transmit(outgoing)
            case .typing(let room, let number): try await self.keepTyping(in: room, number)
            case .typingEnd(let room): try await self.sendTyping(false, in: room)
            }
        } catch {
            // Nobody waits for it; what matters was logged by the session.
            self.logger.debug("Something beside reading failed", ["error": .string("\(error)")])
        }
    }
}

extension MatrixAdapter.Aside {
    /// Nobody misses it.
    var isDecoration: Bool {
        switch self {
        case .request(let request, _): request.purpose == .receipt
        case .typing: true
        case .ask, .say, .typingEnd: false
        }
    }
}
