internal import JSON
internal import Markdown
internal import Primitives

/// A paragraph or a code block as rich text, in which Slack parses nothing.
struct SlackLiteral: MarkdownVisitor {
    private var elements: [JSON] = []
    private var inline: [JSON] = []
    private var styles: Set<String> = []
    /// The address of the open link.
    private var link: String?
    private var language = ""
    private var hasTokens = false
    private var isSupported = true

    /// Nil if `markdown` has no code with tokens, or is another kind of block.
    static func block(of markdown: String) -> JSON? {
        guard SlackToken.isBroken(in: markdown) else { return nil }
        var visitor = Self()
        Markdown.walk(markdown, visitor: &visitor)
        guard visitor.hasTokens, visitor.isSupported, !visitor.elements.isEmpty else { return nil }
        return ["type": "rich_text", "elements": .array(visitor.elements)]
    }

    mutating func enter(_ node: MarkdownNode, detail: Span<UInt8>) {
        switch node {
        case .document, .paragraph: break
        case .codeBlock: self.language = String(decoding: detail)
        case .emphasis: self.styles.insert("italic")
        case .strong: self.styles.insert("bold")
        case .strikethrough: self.styles.insert("strike")
        case .link: self.link = String(decoding: detail)
        case .blockQuote, .list, .item, .heading, .table, .tableRow, .tableCell, .image: self.isSupported = false
        }
    }

    mutating func leave(_ node: MarkdownNode, detail: Span<UInt8>) {
        switch node {
        case .paragraph:
            self.elements.append(["type": "rich_text_section", "elements": .array(self.inline)])
            self.inline = []
        case .emphasis: self.styles.remove("italic")
        case .strong: self.styles.remove("bold")
        case .strikethrough: self.styles.remove("strike")
        case .link: self.link = nil
        default: break
        }
    }

    mutating func text(_ text: Span<UInt8>, kind: MarkdownTextKind) {
        let text = String(decoding: text)
        switch kind {
        case .plain, .html: self.append(text)
        case .code:
            self.noteTokens(text)
            self.append(text, isCode: true)
        case .codeBlock:
            self.noteTokens(text)
            let code = SlackToken.restored(text.hasSuffix("\n") ? String(text.dropLast()) : text)
            var element: JSONObject = [
                "type": "rich_text_preformatted", "elements": [["type": "text", "text": .string(code)]],
            ]
            if !self.language.isEmpty { element["language"] = .string(self.language) }
            self.elements.append(.object(element))
        case .htmlBlock: self.isSupported = false
        }
    }

    mutating func mark(_ mark: MarkdownMark) {
        switch mark {
        case .softBreak, .lineBreak: self.append("\n")
        case .thematicBreak: self.isSupported = false
        }
    }

    private mutating func noteTokens(_ code: String) {
        if SlackToken.restored(code) != code { self.hasTokens = true }
    }

    private mutating func append(_ text: String, isCode: Bool = false) {
        var element: JSONObject = ["type": "text", "text": .string(SlackToken.restored(text))]
        if let link = self.link {
            element["type"] = "link"
            element["url"] = .string(link)
        }
        let styles = isCode ? self.styles.union(["code"]) : self.styles
        if !styles.isEmpty {
            element["style"] = .object(JSONObject(members: styles.sorted().map { ($0, JSON.bool(true)) }))
        }
        self.inline.append(.object(element))
    }
}
