internal import Attention
package import Chat
internal import Database
internal import Delivery
internal import Etiquette
internal import JSON
internal import Lifecycle
internal import Logging
internal import People
internal import Posts
internal import Primitives
internal import Store
internal import Threads

/// Events from the networks: stored first, then handed to their threads.
extension Bridge {
    package func thread(of message: MessageReference) async -> ThreadKey? {
        // Not cancelled with its caller: if the thread were unknown, a reply to the bot would count as not addressed to it
        // and be lost.
        await withGrace(.seconds(60)) {
            do {
                return try await self.store.read { ledger in try ledger.thread(of: message) }
            } catch {
                self.environment.logger.error(
                    "the thread of a reply could not be looked up",
                    ["room": "\(message.room)", "error": .string("\(error)")])
                return nil
            }
        }
    }

    package func mayShow(_ message: InboundMessage) async -> Bool {
        guard let role = self.access.role(of: message.sender), Redaction.redact(message.text) == message.text,
            self.withoutToken(message.text, in: message.route.room) == nil, PairingWords.code(in: message.text) == nil,
            // What cannot be read is not shown.
            let reading = try? await self.read(message, as: role)
        else { return false }
        return !reading.intent.isPairing
    }

    func take(_ message: InboundMessage, event: InboundEvent, reply: ReplyBox?) async throws -> Delivery {
        FaultPoint.eventReceived.hit()
        let role = self.access.role(of: message.sender)
        self.environment.languages.hear(message.locale, from: message.sender.id)
        let reading = try await self.read(message, as: role)
        let (message, intent) = (reading.message, reading.intent)
        switch intent {
        case .ignore(let reason):
            if role == nil, message.isDirect { await self.meet(message) }
            return .ignored(reason)
        case .acknowledge:
            self.lanes.reactions.acknowledge(message.route)
            return .ignored("thanks")
        case .command(.pair, _) where !self.access.mayPair(message.sender, on: event.adapter):
            return .ignored("too many codes")
        default: break
        }
        let now = self.environment.now()
        let sighting = role == nil ? nil : self.access.sightings.sighting(of: message, at: now)
        let arrival = Arrival(
            event: event.id, adapter: event.adapter, message: message, role: role, sighting: sighting,
            endsMute: reading.endsMute, at: now)
        do {
            let isStopping = self.isStopping(Place(of: message.thread))
            if case .chat(let text) = intent, !isStopping {
                let conversation = self.conversations.conversation(for: message.thread)
                switch try await conversation.takeAtOnce(arrival, text: text) {
                case .taken(let submission):
                    reply?.resume(with: .success(submission))
                    return .stored
                case .duplicate: return .duplicate
                case .busy: break
                }
            }
            guard let number = try await self.store(arrival, intent) else { return .duplicate }
            FaultPoint.eventStored.hit()
            // While the host stops, the inbox keeps the message for the next start. A caller that waits for its operation
            // has no other way to learn that the message is stored, and would send it again: so it gets a turn that waits.
            if isStopping, reply == nil { return .stored }
            let stored = StoredMessage(number: number, event: event.id, message: message, role: role)
            await self.conversations.hand(.message(stored, intent), of: message.thread, reply: reply)
            return .stored
        } catch let error where error is QuotaExceeded || (error as? DatabaseError)?.isPassing == true {
            // Stopping needs no storage, and a full disk is when people want it most.
            if case .command(.stop, _) = intent,
                await self.conversations.conversation(for: message.thread).stop(by: message.sender, as: role)
            {
                return .ignored(Intent.stopped)
            }
            guard let refusal = error as? QuotaExceeded else { throw error }
            return try await self.environment.speaking(to: message.sender.id, in: self.store) {
                try await self.refuse(message, because: refusal, isAnswered: reply != nil)
            }
        }
    }

    private func meet(_ stranger: InboundMessage) async {
        guard !self.isStopping(Place(of: stranger.thread)), let ask = await self.strangers.meet(stranger) else {
            return
        }
        let conversation = self.conversations.conversation(for: stranger.thread)
        await conversation.watch(ask)
        await conversation.noteAsked(ask)
    }

    /// The message as it counts here, and what it wants.
    private func read(_ message: InboundMessage, as role: Role?) async throws -> Reading {
        var message = self.lanes.current(message)
        // A token that somebody sends must not even get into the inbox.
        if let cleaned = self.withoutToken(message.text, in: message.route.room) { message = message.reading(cleaned) }
        let mask = self.access.mask(of: message.sender)
        var reading = try await self.determine(
            message, in: mask?.thread(message.thread) ?? message.thread, as: role)
        let intent = reading.intent
        if let mask, !intent.isPairing { reading.message = reading.message.identified(by: mask) }
        if let thread = try await self.thread(answeredBy: reading.message, intent, as: role) {
            reading.message = reading.message.moved(to: thread, message.route)
        } else if let (said, thread) = try await self.answer(toToldAsk: reading.message, intent, as: role) {
            reading.message = reading.message.reading(said).moved(to: thread ?? message.thread, message.route)
            reading.intent = IntentReader(adapters: self.adapters, access: self.access)
                .intent(of: reading.message, role: role)
        }
        if intent.isAnsweredAtOnce(as: role), let limit = intent.textLimit, message.text.utf8.count > limit {
            // What nothing uses is not stored.
            reading.message = reading.message.reading(message.text.beginning(bytes: limit))
            reading.intent = IntentReader(adapters: self.adapters, access: self.access)
                .intent(of: reading.message, role: role)
        }
        return reading
    }

    /// Stores a message in the inbox. Returns its number; nil for one that is there already. Throws ``QuotaExceeded``.
    private func store(_ arrival: Arrival, _ intent: Intent) async throws -> Int64? {
        let quota = self.environment.settings.quota.limits(for: arrival.role)
        let hasReserve = intent.isAnsweredAtOnce(as: arrival.role) || intent.isWork
        let message = arrival.message
        let body = StoredForm.text(of: message)
        return try await self.store.write(of: Place(of: message.thread)) { ledger in
            try arrival.sighting?.write(to: ledger)
            let checkRoom = try ledger.roomCheck(
                quota, for: message.text.utf8.count, in: message.thread, from: message.sender.id,
                hasReserve: hasReserve, mayFree: intent.isWork)
            let number = try ledger.insertEvent(
                arrival.event, adapter: arrival.adapter, body: body, role: arrival.role, of: message.reference,
                in: message.route.room, charge: InboxCharge(message), at: arrival.at)
            guard number != nil else { return nil }
            try checkRoom()
            if arrival.endsMute { try ledger.unmute(message.thread) }
            return number
        }
    }

    /// Minimum interval between two quota notices in a thread, in milliseconds.
    private static let refusalInterval: Int64 = 3_600_000

    /// Refuses a message for which there is no room. A caller that waits gets the error; a network's thread gets a line,
    /// not for each message.
    private func refuse(
        _ message: InboundMessage, because refusal: QuotaExceeded, isAnswered: Bool
    ) async throws -> Delivery {
        guard !isAnswered else { throw refusal }
        let now = self.environment.now()
        let isDue = self.state.withLock { state in
            if let last = state.refused[message.thread], now - last < Self.refusalInterval { return false }
            if state.refused.count > 1_000 { state.refused = [:] }
            state.refused[message.thread] = now
            return true
        }
        if isDue {
            let session = try await self.store.read { ledger in try ledger.session(for: message.thread)?.id }
            if let session {
                try await self.posts.post(refusal.text, in: session)
            } else if let adapter = self.adapters[message.thread.adapter] {
                let poster = AnswerPoster(
                    traits: self.adapters.traits(of: message.route.room), renderer: adapter.renderer)
                for text in poster.messages(for: refusal.text) {
                    // There is no session whose outbox could keep it.
                    _ = try? await adapter.post(
                        OutgoingMessage(text: text, route: message.route, token: Identifier.make("m")))
                }
            }
        }
        return .ignored("no room")
    }

    /// The text to use instead of one with a token for `login`.
    private func withoutToken(_ text: String, in room: RoomID) -> String? {
        SignInWords.cleaned(text, sign: self.adapters.traits(of: room).sign.character)
    }

    // MARK: Changes of waiting messages

    /// An edit takes effect while its message waits; running and answered ones stay as they are. A deletion always does.
    func take(_ received: MessageChange, event: InboundEvent) async throws -> Delivery {
        var change = received
        if case .edit(let edit) = received, let text = self.withoutToken(edit.text, in: edit.reference.room) {
            change = .edit(MessageEdit(reference: edit.reference, sender: edit.sender, text: text))
        }
        return try await self.store(change, event: event)
    }

    private func store(_ change: MessageChange, event: InboundEvent) async throws -> Delivery {
        let isLine = try await self.changeLines(by: change)
        let thread = try await self.store.read { ledger in try ledger.thread(changedBy: change) }
        guard let thread else { return isLine ? .stored : .ignored("not waiting") }
        let now = self.environment.now()
        let role = change.sender.flatMap { self.access.role(of: $0) }
        let number = try await self.store.write(of: Place(of: thread)) { ledger in
            let number = try ledger.insertChange(
                change, event: event.id, adapter: event.adapter, role: role, at: now)
            // A thread in which many messages wait reads this one later.
            if number != nil { _ = try ledger.apply(change, to: try ledger.received(change.reference)) }
            return number
        }
        guard let number else { return .duplicate }
        // While the host stops, the inbox keeps the change for the next start, like the message.
        if self.isStopping(Place(of: thread)) { return .stored }
        let stored = StoredChange(number: number, event: event.id, change: change, role: role)
        await self.conversations.hand(.change(stored), of: thread, reply: nil)
        return .stored
    }

    // MARK: Renamed rooms

    /// Handles a room that got another id: its threads and unsent messages continue under the new one.
    func rename(_ from: RoomID, to: RoomID) async throws -> Delivery {
        guard from != to, from.adapter == to.adapter else { return .ignored("no new name") }
        let keepsMessages = self.adapters.keepMessages(to)
        try await self.store.write(of: Place(of: from)) { ledger in
            try ledger.rename(from, to: to, keepsMessages: keepsMessages)
        }
        self.questions.move(from: from, to: to)
        self.mutes.move(from: from, to: to)
        let former = await self.lanes.redirect(from, to: to)
        await self.conversations.move(from: from, to: to)
        await self.lanes.handOver(former, to: to)
        return .stored
    }
}
