internal import JSON

/// A marked range of a text; offset and length in UTF-16 code units.
package struct TelegramEntity: Sendable, Hashable {
    /// `bold`, `pre`, `text_link` and so on, as the Bot API names them.
    package var type: String
    package var offset: Int
    package var length: Int
    package var url: String?
    package var language: String?
    /// The user of a `text_mention`.
    package var user: Int64?

    package init(
        _ type: String, _ offset: Int, _ length: Int, url: String? = nil, language: String? = nil, user: Int64? = nil
    ) {
        self.type = type
        self.offset = offset
        self.length = length
        self.url = url
        self.language = language
        self.user = user
    }

    package var end: Int { self.offset + self.length }

    /// Formatting that a sender sets, unlike what the server detects.
    static let formats: Set<String> = [
        "bold", "italic", "underline", "strikethrough", "spoiler", "blockquote", "expandable_blockquote", "code", "pre",
        "text_link", "text_mention",
    ]
    /// Detected by the server; accepted in `entities` and ignored there.
    static let found: Set<String> = [
        "mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "bank_card_number",
    ]

    var isSplittable: Bool { ["bold", "italic", "underline", "strikethrough", "spoiler"].contains(self.type) }
    var isCode: Bool { self.type == "code" || self.type == "pre" }
    var isQuote: Bool { self.type == "blockquote" || self.type == "expandable_blockquote" }

    func json(_ person: (Int64) -> JSON?) -> JSON {
        var object: JSONObject = [
            "offset": JSON(self.offset), "length": JSON(self.length), "type": .string(self.type),
        ]
        if let url = self.url { object["url"] = .string(url) }
        if let language = self.language { object["language"] = .string(language) }
        if let user = self.user { object["user"] = person(user) }
        return .object(object)
    }

    /// Reads the `entities` parameter. Ignores unknown types, as the real server does.
    static func list(_ value: JSON?) throws(TelegramRefusal) -> [TelegramEntity] {
        guard let value else { return [] }
        guard let array = value.arrayValue else { throw .bad("expected an Array of MessageEntity") }
        var entities: [TelegramEntity] = []
        for item in array {
            guard let type = item["type"]?.stringValue, let offset = item["offset"]?.intValue,
                let length = item["length"]?.intValue
            else { throw .bad("can't parse MessageEntity: Object expected as MessageEntity") }
            guard Self.formats.contains(type), offset >= 0, length > 0, offset < 1 << 20, length < 1 << 20 else {
                continue
            }
            var entity = TelegramEntity(type, offset, length)
            switch type {
            case "text_link":
                guard let url = item["url"]?.stringValue else {
                    throw .bad("can't parse MessageEntity: Can't find field \"url\"")
                }
                entity.url = url
            case "text_mention":
                guard let user = item["user"]?["id"]?.intValue else {
                    throw .bad("can't parse MessageEntity: Can't find field \"user\"")
                }
                entity.user = Int64(user)
            case "pre":
                entity.language = item["language"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
            default: break
            }
            entities.append(entity)
        }
        return entities
    }
}
