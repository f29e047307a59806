package import Chat
internal import JSON
internal import Logging
internal import Primitives

/// What comes in from the networks: stored first, then handed to the thread that it belongs to.
extension Bridge {
    package func thread(of message: MessageReference) async -> ThreadKey? {
        let store = self.store
        // Unstructured, so that it is not cancelled with who asks: "no thread" would make a reply to the bot one that is
        // not for it, and lose it.
        return await Task {
            do {
                return try await store.read { ledger in try ledger.thread(of: message) }
            } catch {
                self.environment.logger.error(
                    "it is not known what is replied to", ["room": "\(message.room)", "error": .string("\(error)")])
                return nil
            }
        }.value
    }

    func take(_ message: InboundMessage, event: InboundEvent, reply: ReplyBox?) async throws -> Delivery {
        FaultPoint.eventReceived.hit()
        var message = self.current(message)
        let sign = self.adapters.traits(of: message.route.room).commandSign
        let role = self.access.role(of: message.sender)
        let isPairingAllowed = self.access.isPairingAllowed
        var intent = Intent.determine(message, role: role, sign: sign, isPairingAllowed: isPairingAllowed)
        if message.isThreaded, intent == .ignore(Intent.notAddressed), try await self.isPart(of: message.thread) {
            message = message.addressed
            intent = Intent.determine(message, role: role, sign: sign, isPairingAllowed: isPairingAllowed)
        }
        switch intent {
        case .ignore(let reason): return .ignored(reason)
        case .command(.pair, _) where !self.access.mayPair(message.sender.id): return .ignored("too many codes")
        default: break
        }
        let now = self.environment.now()
        if case .chat(let text) = intent, !self.state.withLock({ $0.isStopping }) {
            let arrival = Arrival(event: event.id, adapter: event.adapter, message: message, role: role, at: now)
            switch try await self.conversation(for: message.thread).takeAtOnce(arrival, text: text) {
            case .taken(let submission):
                reply?.resume(with: .success(submission))
                return .stored
            case .duplicate: return .duplicate
            case .busy: break
            }
        }
        let stored = message
        let body = StoredForm.text(of: stored)
        let number = try await self.store.write { ledger in
            try ledger.insertEvent(
                event.id, adapter: event.adapter, body: body, role: role, of: stored.reference, at: now)
        }
        FaultPoint.eventStored.hit()
        guard let number else { return .duplicate }
        // While the host goes down the inbox keeps the message for the next start.
        if self.state.withLock({ $0.isStopping }) {
            reply?.resume(with: .success(nil))
            return .stored
        }
        await self.hand(
            .message(StoredMessage(number: number, event: event.id, message: stored, role: role)), of: stored.thread,
            reply: reply)
        return .stored
    }

    /// Whether the bot has a session there: then what is said in the thread is said to it, too.
    private func isPart(of thread: ThreadKey) async throws -> Bool {
        if self.state.withLock({ $0.conversations[thread] != nil }) { return true }
        return try await self.store.read { ledger in try ledger.session(for: thread) != nil }
    }

    // MARK: Changes of what waits

    /// A change of a message counts while the message waits: what is being answered or was answered is not touched.
    func take(_ change: MessageChange, event: InboundEvent) async throws -> Delivery {
        let thread = try await self.store.read { ledger in try ledger.threadWaiting(for: change) }
        guard let thread else { return .ignored("not waiting") }
        let now = self.environment.now()
        let role = change.sender.flatMap { self.access.role(of: $0) }
        let number = try await self.store.write { ledger in
            try ledger.insertChange(change, event: event.id, adapter: event.adapter, role: role, at: now)
        }
        guard let number else { return .duplicate }
        // While the host goes down the inbox keeps the change for the next start, as it keeps the message.
        if self.state.withLock({ $0.isStopping }) { return .stored }
        let stored = StoredChange(number: number, event: event.id, change: change, role: role)
        await self.hand(.change(stored), of: thread, reply: nil)
        return .stored
    }

    // MARK: Handing over

    func hand(_ entry: InboxEntry, of thread: ThreadKey, reply: ReplyBox?) async {
        while true {
            let conversation = self.conversation(for: thread)
            if await conversation.accept(entry, reply: reply) { return }
            self.state.withLock { state in
                if state.conversations[thread] === conversation { state.conversations[thread] = nil }
            }
        }
    }
}
