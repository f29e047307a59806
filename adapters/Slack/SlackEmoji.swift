/// Slack's names of the emoji that people and the bot react with.
enum SlackEmoji {
    private static let table: [(name: String, emoji: String)] = [
        ("+1", "👍"), ("thumbsup", "👍"), ("-1", "👎"), ("thumbsdown", "👎"), ("white_check_mark", "✅"),
        ("heavy_check_mark", "✔"), ("ballot_box_with_check", "☑"), ("x", "❌"), ("negative_squared_cross_mark", "❎"),
        ("no_entry", "⛔"), ("no_entry_sign", "🚫"), ("octagonal_sign", "🛑"), ("stop_sign", "🛑"), ("eyes", "👀"),
        ("hourglass", "⌛"), ("hourglass_flowing_sand", "⏳"), ("clock1", "🕐"), ("watch", "⌚"),
        ("ok_hand", "👌"), ("ok", "🆗"), ("wave", "👋"), ("raised_hands", "🙌"), ("clap", "👏"), ("pray", "🙏"),
        ("heart", "❤"), ("tada", "🎉"), ("rocket", "🚀"), ("fire", "🔥"), ("thinking_face", "🤔"), ("warning", "⚠"),
        ("question", "❓"), ("exclamation", "❗"), ("arrows_counterclockwise", "🔄"), ("repeat", "🔁"),
        ("leftwards_arrow_with_hook", "↩"), ("wastebasket", "🗑"), ("memo", "📝"), ("robot_face", "🤖"),
        ("gear", "⚙"), ("speech_balloon", "💬"), ("smile", "😄"), ("100", "💯"), ("zzz", "💤"), ("lock", "🔒"),
    ]
    private static let emojiByName = Dictionary(uniqueKeysWithValues: Self.table.map { ($0.name, $0.emoji) })
    private static let nameByEmoji = Dictionary(
        Self.table.map { ($0.emoji, $0.name) }, uniquingKeysWith: { first, _ in first })

    /// The emoji without variation selector; a skin tone after the name is ignored.
    static func emoji(named name: String) -> String? {
        Self.emojiByName[String(name.prefix { $0 != ":" })]
    }

    /// The name without colons.
    static func name(of emoji: String) -> String? {
        var plain = ""
        // Variation selectors and skin tones choose a look, not a meaning.
        for scalar in emoji.unicodeScalars where scalar.value != 0xFE0F && !(0x1F3FB...0x1F3FF).contains(scalar.value) {
            plain.unicodeScalars.append(scalar)
        }
        return Self.nameByEmoji[plain]
    }
}
