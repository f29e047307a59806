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

    private static let meanings: [String: CommandName] = [
        "✅": .approve, "👍": .approve, "❌": .deny, "👎": .deny,
    ]
}
