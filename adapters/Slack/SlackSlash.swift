internal import Chat

/// A slash command: `/jetbridge WORD …`. It stands in no thread, and nobody but its sender sees it.
struct SlackSlash: Sendable, Equatable {
    /// Unique for ever, as Slack gives each call one.
    var id: String
    var channel: String
    /// `T1/U1`.
    var recipient: String
    var sender: Sender
    /// With the sign: `/status`.
    var text: String
    /// Typed in the direct message with somebody.
    var isDirect: Bool

    /// What a command in a channel looks like there, for all to see; a pairing code is nobody's business.
    var echo: String {
        "\(self.sender.displayName): \(self.text)"
    }

    /// Goes into the direct message wherever it was typed.
    var isPrivate: Bool {
        self.text.lowercased().hasPrefix("/pair")
    }
}
