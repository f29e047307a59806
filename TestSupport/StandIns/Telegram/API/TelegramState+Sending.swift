internal import JSON

extension TelegramState {
    private static let textLimit = 4_096
    static let captionLimit = 1_024

    mutating func sendMessage(_ call: TelegramParameters, _ now: Double) throws(TelegramRefusal) -> JSON {
        let room = try self.place(call)
        let text = try self.messageText(call)
        let keyboard = try TelegramKeyboard.read(call)
        try self.checkPreview(call)
        return try self.send(call, to: room, text: text, keyboard: keyboard, now: now)
    }

    func messageText(_ call: TelegramParameters) throws(TelegramRefusal) -> TelegramText {
        guard let raw = call.text("text"), !raw.isEmpty else { throw .bad("message text is empty") }
        let text = try TelegramText.read(call, "text", entities: "entities")
        guard !text.text.isEmpty else { throw .bad("text must be non-empty") }
        guard text.text.unicodeScalars.count <= Self.textLimit else { throw .bad("message is too long") }
        return text
    }

    func checkPreview(_ call: TelegramParameters) throws(TelegramRefusal) {
        guard let options = try call.structure("link_preview_options", as: "link preview options") else { return }
        guard case .object = options else {
            throw .bad("can't parse link preview options: Object expected as link preview options")
        }
    }

    /// Posts a message of the bot if the limits allow it.
    mutating func send(
        _ call: TelegramParameters, to room: Int64, text: TelegramText, media: JSONObject = JSONObject(),
        keyboard: JSON?, now: Double
    ) throws(TelegramRefusal) -> JSON {
        let topic = try self.topic(call, in: room)
        let reply = try self.replied(call, in: room)
        try self.charge(room, now)
        var message = TelegramMessage(id: self.nextMessageID(in: room), date: Int(now))
        message.text = EntityDetection.complete(text)
        message.media = media
        message.keyboard = keyboard
        message.sender = self.bot.id
        self.place(&message, in: room, topic: topic, replyTo: reply)
        self.endPreviews(in: room, thread: message.isTopic ? message.thread : nil)
        self.notePings(message.text, chat: room, message: message.id)
        self.rooms[room]?.add(message, limit: self.settings.messageLimit)
        return self.messageJSON(message, in: room)
    }

    /// Sets the thread from the reply target and the topic.
    func place(_ message: inout TelegramMessage, in id: Int64, topic: Int?, replyTo: Int?) {
        guard let room = self.rooms[id] else { return }
        message.replyTo = replyTo
        var thread = topic
        if thread == nil, let replyTo, let parent = room.messages[replyTo], parent.isTopic { thread = parent.thread }
        if let thread, room.topics.contains(thread) {
            message.thread = thread
            message.isTopic = true
            // Every message in a topic replies to the topic's first message.
            if replyTo == nil, room.kind == .supergroup { message.replyTo = thread }
            return
        }
        if let replyTo, room.kind == .supergroup { message.thread = room.root(of: replyTo) }
    }

    mutating func charge(_ room: Int64, _ now: Double) throws(TelegramRefusal) {
        let isGroup = self.rooms[room]?.kind != .private
        if let seconds = self.flood.charge(room, isGroup: isGroup, now: now) { throw .flood(seconds) }
    }

    /// The bot's message replaces its previews and ends its chat action.
    private mutating func endPreviews(in room: Int64, thread: Int?) {
        guard self.rooms[room]?.drafts.isEmpty == false else { return }
        self.rooms[room]?.drafts.removeAll { $0.thread == thread }
    }

    /// Records whom a text of the bot mentions.
    mutating func notePings(_ text: TelegramText, chat: Int64, message: Int) {
        let units = Array(text.text.utf16)
        for entity in text.entities {
            let target: String
            switch entity.type {
            case "mention": target = String(decoding: units[entity.offset..<entity.end], as: UTF16.self)
            case "text_mention": target = String(entity.user ?? 0)
            default: continue
            }
            if self.pings.count >= 1_000 { self.pings.removeFirst() }
            self.pings.append(TelegramPing(chat: chat, message: message, target: target))
        }
    }

    // MARK: Edits

    /// The bot's own message that a call edits.
    func editable(_ call: TelegramParameters, in room: Int64) throws(TelegramRefusal) -> TelegramMessage {
        guard let id = call.integer("message_id"), id != 0 else { throw .bad("message identifier is not specified") }
        guard let message = self.rooms[room]?.messages[id] else { throw .bad("message to edit not found") }
        guard message.sender == self.bot.id, message.service == nil else { throw .bad("message can't be edited") }
        return message
    }

    mutating func editMessageText(_ call: TelegramParameters, _ now: Double) throws(TelegramRefusal) -> JSON {
        let room = try self.place(call)
        let text = EntityDetection.complete(try self.messageText(call))
        let keyboard = try TelegramKeyboard.read(call, isInline: true)
        try self.checkPreview(call)
        var message = try self.editable(call, in: room)
        guard !message.isMedia else { throw .bad("there is no text in the message to edit") }
        try self.checkChange(of: message, text: text, keyboard: keyboard)
        try self.charge(room, now)
        message.text = text
        return self.store(edited: &message, keyboard: keyboard, in: room, now: now)
    }

    func checkChange(
        of message: TelegramMessage, text: TelegramText, keyboard: JSON?
    ) throws(TelegramRefusal) {
        guard text == message.text, keyboard == message.keyboard else { return }
        throw .bad(
            "message is not modified: specified new message content and reply markup are exactly the same as a current "
                + "content and reply markup of the message")
    }

    mutating func store(
        edited message: inout TelegramMessage, keyboard: JSON?, in room: Int64, now: Double
    ) -> JSON {
        message.keyboard = keyboard
        message.editDate = Int(now)
        message.edits += 1
        self.notePings(message.text, chat: room, message: message.id)
        self.rooms[room]?.messages[message.id] = message
        self.rooms[room]?.changes += 1
        return self.messageJSON(message, in: room)
    }

    // MARK: Deletes

    private static let deleteWindow = 48 * 3_600

    mutating func deleteMessage(_ call: TelegramParameters, _ now: Double) throws(TelegramRefusal) -> JSON {
        let room = try self.place(call)
        guard let id = call.integer("message_id"), id != 0 else { throw .bad("message identifier is not specified") }
        guard let message = self.rooms[room]?.messages[id] else { throw .bad("message to delete not found") }
        guard self.mayDelete(message, in: room, now) else {
            throw .bad("message can't be deleted for everyone")
        }
        self.rooms[room]?.remove(id)
        return true
    }

    func mayDelete(_ message: TelegramMessage, in id: Int64, _ now: Double) -> Bool {
        guard let room = self.rooms[id] else { return false }
        let isOwn = message.sender == self.bot.id
        let isYoung = Int(now) - message.date < Self.deleteWindow
        switch room.kind {
        case .private: return isYoung
        case .group: return isYoung && (isOwn || room.isAdmin(self.bot.id))
        case .supergroup: return room.isAdmin(self.bot.id) || isOwn && isYoung
        }
    }
}
