package import Chat
internal import JSON
internal import Kit
internal import Logging
internal import Primitives

extension MatrixAdapter {
    package func run(delivering sink: any MessageSink) async throws {
        let encryption = try await self.openEncryption()
        await self.load(encrypts: encryption != nil)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(name: "\(self.id) sync") { try await self.mainLine(sink) }
            group.addTask(name: "\(self.id) asides") { try await self.asideLine() }
            if let encryption {
                group.addTask(name: "\(self.id) key errands") { try await self.runErrands(of: encryption) }
                group.addTask(name: "\(self.id) key notices") { try await self.sayNotices(of: encryption) }
                group.addTask(name: "\(self.id) verifications") { try await self.sendVerifications(of: encryption) }
            }
            group.addTask(name: "\(self.id) stop") { for await _ in self.stops.stream {} }
            let first = await group.nextResult()
            group.cancelAll()
            while await group.nextResult() != nil {}
            await self.end(sink)
            await self.closeEncryption()
            try Task.checkCancellation()
            if case .failure(let error) = first { throw error }
        }
    }

    private func load(encrypts: Bool) async {
        let bytes = await self.memory.load()
        let memory = bytes.flatMap { MatrixMemory(bytes: $0, account: MatrixStateMachine.account(self.settings)) }
        if bytes != nil, memory == nil {
            self.logger.warning("The saved state is damaged or belongs to another account; starting without it")
        }
        guard memory != nil || encrypts else { return }
        let answersInvitations = self.mayInvite != nil
        self.state.withLock { state in
            state.machine = MatrixStateMachine(
                settings: self.settings, memory: memory, answersInvitations: answersInvitations, encrypts: encrypts,
                at: AdapterTime.now)
        }
    }

    private func end(_ sink: any MessageSink) async {
        await self.save()
        await self.show(.down, detail: nil, sink)
    }

    // MARK: Main line

    private func mainLine(_ sink: any MessageSink) async throws {
        var queue = self.handle(.begin)[...]
        while let action = queue.popFirst() {
            switch action {
            case .request(let request):
                if case .event = request.purpose, let user = await self.stranger() {
                    queue = (self.handle(.stranger(user)) + queue)[...]
                    continue
                }
                let token = self.state.withLock { $0.machine.token }
                let answer = try await self.transport.send(request, token: token)
                try Task.checkCancellation()
                queue = (try await self.receive(answer, to: request.purpose) + queue)[...]
            case .openKeys(let device):
                if let reason = try await self.openKeys(of: device) {
                    queue = self.handle(.deviceLost(reason))[...] + queue
                }
            case .settle: try await self.settle()
            case .use(let homeserver): self.transport.use(homeserver)
            case .wait(let range):
                try await Task.sleep(for: .milliseconds(Int64.random(in: range)))
                queue = (self.handle(.begin) + queue)[...]
            case .deliver(let event):
                try await self.deliver(event, to: sink)
            case .status(let value, let detail): await self.show(value, detail: detail, sink)
            case .remember(let memory, let isUrgent): await self.remember(memory, isUrgent)
            case .aside, .markRead, .ask, .say, .log: self.perform(action)
            }
        }
    }

    /// Whoever makes the bot look up an event, if they have no role: what they refer to does not matter.
    private func stranger() async -> String? {
        guard let mayInvite = self.mayInvite, let user = self.state.withLock({ $0.machine.asker }) else { return nil }
        return await mayInvite(self.state.withLock { $0.machine.sender(user) }) ? nil : user
    }

    func handle(_ input: MatrixStateMachine.Input) -> [MatrixStateMachine.Action] {
        self.state.withLock { $0.machine.handle(input, at: AdapterTime.now) }
    }

    private func show(_ value: AdapterStatus.State, detail: String?, _ sink: any MessageSink) async {
        let changed = self.state.withLock { state -> AdapterStatus? in
            let before = state.status
            state.status.change(to: value, detail: detail, keepsReason: true, at: .now)
            return state.status == before ? nil : state.status
        }
        if let changed { await sink.statusChanged(changed, of: self.id) }
    }

    /// Retries until the event is stored: the next sync acknowledges it, so it must not be lost.
    private func deliver(_ event: InboundEvent, to sink: any MessageSink) async throws {
        self.state.withLock { $0.status.lastEvent = AdapterTime.now.wall }
        _ = try await persistently(longest: .seconds(20)) {
            try await sink.deliver(event)
        } mayRetry: { error, _, _ in
            self.logger.warning("An event could not be stored; retrying", ["error": .string("\(error)")])
            return true
        }
    }

    // MARK: Memory

    /// Saves at most once a second unless urgent: after a crash, an older state only means that known events repeat.
    private func remember(_ memory: MatrixMemory, _ isUrgent: Bool) async {
        let isDue = self.state.withLock { state in
            state.unsaved = memory
            return isUrgent || AdapterTime.now.monotonic - state.savedAt >= 1_000
        }
        if isDue { await self.save() }
    }

    func save() async {
        let memory = self.state.withLock { state in
            state.savedAt = AdapterTime.now.monotonic
            return state.unsaved.take()
        }
        guard let memory, await !self.memory.save(memory.bytes) else { return }
        self.logger.warning(
            "The Matrix state could not be saved; check that the data directory, or the cluster's database, can be written"
        )
    }

    // MARK: Asides

    /// Performs an action that does not block the main line.
    func perform(_ action: MatrixStateMachine.Action) {
        switch action {
        case .aside(let request, let after): self.begin(.request(request, after: after))
        case .markRead(let mark, let after): self.begin(.markRead(mark, after: after))
        case .ask(let room, let sender, let isDirect): self.begin(.ask(room: room, sender, isDirect: isDirect))
        case .say(let outgoing): self.begin(.say(outgoing))
        case .log(let level, let text): self.logger.log(level, text)
        case .request, .use, .wait, .deliver, .status, .remember, .openKeys, .settle: break
        }
    }

    func begin(_ aside: Aside) {
        if case .dropped = self.asides.continuation.yield(aside) {
            self.forget(aside)
            self.logger.warning("Too many side tasks are queued; one was dropped")
        }
    }

    /// A dropped aside leaves its work undone; that must not prevent a later one from doing it.
    private func forget(_ aside: Aside) {
        guard case .markRead(let mark, _) = aside else { return }
        self.state.withLock { _ = $0.machine.takeReceipt(mark) }
    }

    private func asideLine() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            for await aside in self.asides.stream {
                let isFree = self.state.withLock { state in
                    if state.busy >= Self.asideLimit, aside.isDecoration { return false }
                    state.busy += 1
                    return true
                }
                guard isFree else {
                    self.forget(aside)
                    continue
                }
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
                try await self.sendAside(request)
            case .markRead(let mark, let after):
                try await Task.sleep(for: .milliseconds(after))
                let request = self.state.withLock { $0.machine.takeReceipt(mark) }
                if let request { try await self.sendAside(request) }
            case .ask(let room, let sender, let isDirect):
                var isAllowed = await self.mayInvite?(sender) ?? false
                if !isAllowed, isDirect { isAllowed = await self.mayPair?() ?? false }
                for action in self.handle(.decided(room: room, isAllowed: isAllowed)) { self.perform(action) }
            case .say(let outgoing): _ = try await self.transmit(outgoing)
            case .typing(let room, let number): try await self.keepTyping(in: room, number)
            case .typingEnd(let room): try await self.sendTyping(false, in: room)
            }
        } catch {
            // No caller waits for it, and the state machine has logged what matters.
            self.forget(aside)
            self.logger.debug("A side task failed", ["error": .string("\(error)")])
        }
    }

    private func sendAside(_ request: MatrixRequest) async throws {
        let token = self.state.withLock { $0.machine.token }
        let answer = try await self.transport.send(request, token: token)
        for action in self.handle(.answerAside(request.purpose, answer)) { self.perform(action) }
    }
}

extension MatrixAdapter.Aside {
    /// Whether it can be dropped under load.
    var isDecoration: Bool {
        switch self {
        case .markRead, .typing: true
        case .request, .ask, .say, .typingEnd: false
        }
    }
}
