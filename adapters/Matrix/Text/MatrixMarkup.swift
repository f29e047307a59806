/// A rendered text as it is sent: complete HTML, and the same as plain text. Pure.
///
/// For any input, the HTML contains only known elements, each closed, and safe attributes.
struct MatrixMarkup: Equatable {
    /// Nil when the plain text is equivalent.
    let html: String?
    let plain: String

    init(_ text: String) {
        let tokens = Self.scan(Array(text.utf8)[...])
        var plain = MatrixPlainWriter()
        var html = MatrixHTMLWriter()
        for token in tokens {
            plain.write(token)
            html.write(token)
        }
        self.plain = plain.finish()
        self.html = html.finish()
    }

    // MARK: Reading

    enum Token {
        /// `value`: the decoded attribute, or empty.
        case open(MatrixTag, value: [UInt8])
        case close(MatrixTag)
        /// Decoded.
        case text([UInt8])
    }

    /// Reads markup, without an incomplete tag or character reference at its end.
    private static func scan(_ bytes: ArraySlice<UInt8>) -> [Token] {
        var tokens: [Token] = []
        var text: [UInt8] = []
        var index = bytes.startIndex
        while index < bytes.endIndex {
            switch bytes[index] {
            case UInt8(ascii: "<"):
                let (token, end) = Self.tag(bytes[index...])
                if token == nil, end == nil {
                    text.append(bytes[index])
                    index += 1
                    continue
                }
                if let token {
                    if !text.isEmpty { tokens.append(.text(text)) }
                    text = []
                    tokens.append(token)
                }
                index = end ?? bytes.endIndex
            case UInt8(ascii: "&"):
                let (character, end) = Self.reference(bytes[index...])
                text += character
                index = end
            case let byte:
                text.append(byte)
                index += 1
            }
        }
        if !text.isEmpty { tokens.append(.text(text)) }
        return tokens
    }

    /// The tag at the start, and where it ends. Without a tag, `end` is where the skipped input ends, or nil when the
    /// `<` is literal text.
    private static func tag(_ bytes: ArraySlice<UInt8>) -> (Token?, end: Int?) {
        let rest = bytes.dropFirst()
        guard let first = rest.first, first != UInt8(ascii: "<") else { return (nil, rest.startIndex) }
        guard first == UInt8(ascii: "/") || (0x61...0x7A).contains(first | 0x20) else { return (nil, nil) }
        guard let end = rest.firstIndex(where: { $0 == UInt8(ascii: ">") || $0 == UInt8(ascii: "<") }) else {
            return (nil, bytes.endIndex)
        }
        guard bytes[end] == UInt8(ascii: ">") else { return (nil, end) }
        let isClosing = first == UInt8(ascii: "/")
        let inside = isClosing ? bytes[(rest.startIndex + 1)..<end] : bytes[rest.startIndex..<end]
        let name = inside.prefix { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "/") }
        guard let tag = MatrixTag(rawValue: String(decoding: name, as: UTF8.self).lowercased()) else {
            return (nil, end + 1)
        }
        if isClosing { return (.close(tag), end + 1) }
        return (.open(tag, value: Self.value(of: tag, in: inside[name.endIndex...])), end + 1)
    }

    private static func value(of tag: MatrixTag, in bytes: ArraySlice<UInt8>) -> [UInt8] {
        guard let attribute = tag.attribute else { return [] }
        let start = Array(" \(attribute)=\"".utf8)
        guard bytes.starts(with: start) else { return [] }
        let raw = bytes.dropFirst(start.count).prefix { $0 != UInt8(ascii: "\"") }
        return Self.scan(raw).flatMap { token -> [UInt8] in
            guard case .text(let text) = token else { return [] }
            return text
        }
    }

    private static let references: [(name: [UInt8], character: UInt8)] = [
        (Array("&amp;".utf8), 0x26), (Array("&lt;".utf8), 0x3C), (Array("&gt;".utf8), 0x3E),
        (Array("&quot;".utf8), 0x22), (Array("&#39;".utf8), 0x27),
    ]

    /// The character at the start; empty for an incomplete reference.
    private static func reference(_ bytes: ArraySlice<UInt8>) -> (character: [UInt8], end: Int) {
        for (name, character) in Self.references where bytes.starts(with: name) {
            return ([character], bytes.startIndex + name.count)
        }
        let part = bytes.prefix { $0 != UInt8(ascii: "<") }
        let isPart = part.count > 0 && Self.references.contains { $0.name.starts(with: part) }
        // Cut off by the end of the input, or by the closing tags at a seam.
        return isPart ? ([], part.endIndex) : ([0x26], bytes.startIndex + 1)
    }
}

/// The HTML elements that messages consist of.
enum MatrixTag: String, Sendable {
    case paragraph = "p"
    case heading1 = "h1"
    case heading2 = "h2"
    case heading3 = "h3"
    case heading4 = "h4"
    case heading5 = "h5"
    case heading6 = "h6"
    case quote = "blockquote"
    case bullets = "ul"
    case numbers = "ol"
    case item = "li"
    case preformatted = "pre"
    case code
    case table
    case head = "thead"
    case body = "tbody"
    case row = "tr"
    case headCell = "th"
    case cell = "td"
    case strong
    case emphasis = "em"
    case strike = "del"
    case link = "a"
    case lineBreak = "br"
    case rule = "hr"

    /// Has no end tag.
    var isVoid: Bool { self == .lineBreak || self == .rule }

    /// Whether white space between its children is insignificant.
    var holdsBlocksOnly: Bool {
        switch self {
        case .quote, .bullets, .numbers, .table, .head, .body, .row: true
        default: false
        }
    }

    /// The only attribute that is read.
    var attribute: String? {
        switch self {
        case .link: "href"
        case .code: "class"
        case .item: "value"
        default: nil
        }
    }

    var opening: [UInt8] { self.bytes(isClosing: false) }
    var closing: [UInt8] { self.bytes(isClosing: true) }

    private func bytes(isClosing: Bool) -> [UInt8] {
        var bytes: [UInt8] = []
        self.write(to: &bytes, isClosing: isClosing)
        return bytes
    }

    func write(to bytes: inout [UInt8], isClosing: Bool = false) {
        bytes.append(UInt8(ascii: "<"))
        if isClosing { bytes.append(UInt8(ascii: "/")) }
        bytes += self.rawValue.utf8
        bytes.append(UInt8(ascii: ">"))
    }
}
