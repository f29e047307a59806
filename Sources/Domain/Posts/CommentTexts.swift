package import Chat
internal import Primitives
package import Threads

/// What threads read about comments on documents.
///
/// What people have written is shown letter by letter: in a line of the bot it could pass for the bot's own.
package enum CommentTexts {
    /// Of a passage, in characters.
    private static let shownLimit = 400

    /// A new comment, or an answer.
    package static func said(_ comment: DocumentComment, _ sign: CommandSign) -> String {
        let path = EscapedText.code(comment.place.path)
        if let parent = comment.parent {
            return "**\(Self.name(comment))** about comment \(parent) on \(path):\n\n\(Self.plain(comment.text))"
        }
        return """
            **\(Self.name(comment))** commented on \(path) (\(sign.command("comment \(comment.number) TEXT")) answers, \
            \(sign.command("comment resolve \(comment.number)")) ends it):

            \(Self.passage(comment))

            \(Self.plain(comment.text))
            """
    }

    package static func resolved(_ comment: DocumentComment, by name: String) -> String {
        "**\(AskTexts.escaped(VisibleText.strictLine(name)))** resolved comment \(comment.number) on "
            + "\(EscapedText.code(comment.place.path))."
    }

    package static func resolved(_ comment: DocumentComment) -> String {
        "Comment \(comment.number) on \(EscapedText.code(comment.place.path)) is resolved."
    }

    package static func answered(_ number: Int64) -> String { "Your answer stands beside comment \(number)." }

    package static func list(_ comments: [DocumentComment], _ sign: CommandSign) -> String {
        guard !comments.isEmpty else { return "No comment on a document is open here." }
        let lines = comments.suffix(20).map { comment in
            "- **\(comment.number)** \(Self.name(comment)) on \(EscapedText.code(comment.place.path)): "
                + Self.plain(Self.shortened(comment.text.replacing("\n", with: " "), 120))
        }
        let first = comments.count > 20 ? "The newest 20 of \(comments.count) open comments:" : "Open comments:"
        return ([first, ""] + lines + ["", Self.usage(sign)]).joined(separator: "\n")
    }

    package static func usage(_ sign: CommandSign) -> String {
        "\(sign.command("comment NUMBER TEXT")) answers one, \(sign.command("comment resolve NUMBER")) ends it."
    }

    package static func unknown(_ sign: CommandSign) -> String {
        "No open comment of this thread has that number. \(sign.command("comment")) lists them."
    }

    package static let tooLong = "A comment has at most \(DocumentComment.textLimit) characters."
    package static let tooMany =
        "The document has \(DocumentComment.limit) comments and answers. Resolve some, then try again."

    private static func name(_ comment: DocumentComment) -> String {
        AskTexts.escaped(VisibleText.strictLine(Self.shortened(comment.author, 60)))
    }

    private static func passage(_ comment: DocumentComment) -> String {
        Self.plain(Self.shortened(comment.quote, Self.shownLimit)).split(
            separator: "\n", omittingEmptySubsequences: false
        ).map { "> \($0)" }.joined(separator: "\n")
    }

    /// Each line on its own, and nothing of it Markdown.
    private static func plain(_ text: String) -> String {
        AskTexts.escaped(VisibleText.strict(text)).split(separator: "\n", omittingEmptySubsequences: false).map {
            // An indented line is code; those of a list, a table or a heading begin with these.
            let line = $0.drop { $0 == " " || $0 == "\t" }
            let digits = line.prefix { $0.isASCII && $0.isNumber }
            let rest = line.dropFirst(digits.count)
            let isMark = rest.first.map { (digits.isEmpty ? "-+=:" : ".)").contains($0) } ?? false
            return isMark ? "\(digits)\\\(rest)" : String(line)
        }.joined(separator: "  \n")
    }

    private static func shortened(_ text: String, _ limit: Int) -> String {
        let start = text.beginning(bytes: 8 * limit)
        let isWhole = start.utf8.count == text.utf8.count && start.count <= limit
        return isWhole ? text : "\(start.prefix(limit))…"
    }
}
