/// Reactions that a bot may set: a fixed set, without ✅ ⏳ ❌.
enum TelegramEmoji {
    /// The platform's set as far as it is of use here.
    private static let allowed: Set<String> = [
        "👍", "👎", "❤", "🔥", "🥰", "👏", "😁", "🤔", "🤯", "😱", "🤬", "😢", "🎉", "🤩", "🤮", "💩", "🙏", "👌", "🕊", "🤡", "🥱",
        "🥴", "😍", "🐳", "❤‍🔥", "🌚", "🌭", "💯", "🤣", "⚡", "🍌", "🏆", "💔", "🤨", "😐", "🍓", "🍾", "💋", "🖕", "😈", "😴", "😭",
        "🤓", "👻", "👨‍💻", "👀", "🎃", "🙈", "😇", "😨", "🤝", "✍", "🤗", "🫡", "🎅", "🎄", "☃", "💅", "🤪", "🗿", "🆒", "💘", "🙉",
        "🦄", "😘", "💊", "🙊", "😎", "👾", "🤷‍♂", "🤷", "🤷‍♀", "😡",
    ]
    /// What stands for the others.
    private static let nearest = [
        "✅": "👍", "☑": "👍", "✔": "👍", "❌": "👎", "✖": "👎", "🚫": "👎", "⛔": "👎", "⏳": "👀", "⌛": "👀", "🕐": "👀", "🕒": "👀",
        "📥": "👀", "⏱": "👀", "🛑": "👎", "⚠": "🤔", "❓": "🤔", "🚀": "🔥", "✏": "✍", "📝": "✍", "⏹": "👌", "🔄": "⚡",
    ]

    /// The reaction to set for `emoji`, without variation selectors; nil when there is none like it.
    static func reaction(for emoji: String) -> String? {
        let plain = String(String.UnicodeScalarView(emoji.unicodeScalars.filter { $0 != "\u{FE0F}" }))
        return Self.allowed.contains(plain) ? plain : Self.nearest[plain]
    }
}
