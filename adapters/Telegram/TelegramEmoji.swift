/// Reactions that a bot may set: a fixed set that lacks ✅, ⏳ and ❌.
enum TelegramEmoji {
    /// The useful part of the platform's set.
    private static let allowed: Set<String> = [
        "👍", "👎", "❤", "🔥", "🥰", "👏", "😁", "🤔", "🤯", "😱", "🤬", "😢", "🎉", "🤩", "🤮", "💩", "🙏", "👌", "🕊", "🤡", "🥱",
        "🥴", "😍", "🐳", "❤‍🔥", "🌚", "🌭", "💯", "🤣", "⚡", "🍌", "🏆", "💔", "🤨", "😐", "🍓", "🍾", "💋", "🖕", "😈", "😴", "😭",
        "🤓", "👻", "👨‍💻", "👀", "🎃", "🙈", "😇", "😨", "🤝", "✍", "🤗", "🫡", "🎅", "🎄", "☃", "💅", "🤪", "🗿", "🆒", "💘", "🙉",
        "🦄", "😘", "💊", "🙊", "😎", "👾", "🤷‍♂", "🤷", "🤷‍♀", "😡",
    ]
    /// Substitutes for emoji outside the set.
    private static let nearest = [
        "✅": "👍", "☑": "👍", "✔": "👍", "❌": "👎", "✖": "👎", "🚫": "👎", "⛔": "👎", "⏳": "👀", "⌛": "👀", "🕐": "👀", "🕒": "👀",
        "📥": "👀", "⏱": "👀", "🛑": "👎", "⚠": "🤔", "❓": "🤔", "🚀": "🔥", "✏": "✍", "📝": "✍", "⏹": "👌", "🔄": "⚡",
    ]

    /// `emoji` without variation selectors.
    static func plain(_ emoji: String) -> String {
        String(String.UnicodeScalarView(emoji.unicodeScalars.filter { $0 != "\u{FE0F}" }))
    }

    /// The closest reaction to `emoji`, without variation selectors; nil if there is none.
    static func reaction(for emoji: String) -> String? {
        let plain = Self.plain(emoji)
        return Self.allowed.contains(plain) ? plain : Self.nearest[plain]
    }
}
