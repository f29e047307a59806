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
        /// A part of the message that it replies to.
        var quote: String?
        var origin: JSON?
    }

    /// Posts a person's message and sends it to the bot if it may see it.
    ///
    /// - Returns: its id; nil if the chat does not exist.
    mutating func say(_ words: Words, as person: Int64, in id: Int64, now: Double) -> Int? {
        guard self.rooms[id] != nil else { return nil }
        var message = TelegramMessage(id: self.nextMessageID(in: id), date: Int(now))
        message.sender = person
        message.text = EntityDetection.complete(TelegramText(text: words.text, entities: words.entities))
        message.media = words.media
        message.group = words.group
        self.place(&message, in: id, topic: words.topic, replyTo: words.replyTo)
        message.origin = words.origin
        message.quote = words.replyTo.flatMap { self.quote(words.quote, of: $0, in: id) }
        self.rooms[id]?.add(message, limit: self.settings.messageLimit)
        self.publish(message, in: id, now: now)
        return message.id
    }

    /// Telegram lets people quote only what the message says.
    private func quote(_ quote: String?, of message: Int, in id: Int64) -> JSON? {
        guard let quote, let text = self.rooms[id]?.messages[message]?.text.text, let place = text.firstRange(of: quote)
        else {
            return nil
        }
        let position = text.utf16.distance(from: text.startIndex, to: place.lowerBound)
        return ["text": .string(quote), "position": JSON(position), "is_manual": true]
    }

    /// Whose message a forward shows; those of a person who hides it lead only to the name.
    func origin(of message: TelegramMessage, in id: Int64) -> JSON? {
        if let origin = message.origin { return origin }
        guard let sender = message.sender, let person = self.people[sender] else { return nil }
        let date = JSON(message.date)
        if person.isHidden {
            return ["type": "hidden_user", "date": date, "sender_user_name": .string(person.firstName)]
        }
        return ["type": "user", "date": date, "sender_user": person.json]
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
