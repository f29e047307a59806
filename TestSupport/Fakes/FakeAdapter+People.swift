package import Chat
internal import Primitives

/// People's actions on the in-memory network.
extension FakeAdapter {
    /// Delivers a person's message.
    @discardableResult
    package func say(
        _ text: String, from person: String = "alice", in room: String = "alice", id: String? = nil,
        isDirect: Bool = true, isAddressed: Bool = true, isMention: Bool? = nil, isReply: Bool = false,
        mentionsOthers: Bool = false, repliedText: String? = nil, isBacklog: Bool = false, sentAt: Int64 = 0,
        isBot: Bool = false, isSelf: Bool = false, thread: String? = nil, message: String? = nil,
        attachments: [Attachment] = [], enclosed: [SaidMessage] = [], repliesTo: String? = nil
    ) async throws -> Delivery {
        try await self.connectedSink.deliver(
            self.event(
                text, from: person, in: room, id: id, isDirect: isDirect, isAddressed: isAddressed,
                isMention: isMention, isReply: isReply, mentionsOthers: mentionsOthers, repliedText: repliedText,
                isBacklog: isBacklog,
                sentAt: sentAt, isBot: isBot, isSelf: isSelf, thread: thread, message: message,
                attachments: attachments, enclosed: enclosed, repliesTo: repliesTo))
    }

    /// The event that `say` delivers.
    /// `thread` is a platform thread shared by everyone; without it each person has one thread in the room. `message`
    /// is the platform's message id.
    package func event(
        _ text: String, from person: String = "alice", in room: String = "alice", id: String? = nil,
        isDirect: Bool = true, isAddressed: Bool = true, isMention: Bool? = nil, isReply: Bool = false,
        mentionsOthers: Bool = false, repliedText: String? = nil, isBacklog: Bool = false, sentAt: Int64 = 0,
        isBot: Bool = false, isSelf: Bool = false, thread: String? = nil, message: String? = nil,
        attachments: [Attachment] = [], enclosed: [SaidMessage] = [], repliesTo: String? = nil
    ) -> InboundEvent {
        let said = InboundMessage(
            thread: ThreadKey(adapter: self.id, value: "\(room)/\(thread ?? person)"),
            route: Route(
                room: RoomID(adapter: self.id, name: room), anchor: thread, addressee: isDirect ? nil : person,
                replyTo: message),
            sender: self.sender(person, isBot: isBot, isSelf: isSelf), text: text, sentAt: sentAt, isDirect: isDirect,
            isAddressed: isAddressed, isMention: isMention, isReply: isReply, mentionsOthers: mentionsOthers,
            repliedText: repliedText, isThreaded: thread != nil, isBacklog: isBacklog, attachments: attachments,
            enclosed: enclosed, repliesTo: repliesTo)
        return self.event(.message(said), id: id)
    }

    /// A person edits the message `message`.
    @discardableResult
    package func edit(
        _ message: String, to text: String, from person: String = "alice", in room: String = "alice", id: String? = nil
    ) async throws -> Delivery {
        let edit = MessageEdit(
            reference: self.reference(message, in: room), sender: self.sender(person), text: text)
        return try await self.connectedSink.deliver(self.event(.messageEdited(edit), id: id))
    }

    /// The message `message` is deleted.
    @discardableResult
    package func takeBack(_ message: String, in room: String = "alice", id: String? = nil) async throws -> Delivery {
        try await self.connectedSink.deliver(
            self.event(.messageDeleted(self.reference(message, in: room)), id: id))
    }

    /// A person presses a button below the bot's message `post`, or reacts to it.
    @discardableResult
    package func choose(
        _ kind: Choice.Kind, at post: String, from person: String = "alice", in room: String = "alice",
        id: String? = nil
    ) async throws -> Delivery {
        let choice = Choice(
            target: self.reference(post, in: room), sender: self.sender(person), kind: kind, sentAt: 0)
        return try await self.connectedSink.deliver(self.event(.choice(choice), id: id))
    }

    /// The room gets another id.
    @discardableResult
    package func renameRoom(_ room: String, to name: String) async throws -> Delivery {
        try await self.connectedSink.deliver(
            self.event(
                .roomRenamed(
                    from: RoomID(adapter: self.id, name: room), to: RoomID(adapter: self.id, name: name)), id: nil))
    }

    /// A room accepts messages again, and the network says so.
    @discardableResult
    package func reopen(_ room: String) async throws -> Delivery {
        self.close(room, nil)
        return try await self.connectedSink.deliver(
            self.event(.roomReturned(RoomID(adapter: self.id, name: room)), id: nil))
    }

    /// The platform's reference to a message.
    package func reference(_ message: String, in room: String = "alice") -> MessageReference {
        MessageReference(room: RoomID(adapter: self.id, name: room), id: message)
    }

    func sender(_ person: String, isBot: Bool = false, isSelf: Bool = false) -> Sender {
        let identity = Identity("\(self.id)/\(person)")
        return Sender(id: identity.value, identities: [identity], displayName: person, isBot: isBot, isSelf: isSelf)
    }

    private func event(_ kind: InboundEvent.Kind, id: String?) -> InboundEvent {
        let number = self.state.withLock { state in
            state.nextEvent += 1
            return state.nextEvent
        }
        return InboundEvent(id: id ?? "e\(number)", adapter: self.id, kind: kind)
    }
}
