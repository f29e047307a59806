/// Writes a text and its entities with tags, for people to read and tests to compare.
enum EntityMarkup {
    private static let tags = [
        "bold": "b", "italic": "i", "underline": "u", "strikethrough": "s", "spoiler": "tg-spoiler", "code": "code",
    ]

    static func html(_ text: String, _ entities: [TelegramEntity]) -> String {
        let units = Array(text.utf16)
        var opens: [Int: [TelegramEntity]] = [:]
        for entity in EntityNesting.sorted(entities) where Self.begin(entity) != nil {
            opens[entity.offset, default: []].append(entity)
        }
        var result = ""
        var stack: [TelegramEntity] = []
        var begin = 0
        let borders = Set(entities.flatMap { [$0.offset, min($0.end, units.count)] } + [units.count]).sorted()
        for border in borders {
            result += Self.escape(String(decoding: units[begin..<max(begin, border)], as: UTF16.self))
            begin = border
            while let last = stack.last, last.end <= border {
                result += Self.end(last)
                stack.removeLast()
            }
            for entity in opens[border] ?? [] {
                result += Self.begin(entity) ?? ""
                stack.append(entity)
            }
        }
        return result + stack.reversed().map(Self.end).joined()
    }

    private static func escape(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }

    private static func begin(_ entity: TelegramEntity) -> String? {
        switch entity.type {
        case "pre":
            entity.language.map { "<pre><code class=\"language-\($0)\">" } ?? "<pre>"
        case "text_link": "<a href=\"\(entity.url ?? "")\">"
        case "text_mention": "<a href=\"tg://user?id=\(entity.user ?? 0)\">"
        case "blockquote": "<blockquote>"
        case "expandable_blockquote": "<blockquote expandable>"
        default: Self.tags[entity.type].map { "<\($0)>" }
        }
    }

    private static func end(_ entity: TelegramEntity) -> String {
        switch entity.type {
        case "pre": entity.language == nil ? "</pre>" : "</code></pre>"
        case "text_link", "text_mention": "</a>"
        case "blockquote", "expandable_blockquote": "</blockquote>"
        default: "</\(Self.tags[entity.type] ?? "")>"
        }
    }
}
