internal import JSON
internal import Markdown
internal import Primitives

/// A paragraph or a code block as rich text, in which Slack parses nothing.
struct SlackLiteral {
    private let source: StyledLines
    private var hasTokens = false

    /// Nil if `markdown` has no code with tokens, or is another kind of block.
    static func block(of markdown: String) -> JSON? {
        guard SlackToken.isBroken(in: markdown) else { return nil }
        var literal = Self(source: StyledLines(markdown, keepsLines: true))
        var elements: [JSON] = []
        for part in literal.source.parts {
            guard case .block(let block) = part, let element = literal.element(block) else { return nil }
            elements.append(element)
        }
        let isSupported = literal.hasTokens && !literal.source.links.contains { $0.isImage }
        return isSupported ? ["type": "rich_text", "elements": .array(elements)] : nil
    }

    private mutating func element(_ block: StyledLines.Block) -> JSON? {
        switch block.kind {
        case .paragraph: return ["type": "rich_text_section", "elements": .array(self.inline(block.lines))]
        case .code(let info):
            let lines = block.lines.map { self.restored(self.source.text(ofLine: $0), isCode: true) }
            var element: JSONObject = [
                "type": "rich_text_preformatted",
                "elements": [["type": "text", "text": .string(lines.joined(separator: "\n"))]],
            ]
            if !info.isEmpty { element["language"] = .string(String(decoding: info, as: UTF8.self)) }
            return .object(element)
        case .heading, .html, .table, .rule: return nil
        }
    }

    private mutating func inline(_ lines: Range<Int>) -> [JSON] {
        var elements: [JSON] = []
        var link: StyledLines.Link?
        for line in lines {
            if line > lines.lowerBound { elements.append(["type": "text", "text": "\n"]) }
            for run in self.source.runs[self.source.lines[line]] {
                if run.kind == .linkStart { link = self.source.links[run.link] }
                if run.kind == .linkEnd { link = nil }
                guard !run.range.isEmpty else { continue }
                var element: JSONObject = [
                    "type": "text", "text": .string(self.restored(self.source.text(run), isCode: run.kind == .code)),
                ]
                if let link {
                    element["type"] = "link"
                    element["url"] = .string(String(decoding: link.address, as: UTF8.self))
                }
                let styles = Self.styles(of: run)
                if !styles.isEmpty {
                    element["style"] = .object(JSONObject(members: styles.map { ($0, JSON.bool(true)) }))
                }
                elements.append(.object(element))
            }
        }
        return elements
    }

    private static func styles(of run: StyledLines.Run) -> [String] {
        let styles: [(String, Bool)] = [
            ("bold", run.styles.contains(.bold)), ("code", run.kind == .code),
            ("italic", run.styles.contains(.italic)), ("strike", run.styles.contains(.struck)),
        ]
        return styles.filter(\.1).map(\.0)
    }

    private mutating func restored(_ bytes: ArraySlice<UInt8>, isCode: Bool) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        let restored = SlackToken.restored(text)
        if isCode, restored != text { self.hasTokens = true }
        return restored
    }
}
