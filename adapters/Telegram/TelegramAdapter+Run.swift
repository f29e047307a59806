package import Chat
internal import JSON
internal import Kit
internal import Logging
internal import Primitives

extension TelegramAdapter {
    package func run(delivering sink: any MessageSink) async throws {
        let memory = TelegramMemory(bytes: await self.memory.load())
        let seed = UInt64.random(in: .min ... .max)
        self.state.withLock { state in
            state.machine = TelegramStateMachine(settings: self.settings, memory: memory, seed: seed)
            state.isFinished = state.isStopping
            state.incoming = [.memory(memory, isVital: false)]
        }
        defer { self.refuseTickets() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(name: "\(self.id) calls") { try await self.makeCalls() }
            group.addTask(name: "\(self.id) clock") {
                await self.watch.run(
                    until: { self.isFinished }, deadline: { self.state.withLock { $0.machine.deadline } },
                    expire: { self.perform(.time) })
                try Task.checkCancellation()
            }
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

    /// Makes the calls that the state machine asks for, each in a separate task; cancels the pending ones at the end.
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

    private func make(_ call: TelegramCall, for purpose: TelegramStateMachine.Purpose) async {
        defer { self.state.withLock { $0.callsOut -= 1 } }
        if call == Self.renewal { return await self.transport.renew() }
        // Only cancellation throws, and then the answer is no longer needed.
        guard let answer = try? await self.transport.send(call) else { return }
        self.perform(.answer(purpose, answer))
    }

    // MARK: Delivery

    private func deliverAll(to sink: any MessageSink) async throws {
        /// Events are left unstored only when the adapter stops; then no later one is acknowledged either.
        var isStored = true
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
                // A webhook brings updates one by one; queued ones are stored concurrently.
                let batches = items.prefix { if case .batch = $0 { true } else { false } }
                if batches.isEmpty {
                    items.removeFirst()
                    isStored = try await self.keep(item, telling: sink) && isStored
                } else {
                    items.removeFirst(batches.count)
                    let incoming = batches.flatMap { batch -> [TelegramIncoming] in
                        if case .batch(_, let incoming) = batch { incoming } else { [] }
                    }
                    isStored = try await self.deliver(incoming, to: sink) && isStored
                    guard isStored else { continue }
                    for case .batch(let number, _) in batches { self.perform(.delivered(batch: number)) }
                }
            }
        }
    }

    private func keep(_ item: Incoming, telling sink: any MessageSink) async throws -> Bool {
        switch item {
        case .status(let status): await sink.statusChanged(status, of: self.id)
        case .memory(let memory, let isVital):
            return try await self.keep("The adapter's memory") {
                if await !self.memory.save(memory.bytes), isVital { throw TelegramUnsaved() }
            }
        case .batch: break
        }
        return true
    }

    /// Delivers rooms concurrently, and the events of each room in order. False if some could not be stored.
    private func deliver(_ incoming: [TelegramIncoming], to sink: any MessageSink) async throws -> Bool {
        if incoming.count == 1 { return try await self.deliver(incoming[0], to: sink) }
        var rooms: [RoomID: [TelegramIncoming]] = [:]
        for item in incoming { rooms[item.room, default: []].append(item) }
        return try await withThrowingTaskGroup(of: Bool.self) { group in
            for items in rooms.values {
                group.addTask {
                    var isStored = true
                    for item in items { isStored = try await self.deliver(item, to: sink) && isStored }
                    return isStored
                }
            }
            return try await group.reduce(true) { $0 && $1 }
        }
    }

    private func deliver(_ item: TelegramIncoming, to sink: any MessageSink) async throws -> Bool {
        var thread: ThreadKey?
        if let answered = item.answered { thread = await sink.thread(of: answered) }
        var delivery: Delivery?
        if let event = item.event(in: thread) {
            guard try await self.keep("A message", { delivery = try await sink.deliver(event) }) else { return false }
        }
        await self.noteAccess(after: delivery, of: item, sink)
        if let asker = item.asker, await !sink.mayShow(asker) { return true }
        for call in item.calls(after: delivery) {
            self.change { _, _ in [.call(.decoration(chat: call.chat ?? 0), call)] }
        }
        return true
    }

    /// Shows somebody who has access the whole menu in their private chat.
    private func noteAccess(after delivery: Delivery?, of item: TelegramIncoming, _ sink: any MessageSink) async {
        guard let delivery, case .message(let message) = item.event?.kind, message.isDirect,
            let chat = Int64(message.route.room.name)
        else { return }
        func needs(_ isKnown: Bool) -> Bool { self.state.withLock { $0.machine.needsMenu(chat, isKnown: isKnown) } }
        if delivery == .ignored("stranger") {
            if needs(false) { self.perform(.access(false, chat: chat)) }
        } else if needs(true), await sink.mayShow(message) {
            self.perform(.access(true, chat: chat))
        }
    }

    /// Retries until the store works again; no further updates are fetched until then. False if the adapter stops
    /// first; Telegram sends unacknowledged updates again in the next run.
    private func keep(_ what: String, _ body: () async throws -> Void) async throws -> Bool {
        try await persistently(longest: .seconds(10), body) { error, _, _ in
            if self.state.withLock({ $0.isStopping }) || error is any NetworkGone { return false }
            self.logger.warning("\(what) could not be stored; retrying", ["error": .string("\(error)")])
            return true
        } != nil
    }
}

/// The memory store could not save.
private struct TelegramUnsaved: Error {}
