internal import JSON

/// An account: a person or a bot.
package struct TelegramPerson: Sendable, Hashable {
    package var id: Int64
    package var firstName: String
    package var lastName: String?
    /// Without `@`.
    package var username: String?
    package var isBot: Bool
    package var language: String?

    package init(
        _ id: Int64, _ firstName: String, lastName: String? = nil, username: String? = nil, isBot: Bool = false,
        language: String? = "en"
    ) {
        self.id = id
        self.firstName = firstName
        self.lastName = lastName
        self.username = username
        self.isBot = isBot
        self.language = language
    }

    /// The sender of anonymous administrators' messages.
    static let anonymousAdmin = TelegramPerson(1_087_968_824, "Group", username: "GroupAnonymousBot", isBot: true)
    /// The sender of messages written as a channel.
    static let channelBot = TelegramPerson(136_817_688, "Channel", username: "Channel_Bot", isBot: true)
    /// The sender of a linked channel's posts.
    static let service = TelegramPerson(777_000, "Telegram", language: nil)

    var json: JSON {
        var object: JSONObject = [
            "id": JSON(self.id), "is_bot": .bool(self.isBot), "first_name": .string(self.firstName),
        ]
        if let lastName = self.lastName { object["last_name"] = .string(lastName) }
        if let username = self.username { object["username"] = .string(username) }
        if let language = self.language, !self.isBot { object["language_code"] = .string(language) }
        return .object(object)
    }
}
