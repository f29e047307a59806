internal import JSON
internal import Kit
internal import Primitives

/// Turns `rich_text` blocks, the exact form of what people type, into Markdown.
enum SlackRichText {
    /// Deeper lists than this are flattened.
    private static let indentLimit = 8

    static func pieces(of blocks: [JSON]) -> [SlackIncomingText.Piece] {
        var pieces: [SlackIncomingText.Piece] = []
        for block in blocks {
            for element in block["elements"]?.arrayValue ?? [] {
                if !pieces.isEmpty { pieces.append(.text("\n")) }
                self.append(element, to: &pieces)
            }
        }
        return pieces
    }

    private static func append(_ element: JSON, to pieces: inout [SlackIncomingText.Piece]) {
        let children = element["elements"]?.arrayValue ?? []
        switch element["type"]?.stringValue {
        case "rich_text_list": self.appendList(element, children, to: &pieces)
        case "rich_text_preformatted":
            let code = self.plain(children)
            let fence = self.fence(around: code)
            pieces.append(.text("\(fence)\(self.language(element))\n\(code)\n\(fence)"))
        case "rich_text_quote":
            pieces.append(.text("> "))
            for piece in self.inline(children) {
                guard case .text(let text) = piece else {
                    pieces.append(piece)
                    continue
                }
                pieces.append(
                    .text(text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\n> ")))
            }
        default: pieces += self.inline(children)
        }
    }

    private static func appendList(_ list: JSON, _ items: [JSON], to pieces: inout [SlackIncomingText.Piece]) {
        let margin = String(repeating: "    ", count: min(max(list["indent"]?.intValue ?? 0, 0), Self.indentLimit))
        let isOrdered = list["style"]?.stringValue == "ordered"
        var number = (list["offset"]?.intValue ?? 0).addingReportingOverflow(1).partialValue
        for (index, item) in items.enumerated() {
            if index > 0 { pieces.append(.text("\n")) }
            pieces.append(.text(margin + (isOrdered ? "\(number). " : "- ")))
            pieces += self.inline(item["elements"]?.arrayValue ?? [])
            number &+= 1
        }
    }

    private static func inline(_ elements: [JSON]) -> [SlackIncomingText.Piece] {
        elements.map { element in
            let style = element["style"]
            switch element["type"]?.stringValue {
            case "text": return .text(self.styled(element["text"]?.stringValue ?? "", style))
            case "link":
                let url = element["url"]?.stringValue ?? ""
                return .text(SlackMarkup.link(to: url, label: element["text"]?.stringValue))
            case "user": return .mention(element["user_id"]?.stringValue ?? "", label: nil)
            case "usergroup": return .place(element["usergroup_id"]?.stringValue ?? "group", sign: "@")
            case "channel": return .place(element["channel_id"]?.stringValue ?? "channel", sign: "#")
            case "broadcast": return .text("@\(element["range"]?.stringValue ?? "here")")
            case "emoji": return .text(self.emoji(element))
            case "date": return .text(element["fallback"]?.stringValue ?? "")
            case "color": return .text(element["value"]?.stringValue ?? "")
            default: return .text("")
            }
        }
    }

    private static func plain(_ elements: [JSON]) -> String {
        StreamSafeText.of(elements.map { $0["text"]?.stringValue ?? $0["url"]?.stringValue ?? "" }.joined())
    }

    /// Puts marks around the words without adjacent blanks, next to which Markdown recognises no marks.
    private static func styled(_ text: String, _ style: JSON?) -> String {
        guard let style, !text.allSatisfy(\.isWhitespace) else { return text }
        let core = text.trimmed
        let before = text.prefix { $0.isWhitespace }
        let after = String(text.reversed().prefix { $0.isWhitespace }.reversed())
        var inner = core
        if style["code"]?.boolValue == true { inner = core.contains("`") ? "`` \(core) ``" : "`\(core)`" }
        if style["strike"]?.boolValue == true { inner = "~~\(inner)~~" }
        if style["italic"]?.boolValue == true { inner = "_\(inner)_" }
        if style["bold"]?.boolValue == true { inner = "**\(inner)**" }
        return before + inner + after
    }

    private static func fence(around code: String) -> String {
        String(repeating: "`", count: max(3, SlackCodeText.longestRun(in: code.utf8) + 1))
    }

    private static func language(_ element: JSON) -> String {
        let language = element["language"]?.stringValue ?? ""
        return language.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "`") } ? language : ""
    }

    private static func emoji(_ element: JSON) -> String {
        let name = element["name"]?.stringValue ?? ""
        guard let codes = element["unicode"]?.stringValue else { return SlackEmoji.emoji(named: name) ?? ":\(name):" }
        var text = ""
        for code in codes.split(separator: "-") {
            guard let value = UInt32(code, radix: 16), let scalar = Unicode.Scalar(value) else { return ":\(name):" }
            text.unicodeScalars.append(scalar)
        }
        return StreamSafeText.of(text)
    }
}
