internal import Chat

/// A slash command: `/jetbridge WORD …`. It belongs to no thread, and only its sender sees it.
struct SlackSlash: Sendable, Equatable {
    /// Slack's trigger id, unique for each call.
    var id: String
    var channel: String
    /// `T1/U1`.
    var recipient: String
    var sender: Sender
    /// As typed: `/jetbridge`.
    var name: String
    /// With the sign: `/status`.
    var text: String
    /// Typed in a direct message.
    var isDirect: Bool

    /// How a command in a channel is shown to everyone there.
    var echo: String {
        "\(self.sender.displayName): \(self.text)"
    }

    /// Answered in the direct message, wherever it was typed, because it contains a pairing code.
    var isPrivate: Bool {
        self.text.lowercased().hasPrefix("/pair")
    }
}
