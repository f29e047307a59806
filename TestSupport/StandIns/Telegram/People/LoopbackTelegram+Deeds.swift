internal import JSON

/// People's actions besides writing.
extension LoopbackTelegram {
    /// A person reacts; nil removes the reaction.
    package func react(_ emoji: String?, to message: Int, as person: Int64, in chat: Int64) {
        self.change { state, now in
            state.react(emoji.map { [$0] } ?? [], to: message, as: person, in: chat, now: now)
        }
    }

    /// A person presses the button labelled `text`.
    ///
    /// - Returns: the query's id; nil if there is no such button.
    @discardableResult
    package func press(_ text: String, on message: Int, as person: Int64, in chat: Int64) -> String? {
        let button = self.shown(message, in: chat)?.buttons.joined().first { $0.text == text }
        return button?.data.map { self.press(data: $0, on: message, as: person, in: chat) }
    }

    /// A person's client sends this button data, whether the button was offered or not. A missing message becomes an
    /// inaccessible one.
    ///
    /// - Returns: the query's id.
    @discardableResult
    package func press(data: String, on message: Int, as person: Int64, in chat: Int64) -> String {
        self.change { state, now in state.press(data, on: message, as: person, in: chat, now: now) }
    }

    /// What the person who pressed the button was shown; nil while unanswered.
    package func answer(to query: String) -> TelegramCallbackAnswer? { self.look { $0.callbacks[query]?.answer } }

    /// A person presses a draft's stop button; by default that of any draft in the chat.
    ///
    /// - Returns: whether there was such a draft.
    @discardableResult
    package func stopDraft(_ draft: Int64? = nil, in chat: Int64) -> Bool {
        self.change { state, now in state.stop(draft, in: chat, now: now) }
    }

    // MARK: Other senders

    /// A person writes in the name of a chat: the group itself or a channel.
    @discardableResult
    package func say(_ text: String, as person: Int64, inTheNameOf senderChat: Int64, in chat: Int64) -> Int {
        var words = TelegramState.Words(text: text)
        words.senderChat = senderChat
        return self.say(words, as: person, in: chat)
    }

    /// A person forwards another's message.
    @discardableResult
    package func forward(_ text: String, from author: Int64, as person: Int64, in chat: Int64) -> Int {
        let now = Int(self.now)
        var words = TelegramState.Words(text: text)
        words.extras["forward_origin"] = self.look { state in
            ["type": "user", "sender_user": state.personJSON(author) ?? .null, "date": JSON(now)]
        }
        return self.say(words, as: person, in: chat)
    }

    /// A person writes via an inline bot.
    @discardableResult
    package func say(_ text: String, as person: Int64, via bot: Int64, in chat: Int64) -> Int {
        var words = TelegramState.Words(text: text)
        words.extras["via_bot"] = self.look { $0.personJSON(bot) ?? .null }
        return self.say(words, as: person, in: chat)
    }

    /// A channel posts; the post also appears in the linked group.
    @discardableResult
    package func post(_ text: String, in channel: Int64) -> Int {
        let post = self.say(TelegramState.Words(text: text), as: 0, in: channel)
        let now = Int(self.now)
        for group in self.look({ $0.rooms.values.filter { $0.linkedChannel == channel }.map(\.id) }) {
            var words = TelegramState.Words(text: text)
            words.senderChat = channel
            words.extras = [
                "is_automatic_forward": true,
                "forward_origin": self.look { state in
                    [
                        "type": "channel", "chat": state.chatJSON(channel), "message_id": JSON(post),
                        "date": JSON(now),
                    ]
                },
            ]
            self.say(words, as: TelegramPerson.service.id, in: group)
        }
        return post
    }

    @discardableResult
    func say(_ words: TelegramState.Words, as person: Int64, in chat: Int64) -> Int {
        self.change { state, now in state.say(words, as: person, in: chat, now: now) ?? 0 }
    }

    // MARK: Membership

    /// A person adds the bot to a chat, or makes it `administrator`, `member` or `restricted` there.
    package func join(_ chat: Int64, by person: Int64, as status: String = "member") {
        self.change { state, now in state.bring(status, by: person, to: chat, now: now) }
    }

    /// A person removes the bot from a group, or blocks it in their private chat.
    package func kick(from chat: Int64, by person: Int64) {
        self.change { state, now in state.bring("kicked", by: person, to: chat, now: now) }
    }

    /// A person joins a chat.
    package func enter(_ chat: Int64, _ person: Int64, as status: String = "member", isAnonymous: Bool = false) {
        self.change { state, now in
            state.rooms[chat]?.members[person] = TelegramMember(status: status, isAnonymous: isAnonymous)
            guard let member = state.personJSON(person) else { return }
            state.announce(["new_chat_members": .array([member])], as: person, in: chat, now: now)
        }
    }

    /// A person leaves a chat.
    package func leave(_ chat: Int64, _ person: Int64) {
        self.change { state, now in
            state.rooms[chat]?.members[person] = TelegramMember(status: "left")
            guard let member = state.personJSON(person) else { return }
            state.announce(["left_chat_member": member], as: person, in: chat, now: now)
        }
    }

    /// Upgrades a group to a supergroup.
    ///
    /// - Returns: its new id.
    @discardableResult
    package func migrate(_ chat: Int64, by person: Int64) -> Int64 {
        let target = -1_000_000_000_000 - Int64(clamping: chat.magnitude)
        self.change { state, now in state.migrate(chat, to: target, by: person, now: now) }
        return target
    }

    // MARK: Chat settings

    /// A person creates a topic.
    ///
    /// - Returns: its number.
    @discardableResult
    package func makeTopic(_ name: String, as person: Int64, in chat: Int64) -> Int {
        self.change { state, now in state.makeTopic(name, as: person, in: chat, now: now) }
    }

    /// A topic is deleted. Bots get no update.
    package func deleteTopic(_ topic: Int, in chat: Int64) {
        self.change { state, _ in state.removeTopic(topic, in: chat) }
    }

    /// Allows only these reactions; nil allows all.
    package func setReactions(_ emoji: [String]?, in chat: Int64) {
        self.change { state, _ in state.rooms[chat]?.reactions = emoji }
    }

    /// A channel's posts also appear in the group.
    package func link(_ group: Int64, with channel: Int64) {
        self.change { state, _ in state.rooms[group]?.linkedChannel = channel }
    }

    /// Restricts the bot from writing, or lifts the restriction.
    package func setMute(_ isMuted: Bool, in chat: Int64) {
        self.change { state, _ in
            state.rooms[chat]?.members[state.bot.id] = TelegramMember(
                status: isMuted ? "restricted" : "member", canSend: !isMuted)
        }
    }

    /// Settings of @BotFather: privacy mode, and topics in private chats.
    package func setBot(hasPrivacyMode: Bool? = nil, hasPrivateTopics: Bool? = nil) {
        self.change { state, _ in
            if let hasPrivacyMode { state.settings.hasPrivacyMode = hasPrivacyMode }
            if let hasPrivateTopics { state.settings.hasPrivateTopics = hasPrivateTopics }
        }
    }

    /// The registered commands by name.
    package func commands(
        scope: String = "default", chat: Int64? = nil, user: Int64? = nil, language: String = ""
    ) -> [String] {
        let key = TelegramCommandScope(type: scope, chat: chat, user: user, language: language)
        return self.look { ($0.commands[key] ?? []).compactMap { $0["command"]?.stringValue } }
    }
}
