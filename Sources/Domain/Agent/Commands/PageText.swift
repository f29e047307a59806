internal import Primitives

/// The text of an HTML page: no scripts, styles and tags, one line for each block, links with their addresses. No parser
/// of HTML; what it gets wrong is only text. Pure.
enum PageText {
    private static let hidden: Set<String> = ["script", "style", "head", "noscript", "template", "svg", "iframe"]
    private static let blocks: Set<String> = [
        "p", "div", "br", "li", "ul", "ol", "tr", "table", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "section",
        "article", "header", "footer", "main", "nav", "blockquote", "dl", "dt", "dd", "hr", "form", "option",
    ]

    static func of(_ page: String) -> String {
        var text: [UInt8] = []
        let bytes = Array(page.utf8)
        var index = 0
        var hiding: String?
        var title: [UInt8]?
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "<") else {
                let end = bytes[index...].firstIndex(of: UInt8(ascii: "<")) ?? bytes.count
                if hiding == nil { text += bytes[index..<end] }
                if title != nil, title?.isEmpty == true { title = Array(bytes[index..<end]) }
                index = end
                continue
            }
            if bytes[index...].starts(with: "<!--".utf8) {
                index = bytes[index...].firstRange(of: "-->".utf8)?.upperBound ?? bytes.count
                continue
            }
            let end = bytes[index...].firstIndex(of: UInt8(ascii: ">")) ?? bytes.count - 1
            let tag = bytes[(index + 1)..<max(index + 1, end)]
            let isEnd = tag.first == UInt8(ascii: "/")
            let name = String(decoding: tag.drop { $0 == UInt8(ascii: "/") }.prefix(while: Self.isName), as: UTF8.self)
                .lowercased()
            index = end + 1
            if let open = hiding {
                if isEnd, name == open { hiding = nil }
                if name == "title", !isEnd, title == nil { title = [] }
                continue
            }
            if self.hidden.contains(name), !isEnd, tag.last != UInt8(ascii: "/") { hiding = name }
            if self.blocks.contains(name) { text.append(UInt8(ascii: "\n")) }
            if name == "a", !isEnd, let link = Self.link(tag) { text += Array("[\(link)] ".utf8) }
            if name == "td" || name == "th" { text.append(UInt8(ascii: " ")) }
        }
        let heading = title.map { Self.decoded(String(decoding: $0, as: UTF8.self)).trimming() + "\n" } ?? ""
        return heading + Self.tidy(Self.decoded(String(decoding: text, as: UTF8.self)))
    }

    private static func isName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    private static func link(_ tag: ArraySlice<UInt8>) -> String? {
        guard let name = tag.firstRange(of: "href=".utf8) else { return nil }
        var value = tag[name.upperBound...]
        guard let quote = value.popFirst() else { return nil }
        let isQuoted = quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'")
        let end = value.firstIndex { isQuoted ? $0 == quote : $0 == 0x20 } ?? value.endIndex
        let link = String(decoding: (isQuoted ? [] : [quote]) + value[..<end], as: UTF8.self)
        return link.hasPrefix("http") && link.utf8.count <= 300 ? Self.decoded(link) : nil
    }

    private static let names: [String: String] = [
        "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": " ", "mdash": "—", "ndash": "–",
        "hellip": "…", "copy": "©", "laquo": "«", "raquo": "»", "bull": "•", "middot": "·", "times": "×", "rarr": "→",
        "larr": "←", "lsquo": "‘", "rsquo": "’", "ldquo": "“", "rdquo": "”",
    ]

    /// Tags and entities may have been between runs of marks, so these are broken before and after.
    private static func decoded(_ encoded: String) -> String {
        let text = StreamSafeText.of(encoded)
        guard text.utf8.contains(UInt8(ascii: "&")) else { return text }
        var result = ""
        var rest = text[...]
        while let start = rest.firstIndex(of: "&") {
            result += rest[..<start]
            rest = rest[rest.index(after: start)...]
            let name = rest.prefix(12).prefix { $0 != ";" && $0 != "&" && !$0.isWhitespace }
            let isClosed = rest.dropFirst(name.count).first == ";"
            guard isClosed, let value = Self.character(String(name)) else {
                result += "&"
                continue
            }
            result += value
            rest = rest.dropFirst(name.count + 1)
        }
        return StreamSafeText.of(result + rest)
    }

    private static func character(_ name: String) -> String? {
        guard name.hasPrefix("#") else { return Self.names[name] }
        let digits = name.dropFirst()
        let value = digits.lowercased().hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
        return value.flatMap { Unicode.Scalar($0) }.map { String($0) }
    }

    /// No blanks at the ends of lines, and never two empty lines.
    private static func tidy(_ text: String) -> String {
        var lines: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let words = line.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            if words.isEmpty, lines.last?.isEmpty != false { continue }
            lines.append(words)
        }
        while lines.last?.isEmpty == true { lines.removeLast() }
        return lines.joined(separator: "\n")
    }
}
