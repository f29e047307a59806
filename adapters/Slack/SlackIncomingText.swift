internal import JSON
internal import Kit
internal import Primitives

/// A message's text as plain Unicode and Markdown, and whether it mentions the bot.
struct SlackIncomingText: Equatable {
    /// A piece of a text before mentions are resolved.
    enum Piece: Equatable {
        case text(String)
        /// A user's id, with a label if Slack gives one.
        case mention(String, label: String?)
        /// The id of a channel (`#`) or a group of people (`@`).
        case place(String, sign: String)
    }

    /// Without a leading mention of the bot.
    private(set) var text: String
    private(set) var mentionsBot: Bool
    private(set) var beginsWithMention: Bool
    /// The ids of the others who are mentioned.
    private(set) var others: Set<String> = []
    /// The first ids in the text that have no name.
    private(set) var unnamed: [String] = []

    /// A text that mentions more is read with the ids of the rest.
    static let unnamedLimit = 20

    /// Reads a message: the `rich_text` block is exact (fences, lists), `text` is the substitute.
    ///
    /// - Parameter isQuestion: whether a mention of the bot at the beginning is left out.
    init(
        message: JSON, bot: SlackIdentity, isQuestion: Bool = true, name: (String) -> String? = { _ in nil }
    ) {
        let blocks = message["blocks"]?.arrayValue ?? []
        let rich = blocks.filter { $0["type"]?.stringValue == "rich_text" }
        let pieces =
            rich.isEmpty || rich.count != blocks.count
            ? SlackMarkup.pieces(of: message["text"]?.stringValue ?? "")
            : SlackRichText.pieces(of: rich)
        self.init(pieces: pieces, bot: bot, isQuestion: isQuestion, name: name)
    }

    init(
        pieces: [Piece], bot: SlackIdentity, isQuestion: Bool = true, name: (String) -> String? = { _ in nil }
    ) {
        var text = ""
        // Kept beside the text, which would otherwise be looked through at each mention.
        var isBlank = true
        self.text = ""
        self.mentionsBot = false
        self.beginsWithMention = false
        for piece in pieces {
            switch piece {
            case .text(let part):
                text += part
                isBlank = isBlank && part.allSatisfy(\.isWhitespace)
            case .mention(let user, _) where user == bot.user:
                self.mentionsBot = true
                if isBlank, isQuestion {
                    self.beginsWithMention = true
                    text = ""
                } else {
                    text += "@\(bot.name)"
                }
            case .mention(let user, let label):
                self.others.insert(user)
                text += "@\(name(user) ?? label ?? self.unnamed(user))"
                isBlank = false
            case .place(let id, let sign):
                text += sign + (name(id) ?? self.unnamed(id))
                isBlank = false
            }
        }
        // Each piece is safe by itself, but the marks of neighbours are one run.
        self.text = StreamSafeText.of(text).trimmed
        // People put a comma or colon after a name.
        if self.beginsWithMention, let first = self.text.first, ",:".contains(first) {
            self.text = String(self.text.dropFirst()).trimmed
        }
    }

    private mutating func unnamed(_ id: String) -> String {
        if self.unnamed.count < Self.unnamedLimit, !self.unnamed.contains(id) { self.unnamed.append(id) }
        return id
    }
}
