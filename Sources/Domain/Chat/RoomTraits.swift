/// Facts about one room: flags, and the numbers that go with them.
package struct RoomTraits: Sendable, Equatable {
    /// What the platform supports here; the core has fallbacks for the rest.
    package struct Capabilities: OptionSet, Sendable {
        package let rawValue: Int
        package init(rawValue: Int) { self.rawValue = rawValue }
        /// A posted message can be replaced.
        package static let edits = Self(rawValue: 1 << 0)
        /// Emoji on a message.
        package static let reactions = Self(rawValue: 1 << 1)
        /// A typing indicator.
        package static let typing = Self(rawValue: 1 << 2)
        /// Conversations inside a room.
        package static let threads = Self(rawValue: 1 << 3)
        /// Buttons under a message.
        package static let buttons = Self(rawValue: 1 << 4)
        /// Files in both directions.
        package static let files = Self(rawValue: 1 << 5)
        /// Messages sent while the bot was away can be fetched.
        package static let history = Self(rawValue: 1 << 6)
        /// The platform shows the stored transcript (the web chat): nothing is posted.
        package static let transcript = Self(rawValue: 1 << 7)
        /// A growing text can be shown before it is a message.
        package static let drafts = Self(rawValue: 1 << 8)
        /// A posted message can be deleted.
        package static let deletes = Self(rawValue: 1 << 9)
        /// Only the room's members can read it, not their servers.
        package static let encrypted = Self(rawValue: 1 << 10)
        /// Messages keep their ids when the room gets another one.
        package static let lastingIDs = Self(rawValue: 1 << 11)
        /// The bot's messages notify only those whom they mention.
        package static let quiet = Self(rawValue: 1 << 12)
    }

    /// The unit of ``textLimit``.
    package enum TextUnit: Sendable, Equatable {
        /// UTF-8 bytes (IRC, Matrix).
        case bytes
        /// UTF-16 code units (Telegram).
        case utf16
        /// Unicode scalars (Slack).
        case characters
    }

    /// How a message states a time that concerns its readers.
    package enum Times: Sendable, Equatable {
        /// In UTC.
        case utc
        /// In full, `2026-11-27 16:31:17 UTC`, which the network shows by each reader's clock.
        case local
        /// In UTC, and a deadline as the time that is left.
        case relative
    }

    /// Consecutive lines that are posted as one message. The adapter divides what is longer than its server takes.
    package struct JoinedLines: Sendable, Equatable {
        /// The most lines of a post.
        package let lines: Int
        /// The maximum length of one line, and of all of them, in ``textUnit``.
        package let size: Int

        /// The same on every server, so that an answer that a crash cut off is divided as before.
        package static let standard = Self(lines: 20, size: 3_000)
    }

    package var capabilities: Capabilities
    /// The maximum length of a message, after rendering.
    package var textLimit: Int
    /// The unit of ``textLimit``.
    package var textUnit: TextUnit
    /// Whether a message may have several lines; if not, each line becomes a message.
    package var isMultiline: Bool
    /// Where each line is a message: several lines of an answer that are one post; nil where a post is one line.
    package var joined: JoinedLines?
    /// The minimum time between two edits of a message.
    package var editInterval: Duration
    /// The minimum time between a message's last preview and its final text.
    package var finalInterval: Duration
    /// Time before the first part of an answer is shown, beyond the core's own short wait: an answer that is complete
    /// by then is one message without an edit.
    package var previewDelay: Duration
    /// The minimum time between two posts in a room after the burst; zero where the adapter itself paces.
    package var postInterval: Duration
    /// Posts that may be sent at once before ``postInterval`` applies.
    package var postBurst: Int
    /// An answer with more rendered messages than this is shortened: its beginning is posted, and the whole as a file or
    /// a link.
    package var answerMessages: Int
    /// So is an answer with a code block of more lines than this.
    package var codeLines: Int
    /// How many messages of a shortened answer are shown.
    package var excerptMessages: Int
    /// How many lines of a shortened answer are shown.
    package var excerptLines: Int
    /// The maximum size of a file, in bytes, in both directions; 0 where files are unsupported.
    package var uploadLimit: Int
    package var times: Times
    /// How commands are written there.
    package var sign: CommandSign
    /// How people call the bot there.
    package var names: [String]
    /// What people call the room, a channel with its `#`: short and on one line, but chosen by others. Nil if unknown.
    package var title: String?

    /// The defaults fit a platform without any special feature; `finalInterval` defaults to the edit interval.
    package init(
        capabilities: Capabilities = [], textLimit: Int, textUnit: TextUnit, isMultiline: Bool = true,
        joined: JoinedLines? = nil,
        editInterval: Duration = .seconds(1), finalInterval: Duration? = nil, previewDelay: Duration = .zero,
        postInterval: Duration = .zero, postBurst: Int = 1,
        answerMessages: Int = 8, codeLines: Int = 100, excerptMessages: Int = 1, excerptLines: Int = 30,
        uploadLimit: Int = 0, times: Times = .utc, commandSign: Character = "!",
        commandPrefix: String? = nil, names: [String] = [], title: String? = nil
    ) {
        self.capabilities = capabilities
        self.textLimit = textLimit
        self.textUnit = textUnit
        self.isMultiline = isMultiline
        self.joined = joined
        self.editInterval = editInterval
        self.finalInterval = finalInterval ?? editInterval
        self.previewDelay = previewDelay
        self.postInterval = postInterval
        self.postBurst = postBurst
        self.answerMessages = answerMessages
        self.codeLines = codeLines
        self.excerptMessages = excerptMessages
        self.excerptLines = excerptLines
        self.uploadLimit = uploadLimit
        self.times = times
        self.sign = CommandSign(commandSign, prefix: commandPrefix)
        self.names = names
        self.title = title
    }
}

/// How commands are written in a room.
package struct CommandSign: Hashable, Sendable {
    /// The character before a command.
    package let character: Character
    /// What people type before a command there, as texts show it: the character, unless the platform reserves that for
    /// its own commands.
    package let prefix: String

    package init(_ character: Character, prefix: String? = nil) {
        self.character = character
        self.prefix = prefix ?? String(character)
    }

    /// A command as people type it there, in Markdown: `` `!model NAME` ``.
    package func command(_ words: String) -> String { "`\(self.prefix)\(words)`" }
}
