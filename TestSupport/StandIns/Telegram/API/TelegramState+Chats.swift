internal import JSON

extension TelegramState {
    func getChat(_ call: TelegramParameters) throws(TelegramRefusal) -> JSON {
        let id = try self.place(call)
        guard let room = self.rooms[id], var object = self.chatJSON(id).objectValue else {
            throw .bad("chat not found")
        }
        object["accent_color_id"] = 0
        object["max_reaction_count"] = 11
        object["accepted_gift_types"] = [
            "unlimited_gifts": false, "limited_gifts": false, "unique_gifts": false, "premium_subscription": false,
            "gifts_from_channels": false,
        ]
        if room.kind == .group || room.kind == .supergroup {
            object["permissions"] = .object(
                JSONObject(
                    members: Self.permissions.map { ($0, true) } + [("can_manage_topics", .bool(room.isForum))]))
        }
        return .object(object)
    }

    static let permissions = [
        "can_send_messages", "can_send_audios", "can_send_documents", "can_send_photos", "can_send_videos",
        "can_send_video_notes", "can_send_voice_notes", "can_send_polls", "can_send_other_messages",
        "can_add_web_page_previews", "can_change_info", "can_invite_users", "can_pin_messages",
    ]

    private static let rights = [
        "can_be_edited", "can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members",
        "can_promote_members", "can_change_info", "can_invite_users", "can_post_stories", "can_edit_stories",
        "can_delete_stories", "can_pin_messages",
    ]

    func memberJSON(_ member: TelegramMember, _ id: Int64) -> JSON {
        var object: JSONObject = [
            "user": self.personJSON(id) ?? .null, "status": .string(member.status),
        ]
        switch member.status {
        case "creator": object["is_anonymous"] = false
        case "administrator":
            for right in Self.rights { object[right] = .bool(right != "can_be_edited") }
            object["is_anonymous"] = false
            object["can_manage_topics"] = .bool(member.canManageTopics)
        case "kicked": object["until_date"] = 0
        default: break
        }
        return .object(object)
    }

    func getChatMember(_ call: TelegramParameters) throws(TelegramRefusal) -> JSON {
        let id = try self.place(call)
        guard let user = call.integer("user_id").map({ Int64($0) }), user > 0 else {
            throw .bad("invalid user_id specified")
        }
        guard self.people[user] != nil else { throw .bad("PARTICIPANT_ID_INVALID") }
        if self.rooms[id]?.kind == .private { return self.memberJSON(TelegramMember(status: "member"), user) }
        return self.memberJSON(self.rooms[id]?.members[user] ?? TelegramMember(status: "left"), user)
    }

    // MARK: Topics

    /// Creates a topic; its number is the id of its first message.
    mutating func makeTopic(_ name: String, as person: Int64, in id: Int64, now: Double) -> Int {
        var message = TelegramMessage(id: self.nextMessageID(in: id), date: Int(now))
        message.sender = person
        message.thread = message.id
        message.isTopic = true
        message.service = ["forum_topic_created": ["name": .string(name), "icon_color": 7_322_096]]
        self.rooms[id]?.topics.insert(message.id)
        self.rooms[id]?.add(message, limit: self.settings.messageLimit)
        self.publish(message, in: id, now: now)
        return message.id
    }

    mutating func removeTopic(_ thread: Int, in id: Int64) {
        guard let room = self.rooms[id] else { return }
        self.rooms[id]?.topics.remove(thread)
        for message in room.messages.values where message.isTopic && message.thread == thread {
            self.rooms[id]?.remove(message.id)
        }
    }

    // MARK: The bot's membership

    /// Changes the bot's status in a chat and notifies it.
    mutating func setBot(_ status: String, in id: Int64, by person: Int64, now: Double) {
        guard let old = self.rooms[id]?.members[self.bot.id] ?? Optional(TelegramMember(status: "left")) else { return }
        let new = TelegramMember(status: status, canManageTopics: status == "administrator")
        self.rooms[id]?.members[self.bot.id] = new
        self.tellStanding(old, new, in: id, by: person, now: now)
    }

    mutating func tellStanding(
        _ old: TelegramMember, _ new: TelegramMember, in id: Int64, by person: Int64, now: Double
    ) {
        self.publish(
            "my_chat_member",
            [
                "chat": self.chatJSON(id), "from": self.personJSON(person) ?? .null, "date": JSON(Int(now)),
                "old_chat_member": self.memberJSON(old, self.bot.id),
                "new_chat_member": self.memberJSON(new, self.bot.id),
            ], now: now)
    }
}
