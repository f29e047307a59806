internal import JSON

/// The targets of calls.
extension TelegramState {
    /// The chat of a call, if the bot may be there.
    func place(_ call: TelegramParameters, _ name: String = "chat_id") throws(TelegramRefusal) -> Int64 {
        let id = try self.chatID(call, name)
        guard let room = self.rooms[id] else {
            if id > 0, self.people[id] != nil {
                throw .forbidden("bot can't initiate conversation with a user")
            }
            throw .bad("chat not found")
        }
        if let target = room.migratedTo {
            throw TelegramRefusal(
                code: 400, description: "Bad Request: group chat was upgraded to a supergroup chat",
                parameters: ["migrate_to_chat_id": JSON(target)])
        }
        if room.kind == .private {
            if !room.isStarted { throw .forbidden("bot can't initiate conversation with a user") }
            if room.isBlocked { throw .forbidden("bot was blocked by the user") }
            if self.people[id]?.isBot ?? false { throw .forbidden("bot can't send messages to bots") }
            return id
        }
        let kind = room.kind == .supergroup ? "supergroup chat" : "group chat"
        switch room.members[self.bot.id]?.status {
        case "kicked": throw .forbidden("bot was kicked from the \(kind)")
        case "left", nil: throw .forbidden("bot is not a member of the \(kind)")
        default: return id
        }
    }

    private func chatID(_ call: TelegramParameters, _ name: String) throws(TelegramRefusal) -> Int64 {
        guard let text = call.text(name), !text.isEmpty else { throw .bad("\(name) is empty") }
        if text.hasPrefix("@") {
            let wanted = text.dropFirst().lowercased()
            guard let room = self.rooms.values.first(where: { $0.username?.lowercased() == wanted }) else {
                throw .bad("chat not found")
            }
            return room.id
        }
        guard let id = Int64(text) else { throw .bad("chat not found") }
        return id
    }

    /// The topic of a call. General counts as none, although it has a number.
    func topic(_ call: TelegramParameters, in id: Int64) throws(TelegramRefusal) -> Int? {
        guard let thread = call.integer("message_thread_id"), thread != 0 else { return nil }
        guard self.rooms[id]?.topics.contains(thread) == true else { throw .bad("message thread not found") }
        return thread
    }

    /// The message that a call replies to.
    func replied(_ call: TelegramParameters, in id: Int64) throws(TelegramRefusal) -> Int? {
        var target = call.integer("reply_to_message_id")
        var mayBeMissing = call.flag("allow_sending_without_reply")
        if let value = try call.structure("reply_parameters", as: "reply parameters") {
            guard let message = value["message_id"]?.intValue else {
                throw .bad("can't parse reply parameters: Can't find field \"message_id\"")
            }
            target = message
            mayBeMissing = value["allow_sending_without_reply"]?.boolValue ?? false
            if let chat = value["chat_id"]?.intValue, Int64(chat) != id { throw .bad("chat not found") }
        }
        guard let target, target != 0 else { return nil }
        if self.rooms[id]?.messages[target] != nil { return target }
        if mayBeMissing { return nil }
        throw .bad("message to be replied not found")
    }
}
