internal import Chat
internal import JSON

/// What people say.
extension TelegramSession {
    /// Older than the run by more than this is backlog: Telegram's clock and ours differ a little.
    private static let backlogMargin: Int64 = 5_000
    private static let voiceInterval: Int64 = 60_000

    mutating func receive(_ message: TelegramMessage, of update: TelegramUpdate) -> [TelegramIncoming] {
        if let new = message.migratedTo { return self.migrate(message.chat.id, to: new).map { [$0] } ?? [] }
        if let old = message.migratedFrom { return self.migrate(old, to: message.chat.id).map { [$0] } ?? [] }
        guard let sender = self.author(of: message) else { return [] }
        // Who writes to us can be written to.
        if self.rooms[message.chat.id]?.refusal != nil { self.rooms[message.chat.id]?.refusal = nil }
        if let group = message.mediaGroup {
            self.hold(update, of: "\(message.chat.id)/\(group)")
            return []
        }
        self.finishAlbums(of: sender, in: message.chat.id)
        let incoming =
            message.isVoice
            ? self.refuseVoice(message) : self.incoming(message, from: sender, attachments: message.attachments)
        return incoming.map { [$0] } ?? []
    }

    /// Who wrote a message that may be for us: no program, no relay, no channel.
    func author(of message: TelegramMessage) -> Sender? {
        guard !message.isAutomaticForward, !message.isViaBot, message.chat.type != "channel" else { return nil }
        return self.sender(message.from, speakingFor: message.senderChat)
    }

    /// The event of a message, or of an album that begins with it.
    mutating func incoming(
        _ message: TelegramMessage, from sender: Sender, attachments: [Attachment]
    ) -> TelegramIncoming? {
        let text = TelegramText(message, identity: self.identity)
        guard !text.isForAnother else { return nil }
        let chat = message.chat.id
        let reference = MessageReference(room: self.room(chat), id: "\(message.id)")
        self.texts.set(reference, text.text.hashValue)
        guard !text.text.isEmpty || !attachments.isEmpty else { return nil }
        let isReply = message.reply.map { !$0.isTopicRoot } ?? false
        let answersUs = isReply && !message.isForward && message.reply?.author == self.identity?.id
        let topic = message.isTopic ? message.threadID : nil
        // Only topics are threads by themselves; elsewhere what is answered tells the conversation.
        let isChain = !message.chat.isPrivate && topic == nil && isReply
        let event = InboundMessage(
            thread: self.thread(of: message, topic: topic, isChain: isChain),
            route: Route(room: reference.room, anchor: topic.map { "\($0)" }, replyTo: reference.id), sender: sender,
            text: text.text, sentAt: message.date, isDirect: message.chat.isPrivate,
            isAddressed: text.mentionsUs || answersUs, isThreaded: !message.chat.isPrivate && (topic != nil || isChain),
            isBacklog: message.date < self.began - Self.backlogMargin, attachments: attachments)
        var incoming = TelegramIncoming(
            room: reference.room, event: self.event("\(chat)/\(message.id)", .message(event)))
        if isChain, let answered = message.reply {
            incoming.answered = MessageReference(room: reference.room, id: "\(answered.id)")
        }
        return incoming
    }

    /// A private chat is one conversation, and so is each topic. In a group every mention begins one; answers to a
    /// message that nobody remembers go by the chain's first message, where Telegram tells it.
    private func thread(of message: TelegramMessage, topic: Int64?, isChain: Bool) -> ThreadKey {
        let chat = message.chat.id
        if let topic { return self.key(chat, topic) }
        if message.chat.isPrivate { return self.key(chat) }
        guard isChain, let answered = message.reply else { return self.key(chat, message.id) }
        return self.key(chat, message.threadID ?? answered.id)
    }

    // MARK: Edits

    /// Telegram calls a message edited also when a reaction or a preview changed.
    mutating func receiveEdit(_ message: TelegramMessage, update: Int64) -> [TelegramIncoming] {
        guard let sender = self.author(of: message) else { return [] }
        let text = TelegramText(message, identity: self.identity).text
        let reference = MessageReference(room: self.room(message.chat.id), id: "\(message.id)")
        guard self.texts[reference] != text.hashValue else { return [] }
        self.texts.set(reference, text.hashValue)
        let edit = MessageEdit(reference: reference, sender: sender, text: text)
        return [
            TelegramIncoming(
                room: reference.room,
                event: self.event(
                    "edit/\(message.chat.id)/\(message.id)/\(message.editDate ?? 0)/\(update)", .messageEdited(edit)))
        ]
    }

    // MARK: Voice

    /// One line, not more than once a minute, where the bot was meant.
    private mutating func refuseVoice(_ message: TelegramMessage) -> TelegramIncoming? {
        let chat = message.chat.id
        let isForUs =
            message.chat.isPrivate
            || (message.reply?.author == self.identity?.id && message.reply?.isTopicRoot == false)
        guard isForUs, self.now.monotonic - (self.voiceNotes[chat] ?? .min / 2) >= Self.voiceInterval else {
            return nil
        }
        self.voiceNotes.set(chat, self.now.monotonic)
        var parameters: JSONObject = [
            "chat_id": .integer(chat), "text": "Voice messages are not read here; please write it as text.",
            "reply_parameters": ["message_id": .integer(message.id), "allow_sending_without_reply": true],
        ]
        if message.isTopic { parameters.set("message_thread_id", message.threadID) }
        return TelegramIncoming(room: self.room(chat), calls: [TelegramCall("sendMessage", parameters)])
    }
}
