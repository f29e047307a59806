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
        ("deleteMessage", { state, call, now throws(TelegramRefusal) in try state.deleteMessage(call, now) }),
        ("sendChatAction", { state, call, now throws(TelegramRefusal) in try state.sendChatAction(call, now) }),
        ("setMessageReaction", { state, call, now throws(TelegramRefusal) in try state.setMessageReaction(call, now) }),
        (
            "answerCallbackQuery",
            { state, call, now throws(TelegramRefusal) in try state.answerCallbackQuery(call, now) }
        ),
        ("sendMessageDraft", { state, call, now throws(TelegramRefusal) in try state.sendMessageDraft(call, now) }),
        ("setMyCommands", { state, call, now throws(TelegramRefusal) in try state.setMyCommands(call, now) }),
        ("deleteMyCommands", { state, call, _ throws(TelegramRefusal) in try state.deleteMyCommands(call) }),
        ("setWebhook", { state, call, now throws(TelegramRefusal) in try state.setWebhook(call, now) }),
        ("getMyCommands", { state, call, _ throws(TelegramRefusal) in try state.getMyCommands(call) }),
        ("getChat", { state, call, _ throws(TelegramRefusal) in try state.getChat(call) }),
        ("getChatMember", { state, call, _ throws(TelegramRefusal) in try state.getChatMember(call) }),
        ("getFile", { state, call, _ throws(TelegramRefusal) in try state.getFile(call) }),
        ("sendVoice", { state, call, now throws(TelegramRefusal) in try state.sendVoice(call, now) }),
        ("sendDocument", { state, call, now throws(TelegramRefusal) in try state.sendDocument(call, now) }),
        ("getMe", { state, _, _ throws(TelegramRefusal) in state.me }),
        ("deleteWebhook", { state, call, _ throws(TelegramRefusal) in state.deleteWebhook(call) }),
        ("getWebhookInfo", { state, _, _ throws(TelegramRefusal) in state.webhookInfo }),
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
        object["has_topics_enabled"] = false
        return .object(object)
    }
}
