internal import JSON

/// People's actions besides writing.
extension TelegramState {
    /// Sets a person's reactions to a message; the bot gets an update only where it may.
    mutating func react(_ emoji: [String], to message: Int, as person: Int64, in id: Int64, now: Double) {
        guard let room = self.rooms[id], let target = room.messages[message] else { return }
        let old = target.reactions[person] ?? []
        self.rooms[id]?.messages[message]?.reactions[person] = emoji.isEmpty ? nil : emoji
        self.rooms[id]?.changes += 1
        guard room.kind == .private || room.isAdmin(self.bot.id), !(self.people[person]?.isBot ?? false) else { return }
        let type: (String) -> JSON = { ["type": "emoji", "emoji": .string($0)] }
        let body: JSON = [
            "chat": self.chatJSON(id), "message_id": JSON(message), "date": JSON(Int(now)),
            "user": self.personJSON(person) ?? .null, "old_reaction": .array(old.map(type)),
            "new_reaction": .array(emoji.map(type)),
        ]
        self.publish("message_reaction", body, now: now)
    }

    /// Presses a button; `data` may be anything, because clients can send data that was never offered.
    ///
    /// - Returns: the query's id.
    mutating func press(_ data: String, on message: Int, as person: Int64, in id: Int64, now: Double) -> String {
        let query = "4382\(1_000_000_000 + self.number())"
        self.callbacks = self.callbacks.filter { now - $0.value.begin < 600 }
        self.callbacks[query] = TelegramCallback(chat: id, user: person, begin: now)
        var body: JSONObject = ["id": .string(query), "from": self.personJSON(person) ?? .null]
        if let shown = self.rooms[id]?.messages[message] {
            body["message"] = self.messageJSON(shown, in: id)
        } else {
            body["message"] = ["chat": self.chatJSON(id), "message_id": JSON(message), "date": 0]
        }
        body["chat_instance"] = .string("-\(String(id.magnitude, radix: 7))")
        body["data"] = .string(data)
        self.publish("callback_query", .object(body), now: now)
        return query
    }

    /// Presses the stop button of a draft.
    ///
    /// - Returns: whether there was one with a stop button.
    mutating func stop(_ draft: Int64?, in id: Int64, now: Double) -> Bool {
        guard let found = self.rooms[id]?.drafts.first(where: { draft == nil || $0.id == draft }), found.canStop else {
            return false
        }
        self.rooms[id]?.drafts.removeAll { $0.id == found.id }
        var body: JSONObject = ["chat": self.chatJSON(id), "draft_id": JSON(found.id)]
        if let thread = found.thread { body["message_thread_id"] = JSON(thread) }
        self.publish("stopped_message_generation", .object(body), now: now)
        return true
    }

    /// Posts a service message.
    @discardableResult
    mutating func announce(
        _ service: JSONObject, as person: Int64, in id: Int64, thread: Int? = nil, now: Double
    ) -> Int {
        var message = TelegramMessage(id: self.nextMessageID(in: id), date: Int(now))
        message.sender = person
        message.service = service
        if let thread {
            message.thread = thread
            message.isTopic = true
        }
        self.rooms[id]?.add(message, limit: self.settings.messageLimit)
        self.publish(message, in: id, now: now)
        return message.id
    }

    // MARK: Membership

    /// A person gives the bot a status in a chat.
    mutating func bring(_ status: String, by person: Int64, to id: Int64, now: Double) {
        guard let room = self.rooms[id] else { return }
        if room.kind == .private {
            let wasBlocked = room.isBlocked
            self.rooms[id]?.isBlocked = status == "kicked"
            guard wasBlocked != (status == "kicked") else { return }
            return self.tellStanding(
                TelegramMember(status: wasBlocked ? "kicked" : "member"), TelegramMember(status: status), in: id,
                by: person, now: now)
        }
        let wasIn = room.members[self.bot.id]?.isIn ?? false
        self.setBot(status, in: id, by: person, now: now)
        let isIn = self.rooms[id]?.members[self.bot.id]?.isIn ?? false
        guard !wasIn, isIn else { return }
        self.announce(["new_chat_members": .array([self.bot.json])], as: person, in: id, now: now)
    }

    /// A small group becomes a supergroup with another id.
    mutating func migrate(_ id: Int64, to target: Int64, by person: Int64, now: Double) {
        guard let old = self.rooms[id], old.kind == .group else { return }
        var new = TelegramRoom(id: target, kind: .supergroup, title: old.title)
        new.members = old.members
        self.rooms[target] = new
        self.announce(["migrate_to_chat_id": JSON(target)], as: person, in: id, now: now)
        self.announce(["migrate_from_chat_id": JSON(id)], as: person, in: target, now: now)
        self.rooms[id]?.migratedTo = target
    }
}
