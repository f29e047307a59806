internal import JSON

/// An account: a person or a bot.
package struct TelegramPerson: Sendable, Hashable {
    package var id: Int64
    package var firstName: String
    /// Without `@`.
    package var username: String?
    package var isBot: Bool
    /// Forwards of their messages do not lead to their account.
    package var isHidden = false

    package init(_ id: Int64, _ firstName: String, username: String? = nil, isBot: Bool = false) {
        self.id = id
        self.firstName = firstName
        self.username = username
        self.isBot = isBot
    }

    var json: JSON {
        var object: JSONObject = [
            "id": JSON(self.id), "is_bot": .bool(self.isBot), "first_name": .string(self.firstName),
        ]
        if let username = self.username { object["username"] = .string(username) }
        if !self.isBot { object["language_code"] = "en" }
        return .object(object)
    }
}
