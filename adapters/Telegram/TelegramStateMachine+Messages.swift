internal import Chat
internal import JSON
internal import Kit

/// Received messages and edits.
extension TelegramStateMachine {
    /// In milliseconds; tolerates a difference between Telegram's clock and ours when detecting backlog.
    private static let backlogMargin: Int64 = 5_000
    private static let voiceInterval: Int64 = 60_000

    mutating func receive(
        _ message: TelegramMessage, of update: TelegramUpdate, before next: TelegramUpdate?
    ) -> [TelegramIncoming] {
        if let new = message.migratedTo { return self.migrate(message.chat.id, to: new).map { [$0] } ?? [] }
        if let old = message.migratedFrom { return self.migrate(old, to: message.chat.id).map { [$0] } ?? [] }
        self.note(message)
        if !message.chat.isPrivate { self.titles[message.chat.id] = RoomTitle.of(message.chat.title) }
        guard let sender = self.author(of: message), self.joined[self.reference(message.chat.id, message.id)] == nil
        else {
            return []
        }
        // A chat that sends messages can receive them again.
        if self.rooms[message.chat.id]?.refusal != nil { self.rooms[message.chat.id]?.refusal = nil }
        return self.gather(update, message, from: sender, before: next)
    }

    /// A message that stands alone.
    mutating func single(_ message: TelegramMessage, from sender: Sender) -> TelegramIncoming? {
        // What others have said is no question of this person.
        if message.isVoice, message.isForward || !self.settings.hearsVoices {
            return self.refuseVoice(message, from: sender)
        }
        // In a group a forward is for the bot only below a comment that is.
        guard !message.isForward else { return nil }
        let text = TelegramText(message, identity: self.identity)
        let attachments = message.voice.map { [$0] } ?? message.attachments
        return self.incoming(Joined(head: message, text: text, attachments: attachments), from: sender)
    }

    /// The author of a message that may be for us; nil for bots, relayed messages and channels.
    func author(of message: TelegramMessage) -> Sender? {
        guard !message.isAutomaticForward, !message.isViaBot, message.chat.type != "channel" else { return nil }
        return self.sender(message.from, speakingFor: message.senderChat)
    }

    /// What becomes one message for the core.
    struct Joined: Sendable {
        /// The message to which answers refer.
        let head: TelegramMessage
        var text: TelegramText
        var attachments: [Attachment] = []
        var forwards: [TelegramMessage] = []
        /// The question in a group, delivered before, that the forwards follow.
        var comment: Comment?
    }

    mutating func incoming(_ joined: Joined, from sender: Sender) -> TelegramIncoming? {
        let (message, text) = (joined.head, joined.text)
        guard !text.isForAnother else { return nil }
        let reference = self.reference(message.chat.id, message.id)
        if !message.isForward, self.pasteHeads[reference] == nil { self.texts[reference] = text.text.hashValue }
        let isPrivate = message.chat.isPrivate
        // In a group people send stickers and the like to each other.
        let words = text.text.isEmpty && isPrivate && !message.isForward ? message.thing : text.text
        let forwards = joined.forwards.compactMap(self.forwarded)
        guard !words.isEmpty || !joined.attachments.isEmpty || !forwards.isEmpty || text.mentionsUs else { return nil }
        let isReply = message.reply.map { !$0.isTopicRoot } ?? false
        let answersUs = isReply && !message.isForward && message.reply?.author == self.identity?.id
        let topic = message.isTopic ? message.threadID : nil
        // Only topics are threads by themselves; elsewhere the answered message determines the thread.
        let isChain = !isPrivate && topic == nil && isReply
        let thread = joined.comment?.thread ?? self.thread(of: message, topic: topic, isChain: isChain)
        let isMention = joined.comment?.isMention ?? text.mentionsUs
        let isAnswer = joined.comment?.isReply ?? answersUs
        var event = InboundMessage(
            thread: thread,
            route: Route(room: reference.room, anchor: topic.map { "\($0)" }, replyTo: reference.id), sender: sender,
            text: words, sentAt: message.date, isDirect: isPrivate, isAddressed: isMention || isAnswer,
            isMention: isMention, isReply: isAnswer, mentionsOthers: text.mentionsOthers,
            repliedText: isReply ? self.ownText(answeredBy: message) : nil,
            isThreaded: !isPrivate && (topic != nil || isChain),
            isBacklog: message.date < self.began - Self.backlogMargin, attachments: joined.attachments,
            enclosed: self.answered(by: message, isBare: words.isEmpty) + forwards)
        event.locale = message.from?.locale
        if !isPrivate, !message.isForward, event.isAddressed { self.noteComment(event, by: sender, reference) }
        var incoming = TelegramIncoming(
            room: reference.room, event: self.event("\(message.chat.id)/\(message.id)", .message(event)))
        if let comment = joined.comment {
            incoming.answered = comment.message
        } else if isChain, let answered = message.reply {
            incoming.answered = MessageReference(room: reference.room, id: "\(answered.id)")
        }
        return incoming
    }

    private mutating func noteComment(_ message: InboundMessage, by sender: Sender, _ reference: MessageReference) {
        self.comments["\(reference.room.name)/\(sender.id)"] = Comment(
            message: reference, thread: message.thread, isMention: message.isMention, isReply: message.isReply,
            date: message.sentAt, at: self.now.monotonic)
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
        self.noteEdit(message)
        // Whoever forwards a message cannot edit it.
        guard !message.isForward, let sender = self.author(of: message) else { return [] }
        var text = TelegramText(message, identity: self.identity).text
        var reference = self.reference(message.chat.id, message.id)
        guard self.texts[reference] != text.hashValue else { return [] }
        self.texts[reference] = text.hashValue
        if let head = self.pasteHeads[reference], var paste = self.pastes[head],
            let index = paste.parts.firstIndex(where: { $0.id == message.id })
        {
            paste.parts[index].text = text
            self.pastes[head] = paste
            (text, reference) = (paste.text, head)
        }
        let edit = MessageEdit(reference: reference, sender: sender, text: text)
        return [
            TelegramIncoming(
                room: reference.room,
                event: self.event(
                    "edit/\(message.chat.id)/\(message.id)/\(message.editDate ?? 0)/\(update)", .messageEdited(edit)))
        ]
    }

    // MARK: Voice

    /// Answers with one line, in a group at most once a minute and only if the message was meant for the bot.
    private mutating func refuseVoice(_ message: TelegramMessage, from sender: Sender) -> TelegramIncoming? {
        let chat = message.chat.id
        // Strangers get no answer, and must not keep others from getting one.
        let name = "\(chat)/\(sender.id)"
        let isForUs =
            message.chat.isPrivate
            || (message.reply?.author == self.identity?.id && message.reply?.isTopicRoot == false)
        let last = message.chat.isPrivate ? nil : self.voiceNotes[name]
        guard isForUs, self.now.monotonic - (last ?? .min / 2) >= Self.voiceInterval else { return nil }
        self.voiceNotes[name] = self.now.monotonic
        var parameters: JSONObject = [
            "chat_id": .integer(chat),
            "text": self.settings.hearsVoices
                ? "Forwarded voice messages cannot be read here. Please send your message as text."
                : "Voice messages cannot be read here. Please send your message as text.",
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
