/// Renders a Markdown text while ``Markdown/walk(_:autolinks:visitor:)`` walks its tree.
///
/// The calls come in reading order. Spans are valid only during the call; text may arrive in several pieces.
package protocol MarkdownVisitor {
    /// A node starts. `detail` is a link's address or a code block's info string, otherwise empty.
    mutating func enter(_ node: MarkdownNode, detail: Span<UInt8>)
    /// A node ends; same arguments as at its start.
    mutating func leave(_ node: MarkdownNode, detail: Span<UInt8>)
    /// UTF-8 text, never empty.
    mutating func text(_ text: Span<UInt8>, kind: MarkdownTextKind)
    mutating func mark(_ mark: MarkdownMark)
}

/// The kind of a tree node, without its text.
@usableFromInline
package enum MarkdownNode: Sendable, Hashable {
    case document
    case blockQuote
    case list(MarkdownList)
    /// A list item; for a task, the state of its checkbox.
    case item(MarkdownTask?)
    /// Fenced or indented code. The detail is the fence's info string (`swift`), or empty.
    case codeBlock
    /// `isTight` in a list without blank lines between items, where it is set without surrounding space.
    case paragraph(isTight: Bool)
    /// Level 1 to 6.
    case heading(level: Int)
    case table(columns: Int)
    case tableRow(isHeader: Bool)
    case tableCell(MarkdownAlignment)
    case emphasis
    case strong
    case strikethrough
    /// The detail is the address, verbatim and unchecked.
    case link
    /// Its children are the alternative text; the detail is the address, verbatim and unchecked.
    case image

    var isEmphasis: Bool {
        switch self {
        case .emphasis, .strong, .strikethrough: true
        default: false
        }
    }
}

@usableFromInline
package struct MarkdownList: Sendable, Hashable {
    /// The first item's number, or nil for bullets.
    package let start: Int?
    /// There are no blank lines between items.
    package let isTight: Bool
}

@usableFromInline
package enum MarkdownTask: Sendable, Hashable {
    case open, done
}

@usableFromInline
package enum MarkdownAlignment: Sendable, Hashable {
    case none, left, center, right
}

/// The context of a piece of text.
@usableFromInline
package enum MarkdownTextKind: Sendable, Hashable {
    case plain
    /// Inline code.
    case code
    /// The whole content of a code block; ends with a line feed.
    case codeBlock
    /// A raw HTML tag within a line.
    case html
    /// A block of raw HTML; ends with a line feed.
    case htmlBlock
}

/// A node without text or children.
@usableFromInline
package enum MarkdownMark: Sendable, Hashable {
    /// A line feed inside a paragraph.
    case softBreak
    /// A hard line break.
    case lineBreak
    case thematicBreak
}
