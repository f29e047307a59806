internal import Chat
internal import Primitives

/// A message of a group as it is remembered. There are tens of thousands, so derivable values are not stored.
struct TelegramHeard: Sendable {
    /// Whoever wrote something.
    struct Writer: Sendable {
        /// A person's, a bot's or a chat's.
        let id: Int64
        let name: String
        let isBot: Bool

        private static let nameLimit = 400

        init(id: Int64, name: String, isBot: Bool) {
            self.id = id
            self.name = name.beginning(bytes: Self.nameLimit)
            self.isBot = isBot
        }

        /// Nil if Telegram names nobody.
        init?(_ user: TelegramUser?, speakingFor chat: TelegramChat?) {
            if let chat {
                self.init(id: chat.id, name: chat.title, isBot: false)
            } else if let user {
                self.init(id: user.id, name: user.name, isBot: user.isBot)
            } else {
                return nil
            }
        }
    }

    /// The id of the message that it is, or is part of.
    let id: Int64
    /// Nil where nobody vouches for one.
    var author: Writer?
    /// As people see the author, if that is not the author's name.
    var name: String?
    /// Milliseconds since 1970; nil if unknown.
    var sentAt: Int64?
    let text: String
    var attachments: [Attachment] = []

    init(id: Int64, author: Writer?, sentAt: Int64?, text: String) {
        self.id = id
        self.author = author
        self.sentAt = sentAt
        self.text = text
    }

    /// What it takes in memory, in bytes.
    var size: Int {
        self.text.utf8.count + (self.name?.utf8.count ?? 0) + (self.author?.name.utf8.count ?? 0) + 250
            + self.attachments.reduce(0) { $0 + $1.id.utf8.count + $1.name.utf8.count + 100 }
    }
}
