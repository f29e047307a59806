internal import Chat
internal import JSON
internal import Logging
internal import Primitives
internal import WebSockets

extension SlackAdapter {
    /// Slack waits three seconds for an acknowledgement; a store that fails is asked again for this long.
    private static let patience: Int64 = 2_200

    // MARK: What comes in

    /// Puts an envelope into its lane, to be acknowledged on the same socket once it is stored.
    func take(_ envelope: SlackEnvelope, from link: Int) {
        if envelope.attempt > 0 {
            self.logger.debug("Slack repeats an event", ["attempt": .integer(Int64(envelope.attempt))])
        }
        self.take(envelope.kind, envelope.payload) { isStored, payload in
            guard isStored else { return }
            self.acknowledge(envelope, with: payload, on: link)
        }
    }

    /// Puts a payload into its lane. `answer` is called once, when it is stored or cannot be.
    func take(_ kind: SlackEnvelope.Kind?, _ payload: JSON, answer: @escaping SlackLane.Answer) {
        guard let reader = self.reader else { return answer(false, nil) }
        var items: [SlackReader.Item] = []
        switch kind {
        case .events:
            let names = self.state.withLock { $0.names }
            items = reader.items(ofEvents: payload, names: names)
        case .interactive: items = reader.items(ofInteraction: payload)
        case .slash:
            guard let slash = reader.slash(payload) else { break }
            return self.order(.slash(slash, answer)) ? () : answer(false, nil)
        case nil: break
        }
        guard let first = items.first else { return answer(true, nil) }
        if !self.lane(of: first).append(SlackLane.Job(items: items, answer: answer)) { answer(false, nil) }
    }

    private func acknowledge(_ envelope: SlackEnvelope, with payload: JSON?, on link: Int) {
        guard let socket = self.state.withLock({ $0.sockets[link] }) else { return }
        var answer: JSONObject = ["envelope_id": .string(envelope.id)]
        if envelope.takesPayload, let payload { answer["payload"] = payload }
        let text = JSON.object(answer).text
        self.acknowledge(text, on: socket)
    }

    /// Sending waits only while a slow peer holds 256 KB, and the next event must not.
    private func acknowledge(_ text: String, on socket: WebSocket) {
        // Unstructured: it ends with the socket at the latest, and nobody needs its outcome; Slack repeats what it
        // did not hear of.
        Task { try? await socket.send(text) }
    }

    func lane(of item: SlackReader.Item) -> SlackLane {
        let room: String
        switch item {
        case .message(let message, _): room = message.route.room.name
        case .other(.messageEdited(let edit), _): room = edit.reference.room.name
        case .other(.messageDeleted(let reference), _): room = reference.room.name
        case .other(.choice(let choice), _): room = choice.target.room.name
        case .other(.roomRenamed(let old, _), _): room = old.name
        case .streamsStopped(let channel, _), .joined(let channel), .assistantOpened(let channel, _): room = channel
        default: room = ""
        }
        return self.lane(ofChannel: room)
    }

    func lane(ofChannel channel: String) -> SlackLane {
        var sum = 0
        for byte in channel.utf8 { sum = sum &* 31 &+ Int(byte) }
        return self.lanes[abs(sum % self.lanes.count)]
    }

    // MARK: Storing

    /// Stores what one lane gets, in order.
    func serve(_ lane: SlackLane, delivering sink: any MessageSink) async {
        while let jobs = await lane.next() {
            for job in jobs { await self.serve(job, delivering: sink) }
        }
        // Only cancellation leaves some: whoever waits for them has to hear of it.
        for job in lane.abandon() { job.answer(false, nil) }
    }

    private func serve(_ job: SlackLane.Job, delivering sink: any MessageSink) async {
        var isStored = true
        for item in job.items where isStored { isStored = await self.serve(item, delivering: sink) }
        job.answer(isStored, nil)
    }

    /// True once it may be acknowledged.
    private func serve(_ item: SlackReader.Item, delivering sink: any MessageSink) async -> Bool {
        switch item {
        case .message(let message, let id):
            let event = InboundEvent(id: id, adapter: self.id, kind: .message(message))
            guard let delivery = await self.deliver(event, to: sink) else { return false }
            if delivery == .stored { self.note(message) }
        case .other(let kind, let id):
            return await self.deliver(InboundEvent(id: id, adapter: self.id, kind: kind), to: sink) != nil
        case .streamsStopped(let channel, let timestamps):
            self.state.withLock { state in
                for ts in timestamps {
                    state.growing[MessageReference(room: RoomID(adapter: self.id, name: channel), id: ts)]?.form =
                        .endedStream
                }
            }
        case .assistantOpened(let channel, let thread):
            self.state.withLock { state in
                state.untitled.append("\(channel)/\(thread)")
                if state.untitled.count > 200 { state.untitled.removeFirst() }
            }
            self.order(.prompts(channel: channel, thread: thread))
        case .joined(let channel):
            self.logger.info("The bot is in another Slack channel now", ["channel": .string(channel)])
        case .revoked(let detail): self.perform(.revoked(detail))
        case .notice(let text): self.logger.warning(text)
        case .slash: break
        }
        return true
    }

    /// Nil when it could not be stored in time; then Slack must not hear of it, and delivers it again.
    func deliver(_ event: InboundEvent, to sink: any MessageSink) async -> Delivery? {
        let end = self.now.monotonic + Self.patience
        var pause: Int64 = 100
        while true {
            do {
                let delivery = try await sink.deliver(event)
                self.state.withLock { $0.status.lastEvent = self.now.wall }
                return delivery
            } catch {
                guard !Task.isCancelled, self.now.monotonic + pause < end else {
                    self.logger.error(
                        "A Slack event could not be stored; Slack will send it again", ["error": .string("\(error)")])
                    return nil
                }
                try? await Task.sleep(for: .milliseconds(pause))
                pause *= 2
            }
        }
    }

    /// Remembers what a stored message tells: a thread to look into after an absence, a person without a name.
    private func note(_ message: InboundMessage) {
        let channel = message.route.room.name
        let user = message.route.recipient.flatMap { $0.split(separator: "/").last.map(String.init) } ?? ""
        var title: Order?
        let isUnknown = self.state.withLock { state -> Bool in
            if let root = message.route.anchor, message.isAddressed || message.isThreaded || message.isDirect {
                state.memory.note(channel: channel, root: root, at: message.sentAt)
                state.isMemoryStale = true
                if let index = state.untitled.firstIndex(of: "\(channel)/\(root)") {
                    state.untitled.remove(at: index)
                    title = .title(channel: channel, thread: root, text: message.text)
                }
            }
            if state.asked.count >= Self.listLimit { (state.asked, state.names) = ([], [:]) }
            return !user.isEmpty && state.asked.insert(user).inserted
        }
        if isUnknown { self.order(.lookUp(user)) }
        if let title { self.order(title) }
    }
}
