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

    // MARK: Membership

    /// A person adds the bot to a chat, or makes it `administrator` or `member` there.
    package func join(_ chat: Int64, by person: Int64, as status: String = "member") {
        self.change { state, now in state.bring(status, by: person, to: chat, now: now) }
    }

    /// A person removes the bot from a group, or blocks it in their private chat.
    package func kick(from chat: Int64, by person: Int64) {
        self.change { state, now in state.bring("kicked", by: person, to: chat, now: now) }
    }

    /// A person joins a chat.
    package func enter(_ chat: Int64, _ person: Int64) {
        self.change { state, now in
            state.rooms[chat]?.members[person] = TelegramMember(status: "member")
            guard let member = state.personJSON(person) else { return }
            state.announce(["new_chat_members": .array([member])], as: person, in: chat, now: now)
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

    /// @BotFather's setting of privacy mode.
    package func setBot(hasPrivacyMode: Bool) {
        self.change { state, _ in state.settings.hasPrivacyMode = hasPrivacyMode }
    }

    /// The registered commands by name.
    package func commands(
        scope: String = "default", chat: Int64? = nil, user: Int64? = nil, language: String = ""
    ) -> [String] {
        let key = TelegramCommandScope(type: scope, chat: chat, user: user, language: language)
        return self.look { ($0.commands[key] ?? []).compactMap { $0["command"]?.stringValue } }
    }
}
