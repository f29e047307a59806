internal import JSON

extension TelegramState {
    typealias Method =
        @Sendable (inout TelegramState, TelegramParameters, Double) throws(TelegramRefusal) -> JSON

    /// All methods except `getUpdates`, by their lowercase names.
    private static let methods: [String: (name: String, body: Method)] = {
        var table: [String: (name: String, body: Method)] = [:]
        for (name, body) in Self.list { table[name.lowercased()] = (name, body) }
        return table
    }()

    private static let list: [(String, Method)] = [
        ("sendMessage", { state, call, now throws(TelegramRefusal) in try state.sendMessage(call, now) }),
        ("editMessageText", { state, call, now throws(TelegramRefusal) in try state.editMessageText(call, now) }),
        ("editMessageCaption", { state, call, now throws(TelegramRefusal) in try state.editMessageCaption(call, now) }),
        (
            "editMessageReplyMarkup",
            { state, call, now throws(TelegramRefusal) in try state.editMessageReplyMarkup(call, now) }
        ),
        ("deleteMessage", { state, call, now throws(TelegramRefusal) in try state.deleteMessage(call, now) }),
        ("deleteMessages", { state, call, now throws(TelegramRefusal) in try state.deleteMessages(call, now) }),
        ("sendChatAction", { state, call, now throws(TelegramRefusal) in try state.sendChatAction(call, now) }),
        ("setMessageReaction", { state, call, now throws(TelegramRefusal) in try state.setMessageReaction(call, now) }),
        (
            "answerCallbackQuery",
            { state, call, now throws(TelegramRefusal) in try state.answerCallbackQuery(call, now) }
        ),
        ("sendMessageDraft", { state, call, now throws(TelegramRefusal) in try state.sendMessageDraft(call, now) }),
        ("setMyCommands", { state, call, now throws(TelegramRefusal) in try state.setMyCommands(call, now) }),
        ("createForumTopic", { state, call, now throws(TelegramRefusal) in try state.createForumTopic(call, now) }),
        ("leaveChat", { state, call, now throws(TelegramRefusal) in try state.leaveChat(call, now) }),
        ("sendMediaGroup", { state, call, now throws(TelegramRefusal) in try state.sendMediaGroup(call, now) }),
        ("setWebhook", { state, call, now throws(TelegramRefusal) in try state.setWebhook(call, now) }),
        ("getMyCommands", { state, call, _ throws(TelegramRefusal) in try state.getMyCommands(call) }),
        ("deleteMyCommands", { state, call, _ throws(TelegramRefusal) in try state.deleteMyCommands(call) }),
        ("getChat", { state, call, _ throws(TelegramRefusal) in try state.getChat(call) }),
        ("getChatMember", { state, call, _ throws(TelegramRefusal) in try state.getChatMember(call) }),
        ("getChatAdministrators", { state, call, _ throws(TelegramRefusal) in try state.getChatAdministrators(call) }),
        ("getChatMemberCount", { state, call, _ throws(TelegramRefusal) in try state.getChatMemberCount(call) }),
        ("getFile", { state, call, _ throws(TelegramRefusal) in try state.getFile(call) }),
        ("deleteForumTopic", { state, call, _ throws(TelegramRefusal) in try state.deleteForumTopic(call) }),
        ("sendDocument", { state, call, now throws(TelegramRefusal) in try state.sendFile("document", call, now) }),
        ("sendPhoto", { state, call, now throws(TelegramRefusal) in try state.sendFile("photo", call, now) }),
        ("sendVoice", { state, call, now throws(TelegramRefusal) in try state.sendFile("voice", call, now) }),
        ("sendAudio", { state, call, now throws(TelegramRefusal) in try state.sendFile("audio", call, now) }),
        ("sendVideo", { state, call, now throws(TelegramRefusal) in try state.sendFile("video", call, now) }),
        ("sendAnimation", { state, call, now throws(TelegramRefusal) in try state.sendFile("animation", call, now) }),
        ("getMe", { state, _, _ throws(TelegramRefusal) in state.me }),
        ("deleteWebhook", { state, call, _ throws(TelegramRefusal) in state.deleteWebhook(call) }),
        ("getWebhookInfo", { state, _, _ throws(TelegramRefusal) in state.webhookInfo }),
        (
            "editForumTopic",
            { state, call, _ throws(TelegramRefusal) in
                try state.changeForumTopic(call) { $0.name = call.text("name") ?? $0.name }
            }
        ),
        (
            "closeForumTopic",
            { state, call, _ throws(TelegramRefusal) in
                try state.changeForumTopic(call) { $0.isClosed = true }
            }
        ),
        (
            "reopenForumTopic",
            { state, call, _ throws(TelegramRefusal) in
                try state.changeForumTopic(call) { $0.isClosed = false }
            }
        ),
    ]

    /// A method's name as the Bot API spells it; nil if unknown.
    static func name(of method: String) -> String? {
        let name = method.lowercased()
        return name == "getupdates" ? "getUpdates" : Self.methods[name]?.name
    }

    mutating func call(
        _ method: String, _ parameters: TelegramParameters, now: Double
    ) throws(TelegramRefusal) -> JSON {
        guard let entry = Self.methods[method.lowercased()] else { throw .methodNotFound }
        return try entry.body(&self, parameters, now)
    }

    private var me: JSON {
        guard var object = self.bot.json.objectValue else { return .null }
        object["can_join_groups"] = true
        object["can_read_all_group_messages"] = .bool(!self.settings.hasPrivacyMode)
        object["supports_inline_queries"] = false
        object["can_connect_to_business"] = false
        object["has_main_web_app"] = false
        object["has_topics_enabled"] = .bool(self.settings.hasPrivateTopics)
        object["allows_users_to_create_topics"] = .bool(self.settings.hasPrivateTopics)
        return .object(object)
    }
}
