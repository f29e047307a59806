/// The people's side.
extension LoopbackTelegram {
    // MARK: Who and where

    /// Somebody with an account, who has pressed Start in the bot's private chat.
    package func addPerson(_ person: TelegramPerson, hasStarted: Bool = true) {
        self.change { state, _ in
            state.people[person.id] = person
            guard hasStarted, !person.isBot else { return }
            var room = TelegramRoom(id: person.id, kind: .private, title: person.firstName)
            room.members = [person.id: TelegramMember(status: "member")]
            state.rooms[person.id] = room
        }
    }

    /// A group. An id below −1,000,000,000,000 is a supergroup's by Telegram's rules; `kind` decides here.
    ///
    /// - Parameter bot: the bot's standing there: `member`, `administrator`, `left`, ….
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

    // MARK: Words

    /// Somebody writes. Entities that the server finds by itself are added.
    ///
    /// - Returns: the message's id; 0 where there is no such chat.
    @discardableResult
    package func say(
        _ text: String, as person: Int64, in chat: Int64, topic: Int? = nil, replyTo: Int? = nil,
        quote: String? = nil, entities: [TelegramEntity] = []
    ) -> Int {
        var words = TelegramState.Words(text: text, entities: entities)
        words.topic = topic
        words.replyTo = replyTo
        words.quote = quote
        let said = words
        return self.change { state, now in state.say(said, as: person, in: chat, now: now) ?? 0 }
    }

    /// Somebody changes a message; without `text` it is one of the edits in which nothing can be seen to change.
    package func edit(_ message: Int, in chat: Int64, to text: String?, entities: [TelegramEntity] = []) {
        self.change { state, now in state.edit(message, to: text, entities: entities, in: chat, now: now) }
    }

    /// Somebody deletes a message. Bots aren't told.
    package func delete(_ message: Int, in chat: Int64) {
        self.change { state, _ in state.rooms[chat]?.remove(message) }
    }

    /// Forgets what stands in a chat, or in all of them.
    package func forget(_ chat: Int64? = nil) {
        self.change { state, _ in
            for id in chat.map({ [$0] }) ?? Array(state.rooms.keys) {
                state.rooms[id]?.messages = [:]
                state.rooms[id]?.order = []
            }
        }
    }
}
