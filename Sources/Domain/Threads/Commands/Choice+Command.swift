package import Chat

extension Choice.Kind {
    /// The chosen command among those that a message offers.
    ///
    /// Platforms let people send arbitrary button data, so only offered commands count, optionally with an argument.
    package func command(among buttons: [MessageButton]) -> String? {
        switch self {
        case .button(let command):
            return buttons.contains { command == $0.command || command.hasPrefix("\($0.command) ") } ? command : nil
        case .reaction(let emoji):
            if let letter = Self.letter(of: emoji) { return Self.option(letter, among: buttons)?.command }
            guard let name = Self.meaning(of: emoji) else { return nil }
            let meant = buttons.filter { $0.command == name.rawValue || $0.command.hasPrefix("\(name.rawValue) ") }
            // Of several, a reaction means the recommended one.
            return meant.count == 1 ? meant.first?.command : meant.first { $0.style == .primary }?.command
        }
    }

    package static func meaning(of emoji: String) -> CommandName? {
        // None of those below is longer, and a run of marks is sorted when it is looked up.
        guard emoji.utf8.count <= 64 else { return nil }
        return self.meanings[String(String.UnicodeScalarView(emoji.unicodeScalars.filter { $0 != "\u{FE0F}" }))]
    }

    /// The letter of an option that a regional indicator stands for, such as 🇧.
    package static func letter(of emoji: String) -> String? {
        let scalars = emoji.unicodeScalars
        guard let first = scalars.first, scalars.index(after: scalars.startIndex) == scalars.endIndex,
            (0x1F1E6...0x1F1FF).contains(first.value)
        else { return nil }
        return UnicodeScalar(UInt8(first.value - 0x1F1E6) + UInt8(ascii: "A")).description
    }

    private static func option(_ letter: String, among buttons: [MessageButton]) -> MessageButton? {
        buttons.first { $0.command.hasPrefix("\(CommandName.approve.rawValue) ") && $0.command.hasSuffix(" \(letter)") }
    }

    /// The reactions by which people choose one of the buttons, where a room has none: ✅ and ❌, or the letters of the
    /// options. None if it would take more than a network lets a bot add.
    package static func reactions(for buttons: [MessageButton]) -> [String] {
        guard Self.reaction("✅").command(among: buttons) == nil else { return ["✅", "❌"] }
        let letters = (0..<26).compactMap { index in
            UnicodeScalar(0x1F1E6 + UInt32(index)).map { String(Character($0)) }
        }
        .filter { emoji in Self.letter(of: emoji).map { Self.option($0, among: buttons) != nil } ?? false }
        guard !letters.isEmpty, letters.count <= Self.letterLimit else { return [] }
        return letters + (Self.reaction("❌").command(among: buttons) == nil ? [] : ["❌"])
    }

    private static let letterLimit = 5

    private static let meanings: [String: CommandName] = [
        "✅": .approve, "👍": .approve, "❌": .deny, "👎": .deny,
    ]
}
