internal import Chat
internal import JSON
internal import Kit

/// Received messages and edits.
extension TelegramStateMachine {
    /// In milliseconds; tolerates a difference between Telegram's clock and ours when detecting backlog.
    private static let backlogMargin: Int64 = 5_000
    private static let voiceInterval: Int64 = 60_000

    mutating func receive(_ message: TelegramMessage, of update: TelegramUpdate) -> [TelegramIncoming] {
        if let new = message.migratedTo { return self.migrate(message.chat.id, to: new).map { [$0] } ?? [] }
        if let old = message.migratedFrom { return self.migrate(old, to: message.chat.id).map { [$0] } ?? [] }
        guard let sender = self.author(of: message) else { return [] }
        // A chat that sends messages can receive them again.
        if self.rooms[message.chat.id]?.refusal != nil { self.rooms[message.chat.id]?.refusal = nil }
        if let group = message.mediaGroup {
            self.hold(update, of: "\(message.chat.id)/\(group)")
            return []
        }
        self.finishAlbums(of: sender, in: message.chat.id)
        let incoming =
            message.isVoice
            ? self.refuseVoice(message, from: sender)
            : self.incoming(message, from: sender, attachments: message.attachments)
        return incoming.map { [$0] } ?? []
    }

    /// The author of a message that may be for us; nil for bots, relayed messages and channels.
    func author(of message: TelegramMessage) -> Sender? {
        guard !message.isAutomaticForward, !message.isViaBot, message.chat.type != "channel" else { return nil }
        return self.sender(message.from, speakingFor: message.senderChat)
    }

    /// The event for a message, or for an album that begins with it.
    mutating func incoming(
        _ message: TelegramMessage, from sender: Sender, attachments: [Attachment]
    ) -> TelegramIncoming? {
        let text = TelegramText(message, identity: self.identity)
        guard !text.isForAnother else { return nil }
        let chat = message.chat.id
        let reference = MessageReference(room: self.room(chat), id: "\(message.id)")
        self.texts[reference] = text.text.hashValue
        guard !text.text.isEmpty || !attachments.isEmpty || text.mentionsUs else { return nil }
        let isReply = message.reply.map { !$0.isTopicRoot } ?? false
        let answersUs = isReply && !message.isForward && message.reply?.author == self.identity?.id
        let topic = message.isTopic ? message.threadID : nil
        // Only topics are threads by themselves; elsewhere the answered message determines the thread.
        let isChain = !message.chat.isPrivate && topic == nil && isReply
        let event = InboundMessage(
            thread: self.thread(of: message, topic: topic, isChain: isChain),
            route: Route(room: reference.room, anchor: topic.map { "\($0)" }, replyTo: reference.id), sender: sender,
            text: text.text, sentAt: message.date, isDirect: message.chat.isPrivate,
            isAddressed: text.mentionsUs || answersUs, isMention: text.mentionsUs, isReply: answersUs,
            mentionsOthers: text.mentionsOthers, repliedText: isReply ? self.ownText(answeredBy: message) : nil,
            isThreaded: !message.chat.isPrivate && (topic != nil || isChain),
            isBacklog: message.date < self.began - Self.backlogMargin, attachments: attachments)
        var incoming = TelegramIncoming(
            room: reference.room, event: self.event("\(chat)/\(message.id)", .message(event)))
        if isChain, let answered = message.reply {
            incoming.answered = MessageReference(room: reference.room, id: "\(answered.id)")
        }
        return incoming
    }

    /// The text of the writer's own message that this one answers.
    private func ownText(answeredBy message: TelegramMessage) -> String? {
        guard message.senderChat == nil, let reply = message.reply, let author = reply.author,
            author == message.from?.id
        else { return nil }
        return reply.text
    }

    /// A private chat is one thread, and so is each topic. In a group every mention begins a thread; a reply to an
    /// unknown message belongs to its chain's first message, if Telegram reports that.
    private func thread(of message: TelegramMessage, topic: Int64?, isChain: Bool) -> ThreadKey {
        let chat = message.chat.id
        if let topic { return self.key(chat, topic) }
        if message.chat.isPrivate { return self.key(chat) }
        guard isChain, let answered = message.reply else { return self.key(chat, message.id) }
        return self.key(chat, message.threadID ?? answered.id)
    }

    // MARK: Edits

    /// Telegram also reports an edit when only a reaction or a link preview has changed.
    mutating func receiveEdit(_ message: TelegramMessage, update: Int64) -> [TelegramIncoming] {
        guard let sender = self.author(of: message) else { return [] }
        let text = TelegramText(message, identity: self.identity).text
        let reference = MessageReference(room: self.room(message.chat.id), id: "\(message.id)")
        guard self.texts[reference] != text.hashValue else { return [] }
        self.texts[reference] = text.hashValue
        let edit = MessageEdit(reference: reference, sender: sender, text: text)
        return [
            TelegramIncoming(
                room: reference.room,
                event: self.event(
                    "edit/\(message.chat.id)/\(message.id)/\(message.editDate ?? 0)/\(update)", .messageEdited(edit)))
        ]
    }

    // MARK: Voice

    /// Answers with one line, at most once a minute, and only if the message was meant for the bot.
    private mutating func refuseVoice(_ message: TelegramMessage, from sender: Sender) -> TelegramIncoming? {
        let chat = message.chat.id
        // Strangers get no answer, and must not keep others from getting one.
        let name = "\(chat)/\(sender.id)"
        let isForUs =
            message.chat.isPrivate
            || (message.reply?.author == self.identity?.id && message.reply?.isTopicRoot == false)
        guard isForUs, self.now.monotonic - (self.voiceNotes[name] ?? .min / 2) >= Self.voiceInterval else {
            return nil
        }
        self.voiceNotes[name] = self.now.monotonic
        var parameters: JSONObject = [
            "chat_id": .integer(chat), "text": "Voice messages cannot be read here. Please send your message as text.",
            "reply_parameters": ["message_id": .integer(message.id), "allow_sending_without_reply": true],
        ]
        if message.isTopic { parameters["message_thread_id"] = message.threadID.map { .integer($0) } }
        let room = self.room(chat)
        let asker = InboundMessage(
            thread: self.thread(of: message, topic: message.isTopic ? message.threadID : nil, isChain: false),
            route: Route(room: room, replyTo: "\(message.id)"), sender: sender, text: "", sentAt: message.date,
            isDirect: message.chat.isPrivate, isAddressed: true)
        return TelegramIncoming(room: room, calls: [TelegramCall("sendMessage", parameters)], asker: asker)
    }
}
