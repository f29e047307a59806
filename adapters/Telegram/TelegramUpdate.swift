package import JSON

/// An event in a chat.
package struct TelegramUpdate: Sendable {
    package enum Kind: Sendable {
        case message(TelegramMessage)
        case edited(TelegramMessage)
        case callback(TelegramCallback)
        case reaction(TelegramReaction)
        case membership(TelegramMembership)
        /// A person pressed the stop button below a draft.
        case stopped(TelegramChat, thread: Int64?, draft: Int64)
        /// An unrequested or unreadable kind.
        case other
    }

    /// The requested kinds; the platform's default lacks `message_reaction`.
    package static let kinds = [
        "message", "edited_message", "callback_query", "message_reaction", "my_chat_member",
        "stopped_message_generation",
    ]

    /// The valid ids of updates, such that the id after each is representable too.
    static let ids = 0..<(1 << 53)

    /// The most that an id may exceed the one expected. Telegram's ids have 32 bits; another server's may be times in
    /// milliseconds, which takes 35 years.
    static let longestGap: Int64 = 1 << 40

    /// The most values of one update where many hold too much together. A long message with many entities that replies to
    /// another one has about 2,000.
    static let valueLimit = 20_000

    package let id: Int64
    package let kind: Kind
    /// The original JSON, for the parts of albums kept across a restart.
    package let json: JSON

    package init?(_ json: JSON) {
        guard let id = json["update_id"]?.intValue, Self.ids.contains(id) else { return nil }
        self.id = Int64(id)
        self.json = json
        self.kind = Self.kind(json)
    }

    private static func kind(_ json: JSON) -> Kind {
        if let message = TelegramMessage(json["message"]) { return .message(message) }
        if let message = TelegramMessage(json["edited_message"]) { return .edited(message) }
        if let callback = TelegramCallback(json["callback_query"]) { return .callback(callback) }
        if let reaction = TelegramReaction(json["message_reaction"]) { return .reaction(reaction) }
        if let membership = TelegramMembership(json["my_chat_member"]) { return .membership(membership) }
        if let stopped = json["stopped_message_generation"], let chat = TelegramChat(stopped["chat"]) {
            return .stopped(
                chat, thread: stopped["message_thread_id"]?.intValue.map(Int64.init),
                draft: Int64(stopped["draft_id"]?.intValue ?? 0))
        }
        return .other
    }
}

/// A person pressed a button below a message from the bot.
package struct TelegramCallback: Sendable, Equatable {
    package let id: String
    package let from: TelegramUser
    /// Sent by the client, so it may be any text.
    package let data: String
    /// Missing for messages sent in inline mode. For deleted messages Telegram reports only the chat and the id.
    package let chat: TelegramChat?
    package let messageID: Int64?

    package init?(_ json: JSON?) {
        guard let json, let id = json["id"]?.stringValue, let from = TelegramUser(json["from"]) else { return nil }
        self.id = id
        self.from = from
        self.data = json["data"]?.stringValue ?? ""
        self.chat = TelegramChat(json["message"]?["chat"])
        self.messageID = json["message"]?["message_id"]?.intValue.map(Int64.init)
    }
}

/// A person's reactions to a message changed.
package struct TelegramReaction: Sendable, Equatable {
    package let chat: TelegramChat
    package let messageID: Int64
    package let user: TelegramUser?
    /// The chat for which an anonymous member reacted.
    package let actorChat: TelegramChat?
    package let date: Int64
    /// The newly added emoji, each once.
    package let added: [String]

    /// Each of them is stored separately. Telegram allows a person three.
    private static let addedLimit = 16

    package init?(_ json: JSON?) {
        guard let json, let chat = TelegramChat(json["chat"]), let id = json["message_id"]?.intValue else { return nil }
        self.chat = chat
        self.messageID = Int64(id)
        self.user = TelegramUser(json["user"])
        self.actorChat = TelegramChat(json["actor_chat"])
        self.date = TelegramMessage.milliseconds(json["date"]) ?? 0
        var known = Set(Self.emoji(json["old_reaction"]))
        let added = Self.emoji(json["new_reaction"]).filter { known.insert($0).inserted }
        self.added = Array(added.prefix(Self.addedLimit))
    }

    private static func emoji(_ json: JSON?) -> [String] {
        (json?.arrayValue ?? []).compactMap { $0["emoji"]?.stringValue }
    }
}

/// The bot's rights in a chat changed.
package struct TelegramMembership: Sendable, Equatable {
    package let chat: TelegramChat
    /// `member`, `administrator`, `left`, `kicked`, `restricted` …
    package let status: String
    /// False if the bot has left, was removed, or may only read.
    package let maySend: Bool

    package init?(_ json: JSON?) {
        guard let json, let chat = TelegramChat(json["chat"]), let member = json["new_chat_member"],
            let status = member["status"]?.stringValue
        else { return nil }
        self.chat = chat
        self.status = status
        let isThere = status != "left" && status != "kicked"
        self.maySend =
            isThere && (status != "restricted" || member["can_send_messages"]?.boolValue ?? true)
    }
}
