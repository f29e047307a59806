/// The emoji that Telegram allows as reactions.
enum TelegramReactions {
    private static let all: Set<[Unicode.Scalar]> = Set(
        [
            "❤", "👍", "👎", "🔥", "🥰", "👏", "😁", "🤔", "🤯", "😱", "🤬", "😢", "🎉", "🤩", "🤮", "💩", "🙏", "👌",
            "🕊", "🤡", "🥱", "🥴", "😍", "🐳", "❤‍🔥", "🌚", "🌭", "💯", "🤣", "⚡", "🍌", "🏆", "💔", "🤨", "😐", "🍓",
            "🍾", "💋", "🖕", "😈", "😴", "😭", "🤓", "👻", "👨‍💻", "👀", "🎃", "🙈", "😇", "😨", "🤝", "✍", "🤗", "🫡",
            "🎅", "🎄", "☃", "💅", "🤪", "🗿", "🆒", "💘", "🙉", "🦄", "😘", "💊", "🙊", "😎", "👾", "🤷‍♂", "🤷",
            "🤷‍♀", "😡",
        ].map { Array($0.unicodeScalars) })

    /// Compares scalars: a heart with a variation selector is not allowed.
    static func isAllowed(_ emoji: String) -> Bool { self.all.contains(Array(emoji.unicodeScalars)) }
}
