internal import JSON

/// Chat actions, reactions, callback answers and drafts.
extension TelegramState {
    private static let actions: Set<String> = [
        "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
        "choose_sticker", "find_location", "record_video_note", "upload_video_note",
    ]

    mutating func sendChatAction(_ call: TelegramParameters, _ now: Double) throws(TelegramRefusal) -> JSON {
        let room = try self.place(call)
        guard let action = call.text("action"), Self.actions.contains(action) else {
            throw .bad("wrong parameter action in request")
        }
        let thread = call.integer("message_thread_id")
        // Chat actions accept General's number, unlike messages.
        if let thread, thread != 1, self.rooms[room]?.topics.contains(thread) != true {
            throw .bad("message thread not found")
        }
        if self.rooms[room]?.actions.count ?? 0 >= 100 { self.rooms[room]?.actions.removeFirst() }
        self.rooms[room]?.actions.append(TelegramAction(action: action, thread: thread, time: now))
        return true
    }

    mutating func setMessageReaction(_ call: TelegramParameters, _ now: Double) throws(TelegramRefusal) -> JSON {
        let room = try self.place(call)
        guard let id = call.integer("message_id"), id != 0 else { throw .bad("message identifier is not specified") }
        let list = try call.structure("reaction", as: "reactions")?.arrayValue ?? []
        var emoji: [String] = []
        for item in list {
            guard let type = item["type"]?.stringValue else {
                throw .bad("can't parse reaction type: Can't find field \"type\"")
            }
            guard type == "emoji", let value = item["emoji"]?.stringValue, TelegramReactions.isAllowed(value) else {
                throw .bad("REACTION_INVALID")
            }
            emoji.append(value)
        }
        guard emoji.count <= 1 else { throw .bad("REACTIONS_TOO_MANY") }
        guard self.rooms[room]?.messages[id] != nil else { throw .bad("message to react not found") }
        self.rooms[room]?.messages[id]?.reactions[self.bot.id] = emoji.isEmpty ? nil : emoji
        self.rooms[room]?.changes += 1
        return true
    }

    mutating func answerCallbackQuery(_ call: TelegramParameters, _ now: Double) throws(TelegramRefusal) -> JSON {
        guard let id = call.text("callback_query_id"), let callback = self.callbacks[id],
            now - callback.begin <= self.settings.callbackLife
        else { throw .bad("query is too old and response timeout expired or query ID is invalid") }
        let text = call.text("text") ?? ""
        guard text.unicodeScalars.count <= 200 else { throw .bad("MESSAGE_TOO_LONG") }
        if callback.answer == nil {
            self.callbacks[id]?.answer = TelegramCallbackAnswer(text: text, isAlert: call.flag("show_alert"))
        }
        return true
    }

    // MARK: Drafts

    mutating func sendMessageDraft(_ call: TelegramParameters, _ now: Double) throws(TelegramRefusal) -> JSON {
        let room = try self.place(call)
        guard self.rooms[room]?.kind == .private else { throw .bad("TEXTDRAFT_PEER_INVALID") }
        guard let id = call.integer("draft_id"), id != 0 else { throw .bad("draft_id must be non-zero") }
        let text = try TelegramText.read(call, "text", entities: "entities")
        guard text.text.unicodeScalars.count <= 4_096 else { throw .bad("message is too long") }
        let thread = try self.topic(call, in: room)
        try self.charge(room, now)
        let shown = EntityDetection.complete(text)
        let old = self.rooms[room]?.drafts.first { $0.thread == thread && $0.id == Int64(id) }
        self.rooms[room]?.drafts.removeAll { $0.thread == thread }
        self.rooms[room]?.drafts.append(
            TelegramDraft(
                id: Int64(id), thread: thread, text: shown.text, entities: shown.entities,
                canStop: call.flag("can_stop"), count: (old?.count ?? 0) + 1,
                end: now + self.settings.draftLife))
        self.rooms[room]?.changes += 1
        self.roomsWithDrafts.insert(room)
        return true
    }
}
