internal import JSON

extension TelegramState {
    typealias Method =
        @Sendable (inout TelegramState, TelegramParameters, Double) throws(TelegramRefusal) -> JSON

    /// The methods but for `getUpdates`, by their names in small letters.
    private static let methods: [String: (name: String, body: Method)] = {
        var table: [String: (name: String, body: Method)] = [:]
        for (name, body) in Self.list { table[name.lowercased()] = (name, body) }
        return table
    }()

    private static let list: [(String, Method)] = [
        ("getMe", { state, _, _ throws(TelegramRefusal) in state.me }),
        ("sendMessage", { state, call, now throws(TelegramRefusal) in try state.sendMessage(call, now) }),
        ("editMessageText", { state, call, now throws(TelegramRefusal) in try state.editMessageText(call, now) }),
        ("deleteMessage", { state, call, now throws(TelegramRefusal) in try state.deleteMessage(call, now) }),
    ]

    /// A method as the Bot API writes it; nil when there is none.
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
