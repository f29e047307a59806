/// Slack's own markup of the `text` field: three escapes, and `<…>` for links and mentions.
enum SlackMarkup {
    /// Parses the markup; unknown forms stay as they are.
    static func pieces(of text: String) -> [SlackIncomingText.Piece] {
        var pieces: [SlackIncomingText.Piece] = []
        var plain = ""
        var rest = text[...]
        while let open = rest.firstIndex(of: "<") {
            plain += self.unescaped(rest[..<open])
            let after = rest.index(after: open)
            guard let close = rest[after...].firstIndex(where: { $0 == ">" || $0 == "<" }), rest[close] == ">" else {
                plain += "<"
                rest = rest[after...]
                continue
            }
            switch self.reference(rest[after..<close]) {
            case .text(let part): plain += part
            case let reference:
                if !plain.isEmpty { pieces.append(.text(plain)) }
                plain = ""
                pieces.append(reference)
            }
            rest = rest[rest.index(after: close)...]
        }
        plain += self.unescaped(rest)
        if !plain.isEmpty { pieces.append(.text(plain)) }
        return pieces
    }

    /// Reads the text between `<` and `>`.
    private static func reference(_ inner: Substring) -> SlackIncomingText.Piece {
        let bar = inner.firstIndex(of: "|")
        let target = self.unescaped(bar.map { inner[..<$0] } ?? inner)
        let label = bar.map { self.unescaped(inner[inner.index(after: $0)...]) }.flatMap { $0.isEmpty ? nil : $0 }
        let name = String(target.dropFirst())
        switch target.first {
        case "@": return .mention(name, label: label)
        case "#": return label.map { .text("#\($0)") } ?? .place(name, sign: "#")
        case "!":
            if let label { return .text(label) }
            if name.hasPrefix("subteam^") { return .place(String(name.dropFirst(8)), sign: "@") }
            let word = name.prefix { $0 != "^" }
            return .text("@\(word)")
        default: return .text(self.link(to: target, label: label))
        }
    }

    static func link(to target: String, label: String?) -> String {
        guard let label, label != target, "mailto:\(label)" != target, "http://\(label)" != target,
            "https://\(label)" != target
        else { return label ?? target }
        return "[\(label)](\(target))"
    }

    static func unescaped(_ text: some StringProtocol) -> String {
        guard text.utf8.contains(UInt8(ascii: "&")) else { return String(text) }
        var result = ""
        var rest = Substring(text)
        while let mark = rest.firstIndex(of: "&") {
            result += rest[..<mark]
            rest = rest[mark...]
            if let (entity, character) = [("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")].first(where: {
                rest.hasPrefix($0.0)
            }) {
                result += character
                rest = rest.dropFirst(entity.count)
            } else {
                result += "&"
                rest = rest.dropFirst()
            }
        }
        return result + rest
    }

    static func escaped(_ text: some StringProtocol) -> String {
        var result = ""
        for character in text {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            default: result.append(character)
            }
        }
        return result
    }
}
