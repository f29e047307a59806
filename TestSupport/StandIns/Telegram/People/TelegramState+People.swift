internal import JSON

/// People's actions.
extension TelegramState {
    /// A message that a person writes.
    struct Words: Sendable {
        var text = ""
        var entities: [TelegramEntity] = []
        var media: JSONObject = JSONObject()
        var group: String?
        var topic: Int?
        var replyTo: Int?
        var quote: String?
        var extras: JSONObject = JSONObject()
        /// The chat in whose name it is written, instead of the person's.
        var senderChat: Int64?
    }

    /// Posts a person's message and sends it to the bot if it may see it.
    ///
    /// - Returns: its id; nil if the chat does not exist.
    mutating func say(_ words: Words, as person: Int64, in id: Int64, now: Double) -> Int? {
        guard self.rooms[id] != nil else { return nil }
        var message = TelegramMessage(id: self.nextMessageID(in: id), date: Int(now))
        message.sender = self.rooms[id]?.kind == .channel ? nil : self.sender(person, words.senderChat, in: id)
        message.senderChat = words.senderChat ?? (self.rooms[id]?.kind == .channel ? id : nil)
        if words.senderChat == nil, self.rooms[id]?.members[person]?.isAnonymous ?? false { message.senderChat = id }
        message.text = EntityDetection.complete(TelegramText(text: words.text, entities: words.entities))
        message.media = words.media
        message.group = words.group
        message.extras = words.extras
        self.place(&message, in: id, topic: words.topic, replyTo: words.replyTo)
        message.quote = words.quote
        self.rooms[id]?.add(message, limit: self.settings.messageLimit)
        self.publish(message, in: id, now: now)
        return message.id
    }

    private func sender(_ person: Int64, _ senderChat: Int64?, in id: Int64) -> Int64 {
        if let senderChat, person != TelegramPerson.service.id {
            return senderChat == id ? TelegramPerson.anonymousAdmin.id : TelegramPerson.channelBot.id
        }
        return self.rooms[id]?.members[person]?.isAnonymous ?? false ? TelegramPerson.anonymousAdmin.id : person
    }

    /// Edits a person's message; without `text` the edit changes nothing, as after a reaction.
    mutating func edit(_ message: Int, to text: String?, entities: [TelegramEntity], in id: Int64, now: Double) {
        guard var edited = self.rooms[id]?.messages[message] else { return }
        if let text { edited.text = EntityDetection.complete(TelegramText(text: text, entities: entities)) }
        edited.editDate = Int(now)
        edited.edits += 1
        self.rooms[id]?.messages[message] = edited
        self.rooms[id]?.changes += 1
        self.publish(edited, in: id, isEdit: true, now: now)
    }
}
