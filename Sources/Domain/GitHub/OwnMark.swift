/// Hidden comments in everything that this program posts: threads do not report such posts as news, and a repeated turn
/// finds what it has posted. Pure.
package enum OwnMark {
    /// Begins every mark.
    private static let opening = "<!-- jetbridge"
    /// In characters.
    private static let nameLimit = 80

    /// The mark of posts that are not looked up later.
    package static let plain = "\(Self.opening) -->"

    /// - Parameter id: distinguishes marks of a kind; it is reduced to letters, digits and `_`.
    package static func of(_ kind: String, _ id: String) -> String { "\(Self.begin(kind)):\(Self.name(id)) -->" }

    /// Whether this program posted a text. A mark in a quotation does not count.
    package static func isIn(_ text: String) -> Bool { Self.hasLine(text, Self.opening) }

    /// Whether a text has a mark of this kind.
    package static func isIn(_ text: String, kind: String) -> Bool { Self.hasLine(text, "\(Self.begin(kind)):") }

    /// Whether a text has a mark. By bytes: somebody else's text may be one long run of marks of another kind.
    package static func has(_ mark: String, in text: String) -> Bool { text.utf8.firstRange(of: mark.utf8) != nil }

    /// Nothing in a name can end a comment.
    static func name(_ id: String) -> String {
        String(id.filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }.prefix(Self.nameLimit))
    }

    private static func begin(_ kind: String) -> String { "\(Self.opening):\(kind)" }

    private static func hasLine(_ text: String, _ beginning: String) -> Bool {
        text.split(whereSeparator: \.isNewline).contains { $0.hasPrefix(beginning) }
    }
}
