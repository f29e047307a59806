internal import Chat
internal import Kit
internal import Primitives

/// A message's text for the core, without a leading mention of the bot, and whether it addresses the bot. That of a forward
/// is empty: nobody said it to the bot.
struct TelegramText: Sendable, Equatable {
    private(set) var text: String
    /// The bot is mentioned by name, by a link to it, or after a command.
    private(set) var mentionsUs = false
    /// Somebody else is mentioned.
    private(set) var mentionsOthers = false
    /// The text is a command for another bot.
    private(set) var isForAnother = false

    init(_ message: TelegramMessage, identity: TelegramStateMachine.Identity?) {
        self.text = TelegramText.markdown(message)
        let units = Array(message.text.utf16)
        let name = identity.map { "@\($0.username)".lowercased() } ?? "@"
        for entity in message.entities where entity.end <= units.count {
            switch entity.type {
            // Each may be as long as the text.
            case "mention" where entity.length == name.utf16.count:
                let word = String(decoding: units[entity.offset..<entity.end], as: UTF16.self)
                if word.lowercased() == name { self.mentionsUs = true } else { self.mentionsOthers = true }
            case "mention": self.mentionsOthers = identity != nil || self.mentionsOthers
            case "text_mention" where identity != nil:
                if entity.user == identity?.id { self.mentionsUs = true }
                if entity.user != identity?.id, entity.user != message.from?.id { self.mentionsOthers = true }
            default: continue
            }
        }
        self.text = self.text.trimmed
        // Forwarded text was written by another person: never a command, and no answer to a question.
        guard !message.isForward else {
            self = Self()
            return
        }
        // A command copied from an answer, where a word joiner keeps it from being a link.
        if self.text.hasPrefix("/\u{2060}") { self.text = "/" + String(self.text.unicodeScalars.dropFirst(2)) }
        if name.count > 1, self.mentionsUs, let rest = Self.rest(of: self.text, behind: name) { self.text = rest }
        self.takeCommandTarget(name)
        if message.chat.isPrivate { self.takeStart() }
    }

    private init() {
        self.text = ""
    }

    /// The same for a text of several messages.
    mutating func replace(by text: String) { self.text = text }

    /// `/cmd@bot rest` is `/cmd rest` for that bot only.
    private mutating func takeCommandTarget(_ name: String) {
        guard self.text.hasPrefix("/") else { return }
        let word = self.text.prefix { !$0.isWhitespace }
        guard let at = word.firstIndex(of: "@") else { return }
        if word[at...].lowercased() == name {
            self.text = String(word[..<at]) + self.text[word.endIndex...]
            self.mentionsUs = true
        } else {
            self.isForAnother = true
        }
    }

    /// The button that opens every private chat sends `/start`; a link, t.me/NAME?start=CODE, may add a code.
    private mutating func takeStart() {
        if self.text == "/start" {
            self.text = "/help"
        } else if self.text.hasPrefix("/start ") {
            self.text = "/pair " + self.text.dropFirst(7).trimmed
        }
    }

    private static func rest(of text: String, behind name: String) -> String? {
        guard text.lowercased().hasPrefix(name) else { return nil }
        let rest = text.dropFirst(name.count)
        if let next = rest.first, next.isLetter || next.isNumber || next == "_" { return nil }
        return rest.drop { ",:".contains($0) }.trimmed
    }

    /// The text with its code and links as Markdown; other styles mean nothing to a model.
    static func markdown(_ message: TelegramMessage) -> String {
        let marked = message.entities.filter { ["pre", "code", "text_link"].contains($0.type) && $0.length > 0 }
        guard !marked.isEmpty else { return message.text }
        let units = Array(message.text.utf16)
        var text: [UInt16] = []
        var index = 0
        for entity in marked.sorted(by: { $0.offset < $1.offset })
        where entity.offset >= index && entity.end <= units.count {
            text += units[index..<entity.offset]
            let inner = units[entity.offset..<entity.end]
            let (before, after) = Self.marks(entity, isAtLineStart: text.isEmpty || text.last == 0x0A)
            text += before.utf16
            text += inner
            text += after.utf16
            index = entity.end
            if entity.type == "pre", index < units.count, units[index] != 0x0A { text.append(0x0A) }
        }
        return String(decoding: text + units[index...], as: UTF16.self)
    }

    private static func marks(_ entity: TelegramEntity, isAtLineStart: Bool) -> (String, String) {
        switch entity.type {
        case "pre": ((isAtLineStart ? "" : "\n") + "```\(entity.language ?? "")\n", "\n```")
        case "code": ("`", "`")
        default: ("[", "](\(entity.url ?? ""))")
        }
    }
}
