package import JSON

/// People and their messages.
extension LoopbackTelegram {
    // MARK: People and chats

    /// Adds a person who has pressed Start in the bot's private chat.
    package func addPerson(_ person: TelegramPerson, hasStarted: Bool = true) {
        self.change { state, _ in
            state.people[person.id] = person
            guard hasStarted, !person.isBot else { return }
            var room = TelegramRoom(id: person.id, kind: .private, title: person.firstName)
            room.members = [person.id: TelegramMember(status: "member")]
            state.rooms[person.id] = room
        }
    }

    /// Adds a group. By Telegram's rules an id below −1,000,000,000,000 is a supergroup's; here `kind` decides.
    ///
    /// - Parameter bot: the bot's status there: `member`, `administrator`, `left`, ….
    package func addGroup(
        _ id: Int64, _ title: String, members: [Int64], kind: TelegramRoomKind = .supergroup, isForum: Bool = false,
        bot: String = "member", username: String? = nil
    ) {
        self.change { state, _ in
            var room = TelegramRoom(id: id, kind: kind, title: title, username: username)
            room.isForum = isForum
            for (index, member) in members.enumerated() {
                room.members[member] = TelegramMember(status: index == 0 ? "creator" : "member")
            }
            room.members[state.bot.id] = TelegramMember(status: bot, canManageTopics: bot == "administrator")
            state.rooms[id] = room
        }
    }

    // MARK: Messages

    /// A person posts a message. Entities that the server detects are added.
    ///
    /// - Returns: the message's id; 0 if the chat does not exist.
    @discardableResult
    package func say(
        _ text: String, as person: Int64, in chat: Int64, topic: Int? = nil, replyTo: Int? = nil,
        quote: String? = nil, entities: [TelegramEntity] = []
    ) -> Int {
        var words = TelegramState.Words(text: text, entities: entities)
        words.quote = quote
        words.topic = topic
        words.replyTo = replyTo
        let said = words
        return self.change { state, now in state.say(said, as: person, in: chat, now: now) ?? 0 }
    }

    /// A person sends something without a text, by the Bot API's names: `sticker`, `location`, `poll`, ….
    @discardableResult
    package func show(_ thing: JSONObject, as person: Int64, in chat: Int64) -> Int {
        self.change { state, now in
            state.say(TelegramState.Words(media: thing), as: person, in: chat, now: now) ?? 0
        }
    }

    /// A person forwards messages.
    ///
    /// - Returns: the new messages' ids.
    @discardableResult
    package func forward(_ messages: [Int], from source: Int64, as person: Int64, in chat: Int64) -> [Int] {
        messages.compactMap { id in
            self.change { state, now in
                guard let message = state.rooms[source]?.messages[id] else { return nil }
                var words = TelegramState.Words(text: message.text.text, entities: message.text.entities)
                words.media = message.media
                words.group = message.group
                words.origin = state.origin(of: message, in: source)
                return state.say(words, as: person, in: chat, now: now)
            }
        }
    }

    /// A person edits a message; without `text` the edit changes nothing visible.
    package func edit(_ message: Int, in chat: Int64, to text: String?, entities: [TelegramEntity] = []) {
        self.change { state, now in state.edit(message, to: text, entities: entities, in: chat, now: now) }
    }

    /// A message is deleted. Bots get no update.
    package func delete(_ message: Int, in chat: Int64) {
        self.change { state, _ in state.rooms[chat]?.remove(message) }
    }

    /// Drops the messages of a chat, or of all chats.
    package func forget(_ chat: Int64? = nil) {
        self.change { state, _ in
            for id in chat.map({ [$0] }) ?? Array(state.rooms.keys) {
                state.rooms[id]?.messages = [:]
                state.rooms[id]?.order = []
            }
        }
    }
}
