/// Facts about one room. Numbers as well as flags: a limit is a capability too.
public struct RoomTraits: Sendable, Equatable {
    /// What a platform can do here; the core degrades what it cannot.
    public struct Capabilities: OptionSet, Sendable {
        /// The bits.
        public let rawValue: Int
        /// Wraps the bits.
        public init(rawValue: Int) { self.rawValue = rawValue }
        /// A posted message can be replaced.
        public static let edits = Self(rawValue: 1 << 0)
        /// Emoji on a message.
        public static let reactions = Self(rawValue: 1 << 1)
        /// A sign that the bot is working.
        public static let typing = Self(rawValue: 1 << 2)
        /// Conversations inside a room.
        public static let threads = Self(rawValue: 1 << 3)
        /// Buttons under a message.
        public static let buttons = Self(rawValue: 1 << 4)
        /// Files both ways.
        public static let files = Self(rawValue: 1 << 5)
        /// Messages that were sent while the bot was away can be fetched.
        public static let history = Self(rawValue: 1 << 6)
        /// The platform keeps the whole transcript itself (the web chat): posting is only a notification.
        public static let transcript = Self(rawValue: 1 << 7)
        /// A growing text can be shown that is no message yet.
        public static let drafts = Self(rawValue: 1 << 8)
        /// A posted message can be taken back.
        public static let deletes = Self(rawValue: 1 << 9)
    }

    /// The unit of ``textLimit``.
    public enum TextUnit: Sendable, Equatable {
        /// UTF-8 bytes (IRC, Matrix).
        case bytes
        /// UTF-16 code units (Telegram).
        case utf16
        /// Unicode scalars (Slack).
        case characters
    }

    /// What the platform can do here.
    public var capabilities: Capabilities
    /// The most that one message may hold, measured after rendering.
    public var textLimit: Int
    /// The unit of ``textLimit``.
    public var textUnit: TextUnit
    /// Whether a message may hold several lines; if not, each line is a message.
    public var isMultiline: Bool
    /// The shortest time between two edits of one message.
    public var editInterval: Duration
    /// The shortest time between the last preview of a message and its final text.
    public var finalInterval: Duration
    /// How long an answer that began may take before a part of it is shown, beyond the little that the core gives it: one
    /// that is whole by then is one message without an edit.
    public var previewDelay: Duration
    /// The shortest time between two posts of one room beyond the burst; zero where the adapter itself paces.
    public var postInterval: Duration
    /// Posts that may go at once before ``postInterval`` applies.
    public var postBurst: Int
    /// An answer with more rendered messages than this is shortened to ``excerptMessages`` and a link.
    public var answerMessages: Int
    /// How many messages of a shortened answer are shown.
    public var excerptMessages: Int
    /// The most bytes that a file may have, both ways; 0 without files.
    public var uploadLimit: Int
    /// The sign before a command.
    public var commandSign: Character
    /// What a person types before a command there, as notes and help show it; the sign, unless the platform keeps that
    /// for itself.
    public var commandPrefix: String

    /// Describes a room; the defaults fit a platform without any special feature. Without a final interval the edit
    /// interval is it.
    public init(
        capabilities: Capabilities = [], textLimit: Int, textUnit: TextUnit, isMultiline: Bool = true,
        editInterval: Duration = .seconds(1), finalInterval: Duration? = nil, previewDelay: Duration = .zero,
        postInterval: Duration = .zero, postBurst: Int = 1,
        answerMessages: Int = 20, excerptMessages: Int = 3, uploadLimit: Int = 0, commandSign: Character = "!",
        commandPrefix: String? = nil
    ) {
        self.capabilities = capabilities
        self.textLimit = textLimit
        self.textUnit = textUnit
        self.isMultiline = isMultiline
        self.editInterval = editInterval
        self.finalInterval = finalInterval ?? editInterval
        self.previewDelay = previewDelay
        self.postInterval = postInterval
        self.postBurst = postBurst
        self.answerMessages = answerMessages
        self.excerptMessages = excerptMessages
        self.uploadLimit = uploadLimit
        self.commandSign = commandSign
        self.commandPrefix = commandPrefix ?? String(commandSign)
    }
}
