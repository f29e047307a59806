internal import Chat
internal import JSON
internal import Kit
internal import Logging
internal import Primitives
internal import WebSockets

extension SlackAdapter {
    /// Milliseconds for retries of a failing store: Slack waits three seconds for an acknowledgement.
    private static let patience: Int64 = 2_200

    // MARK: Queueing

    /// Queues an envelope; it is acknowledged on the same socket once it is stored.
    func accept(_ envelope: SlackEnvelope, from link: Int) {
        if envelope.attempt > 0 {
            self.logger.debug("Slack redelivered an event", ["attempt": .integer(Int64(envelope.attempt))])
        }
        self.enqueue(envelope.payload, as: envelope.kind) { isStored, payload in
            guard isStored else { return }
            self.acknowledge(envelope, with: payload, on: link)
        }
    }

    /// Queues a payload. `answer` is called once, when it is stored or cannot be.
    func enqueue(_ payload: JSON, as kind: SlackEnvelope.Kind?, answer: @escaping SlackDeliveryQueue.Answer) {
        guard let reader = self.reader else { return answer(false, nil) }
        var items: [SlackReader.Item] = []
        var refusal: JSON?
        var naming: SlackDeliveryQueue.Naming?
        let names = self.state.withLock { $0.people.names }
        switch kind {
        case .events:
            let files = SlackReader.attachments(payload["event"]?["files"]).map(\.id)
            if !files.isEmpty, let channel = SlackReader.id(payload["event"]?["channel"]) {
                self.state.withLock { $0.files.noteMessage(with: files, in: channel, at: self.now.monotonic) }
            }
            items = reader.items(ofEvents: payload, names: names)
            naming = SlackDeliveryQueue.Naming(items, ids: { reader.unnamed(inEvents: payload, names: names) }) {
                reader.items(ofEvents: payload, names: $0)
            }
        case .interactive:
            if let form = reader.form(payload) {
                return self.order(.form(form, answer)) ? () : answer(false, nil)
            }
            items = reader.items(ofInteraction: payload, names: names)
            if items.isEmpty {
                items = reader.items(ofSubmission: payload)
                refusal = SlackForm.refusal
            }
        case .slash:
            guard let slash = reader.slash(payload, names: names) else { break }
            return self.order(.slash(slash, answer)) ? () : answer(false, nil)
        case nil: break
        }
        guard let first = items.first else { return answer(true, nil) }
        let job = SlackDeliveryQueue.Job(items: items, naming: naming, refusal: refusal, answer: answer)
        if !self.queue(of: first).append(job) { answer(false, nil) }
    }

    private func acknowledge(_ envelope: SlackEnvelope, with payload: JSON?, on link: Int) {
        guard let socket = self.state.withLock({ $0.work.sockets[link] }) else { return }
        var answer: JSONObject = ["envelope_id": .string(envelope.id)]
        if envelope.takesPayload, let payload { answer["payload"] = payload }
        self.acknowledge(JSON.object(answer).text, on: socket, link)
    }

    /// Sending blocks only while a slow peer leaves 256 KB unread; the next event must not wait for that.
    private func acknowledge(_ text: String, on socket: WebSocket, _ link: Int) {
        guard self.state.withLock({ $0.work.beginAcknowledgement(on: link) }) else { return self.toConduct.signal() }
        // Unstructured: it ends with the socket at the latest, and its outcome does not matter, since Slack redelivers
        // what was not acknowledged.
        Task {
            try? await socket.send(text)
            self.state.withLock { $0.work.endAcknowledgement(on: link) }
        }
    }

    func queue(of item: SlackReader.Item) -> SlackDeliveryQueue {
        let room: String
        switch item {
        case .message(let message, _): room = message.route.room.name
        case .other(.messageEdited(let edit), _): room = edit.reference.room.name
        case .other(.messageDeleted(let reference), _): room = reference.room.name
        case .other(.choice(let choice), _): room = choice.target.room.name
        case .other(.roomRenamed(let old, _), _): room = old.name
        case .other(.roomReturned(let back), _): room = back.name
        case .streamsStopped(let channel, _), .joined(let channel), .assistantOpened(let channel, _): room = channel
        case .fileShared(let file): room = file.channel
        default: room = ""
        }
        return self.queue(ofChannel: room)
    }

    func queue(ofChannel channel: String) -> SlackDeliveryQueue {
        var sum = 0
        for byte in channel.utf8 { sum = sum &* 31 &+ Int(byte) }
        return self.queues[abs(sum % self.queues.count)]
    }

    // MARK: Storing

    /// Stores the jobs of one queue, in order, until it is closed.
    func deliverJobs(of queue: SlackDeliveryQueue, to sink: any MessageSink) async {
        while var jobs = await queue.next() {
            if jobs.contains(where: self.waitsAnyway) { jobs = await queue.gather(jobs) }
            for job in jobs { await self.deliver(job, to: sink) }
        }
        // Only cancellation leaves jobs; their callers still wait for an answer.
        for job in queue.abandon() { job.answer(false, nil) }
    }

    /// Whether the thread of a message is being answered: then a moment for those that were written before it costs nothing.
    private func waitsAnyway(_ job: SlackDeliveryQueue.Job) -> Bool {
        guard let route = job.route else { return false }
        let thread = SlackThreadSigns.key(route.room.name, route.anchor ?? "")
        return self.state.withLock { $0.signs.isTyping(in: thread) || $0.growing.isGrowing(in: route.room) }
    }

    private func deliver(_ job: SlackDeliveryQueue.Job, to sink: any MessageSink) async {
        var delivery: Delivery? = .stored
        var items = job.items
        if let naming = job.naming { items = naming.read(await self.names(of: naming.ids)) }
        for item in items where delivery != nil { delivery = await self.deliver(item, to: sink) }
        if delivery == nil { self.noteUnstored() }
        job.answer(delivery != nil, delivery == .ignored("stranger") ? job.refusal : nil)
    }

    /// What is not stored does not count as seen: it is read again, should Slack give up sending it.
    private func noteUnstored() {
        self.state.withLock { state in
            guard !state.seen.isCatchingUp else { return }
            state.seen.beginCatchUp()
            state.work.add(.catchUp)
        }
        self.toConduct.signal()
    }

    /// Nil when it may not be acknowledged.
    private func deliver(_ item: SlackReader.Item, to sink: any MessageSink) async -> Delivery? {
        switch item {
        case .message(let read, let id):
            let isAlone = id.hasPrefix(SlackSharedFile.idPrefix)
            let now = self.now.monotonic
            guard let new = isAlone ? read : self.state.withLock({ $0.files.withoutAsked(read, at: now) }) else {
                return .stored
            }
            let message = await self.named(new)
            let event = InboundEvent(id: id, adapter: self.id, kind: .message(message))
            let delivery = await self.deliver(event, to: sink)
            if delivery == .stored { self.note(message) }
            return delivery
        case .other(let kind, let id):
            if case .roomRenamed(let old, let new) = kind {
                self.state.withLock { state in
                    state.growing.move(from: old, to: new)
                    state.seen.move(from: old.name, to: new.name)
                }
            }
            let event = InboundEvent(id: id, adapter: self.id, kind: await self.named(kind))
            return await self.deliver(event, to: sink)
        case .streamsStopped(let channel, let timestamps):
            self.state.withLock { state in
                for ts in timestamps {
                    state.growing.endStream(
                        MessageReference(room: RoomID(adapter: self.id, name: channel), id: ts))
                }
            }
        case .assistantOpened(let channel, let thread):
            self.state.withLock { $0.signs.noteUntitled(SlackThreadSigns.key(channel, thread)) }
            self.order(.prompts(channel: channel, thread: thread))
        case .fileShared(let file): self.order(.file(file))
        case .joined(let channel):
            self.logger.info("The bot was added to a Slack channel", ["channel": .string(channel)])
            let room = RoomID(adapter: self.id, name: channel)
            let event = InboundEvent(id: "joined:\(channel)", adapter: self.id, kind: .roomReturned(room))
            return await self.deliver(event, to: sink)
        case .revoked(let detail): self.perform(.revoked(detail))
        }
        return .stored
    }

    /// Nil when it could not be stored in time; then it must not be acknowledged, so that Slack redelivers it.
    func deliver(_ event: InboundEvent, to sink: any MessageSink) async -> Delivery? {
        let end = self.now.monotonic + Self.patience
        let delivery = try? await persistently(first: .milliseconds(100), longest: .seconds(2)) {
            let delivery = try await sink.deliver(event)
            self.state.withLock { $0.status.lastEvent = self.now.wall }
            return delivery
        } mayRetry: { error, _, delay in
            if self.now.monotonic + Int64(delay / .milliseconds(1)) < end { return true }
            self.logger.error(
                "A Slack event could not be stored; Slack will redeliver it", ["error": .string("\(error)")])
            return false
        }
        return delivery ?? nil
    }

    /// With its writer's name instead of the id. The name of its channel is looked up too, with which traits have it.
    private func named(_ message: InboundMessage) async -> InboundMessage {
        guard message.needsNames else { return message }
        let rooms = message.isDirect ? [] : [message.route.room.name]
        guard message.sender.id.hasSuffix("/\(message.sender.displayName)") else {
            await self.names(of: rooms)
            return message
        }
        var named = message
        named.sender = await self.named(message.sender, in: rooms)
        return named
    }

    /// A choice or an edit with the person's name: a reaction has only the id, a button the name of the login.
    func named(_ kind: InboundEvent.Kind) async -> InboundEvent.Kind {
        switch kind {
        case .choice(var choice):
            choice.sender = await self.named(choice.sender)
            return .choice(choice)
        case .messageEdited(var edit):
            edit.sender = await self.named(edit.sender)
            return .messageEdited(edit)
        default: return kind
        }
    }

    /// The name is looked up when a person is first met: others read it, and commits are signed with it.
    ///
    /// - Parameter rooms: Those whose names are looked up beside it.
    private func named(_ sender: Sender, in rooms: [String] = []) async -> Sender {
        let user = sender.id.split(separator: "/").last.map(String.init) ?? ""
        guard let name = await self.names(of: [user] + rooms)[user] else { return sender }
        return Sender(id: sender.id, identities: sender.identities, displayName: name, isBot: sender.isBot)
    }

    /// Notes what a stored message shows: a thread to read after an absence, a missing title.
    private func note(_ message: InboundMessage) {
        let channel = message.route.room.name
        var title: SlackWork.Order?
        self.state.withLock { state in
            if let root = message.route.anchor, message.isAddressed || message.isThreaded || message.isDirect {
                state.seen.noteThread(root, in: channel, at: message.sentAt)
                if state.signs.takeUntitled(SlackThreadSigns.key(channel, root)) {
                    title = .title(channel: channel, thread: root, text: message.text)
                }
            }
        }
        if let title { self.order(title) }
    }
}
