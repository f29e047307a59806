package import Chat
internal import JSON
internal import Logging
internal import Primitives

extension TelegramAdapter {
    package func run(delivering sink: any MessageSink) async throws {
        let memory = TelegramMemory(bytes: await self.memory.load())
        let seed = UInt64.random(in: .min ... .max)
        self.state.withLock { state in
            state.session = TelegramSession(settings: self.settings, memory: memory, seed: seed)
            state.isFinished = state.isStopping
            state.incoming = [.memory(memory, isVital: false)]
        }
        defer { self.refuseTickets() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(name: "\(self.id) calls") { try await self.makeCalls() }
            group.addTask(name: "\(self.id) clock") { try await self.watch() }
            group.addTask(name: "\(self.id) delivery") { try await self.deliverAll(to: sink) }
            if !self.isFinished { self.perform(.begin) }
            do {
                try await group.waitForAll()
            } catch {
                group.cancelAll()
                self.perform(.stop)
                throw error
            }
        }
        let status = self.status
        await sink.statusChanged(status, of: self.id)
    }

    private var isFinished: Bool { self.state.withLock { $0.isFinished } }

    // MARK: Calls

    /// Makes the calls that the session wants, each in a task of its own; when all is over, those under way are ended.
    private func makeCalls() async throws {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let (calls, isFinished) = self.state.withLock { state in
                    defer { state.calls = [] }
                    state.callsOut += state.calls.count
                    return (state.calls, state.isFinished)
                }
                if isFinished { break }
                for (purpose, call) in calls { group.addTask { await self.make(call, for: purpose) } }
                if calls.isEmpty { await self.toCall.wait() }
            }
            group.cancelAll()
        }
        try Task.checkCancellation()
    }

    private func make(_ call: TelegramCall, for purpose: TelegramSession.Purpose) async {
        defer { self.state.withLock { $0.callsOut -= 1 } }
        if call == Self.renewal { return await self.transport.renew() }
        // Only cancellation throws: then nobody waits for the answer.
        guard let answer = try? await self.transport.send(call) else { return }
        self.perform(.answer(purpose, answer))
    }

    /// Tells the session when its time has come.
    private func watch() async throws {
        while !self.isFinished {
            try Task.checkCancellation()
            let now = Self.now.monotonic
            let deadline = self.state.withLock { state in
                state.watchedDeadline = state.session.deadline
                return state.watchedDeadline
            }
            guard let deadline else {
                await self.toWatch.wait()
                continue
            }
            if deadline <= now {
                self.perform(.time)
            } else {
                await self.toWatch.wait(upTo: .milliseconds(deadline - now))
            }
        }
    }

    // MARK: Delivery

    private func deliverAll(to sink: any MessageSink) async throws {
        while true {
            var items: ArraySlice<Incoming>
            let isFinished: Bool
            (items, isFinished) = self.state.withLock { state in
                defer { state.incoming = [] }
                return (state.incoming[...], state.isFinished)
            }
            if items.isEmpty {
                if isFinished { return }
                await self.toDeliver.wait()
                try Task.checkCancellation()
                continue
            }
            while let item = items.first {
                // A webhook's updates come one by one; those that wait here are stored side by side.
                let batches = items.prefix { if case .batch = $0 { true } else { false } }
                if batches.isEmpty {
                    items.removeFirst()
                    try await self.keep(item, telling: sink)
                } else {
                    items.removeFirst(batches.count)
                    try await self.deliver(batches, to: sink)
                }
            }
        }
    }

    private func keep(_ item: Incoming, telling sink: any MessageSink) async throws {
        switch item {
        case .status(let status): await sink.statusChanged(status, of: self.id)
        case .memory(let memory, let isVital):
            try await self.persistently("The memory") {
                if await !self.memory.save(memory.bytes), isVital { throw TelegramUnsaved() }
            }
        case .batch: break
        }
    }

    private func deliver(_ batches: ArraySlice<Incoming>, to sink: any MessageSink) async throws {
        var numbers: [Int] = []
        var all: [TelegramIncoming] = []
        for case .batch(let number, let incoming) in batches {
            numbers.append(number)
            all += incoming
        }
        try await self.deliver(all, to: sink)
        for number in numbers { self.perform(.delivered(batch: number)) }
    }

    /// Rooms side by side, each in its order.
    private func deliver(_ incoming: [TelegramIncoming], to sink: any MessageSink) async throws {
        if incoming.count == 1 { return try await self.deliver(incoming[0], to: sink) }
        var rooms: [RoomID: [TelegramIncoming]] = [:]
        for item in incoming { rooms[item.room, default: []].append(item) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for items in rooms.values {
                group.addTask { for item in items { try await self.deliver(item, to: sink) } }
            }
            try await group.waitForAll()
        }
    }

    private func deliver(_ item: TelegramIncoming, to sink: any MessageSink) async throws {
        var thread: ThreadKey?
        if let answered = item.answered { thread = await sink.thread(of: answered) }
        if let event = item.event(in: thread) {
            try await self.persistently("A message") { try await sink.deliver(event) }
        }
        for call in item.calls {
            self.change { _, _ in [.call(.decoration(chat: call.chat ?? 0), call)] }
        }
    }

    /// A store that fails for a moment is waited for; meanwhile nothing more is asked of Telegram.
    private func persistently(_ what: String, _ body: () async throws -> Void) async throws {
        var delay: Duration = .milliseconds(200)
        while true {
            do {
                return try await body()
            } catch let error as CancellationError {
                throw error
            } catch {
                // Telegram was told nothing yet: it comes again in the next run.
                if self.state.withLock({ $0.isStopping }) { return }
                self.logger.warning("\(what) could not be stored; trying again", ["error": .string("\(error)")])
                try await Task.sleep(for: delay)
                delay = min(delay * 2, .seconds(10))
            }
        }
    }
}

/// The memory could not be kept.
private struct TelegramUnsaved: Error {}
