package import Chat

/// What a message asks. Understanding is pure; acting on it is elsewhere.
package enum Intent: Sendable, Equatable {
    /// Answer with the model.
    case chat(String)
    case command(CommandName, argument: String)
    /// A word after the command sign that is no command.
    case unknownCommand(String)
    /// Nothing to do, for the named reason (a label of `jetbridge_inbound_events_total`).
    case ignore(String)

    /// Determines the intent of `message` by a sender with `role` (nil: a stranger).
    ///
    /// - Direct messages are always answered, channel messages when addressed; a known command with its sign in a
    ///   channel needs no mention, an unknown one does (it may be meant for another bot).
    /// - A stranger can only pair, and only in a direct message.
    package static func determine(
        _ message: InboundMessage, role: Role?, sign: Character, isPairingAllowed: Bool
    ) -> Intent {
        if message.sender.isSelf { return .ignore("self") }
        if message.sender.isBot { return .ignore("bot") }
        let text = message.text.trimmed
        if text.isEmpty, message.attachments.isEmpty { return .ignore("empty") }
        let intent = Self.parse(text, sign: sign)
        guard role != nil else {
            guard isPairingAllowed, message.isDirect else { return .ignore("stranger") }
            if case .command(.pair, _) = intent { return intent }
            // Who is let in by a code need not know the sign yet.
            if case .command(.pair, let code) = Self.parse("\(sign)\(text)", sign: sign) {
                return .command(.pair, argument: code)
            }
            return .ignore("stranger")
        }
        if message.isDirect || message.isAddressed { return intent }
        if case .command = intent { return intent }
        return .ignore(Self.notAddressed)
    }

    /// Said in a channel, and not to the bot.
    static let notAddressed = "not addressed"

    static func parse(_ text: String, sign: Character) -> Intent {
        guard text.first == sign else { return .chat(text) }
        let body = text.dropFirst()
        let end = body.firstIndex(where: \.isWhitespace) ?? body.endIndex
        let word = body[..<end].lowercased()
        // `!!`, `! wow` or `/usr/bin` is talk, not a mistyped command.
        guard word.first?.isLetter == true, word.utf8.allSatisfy({ $0 != UInt8(ascii: "/") }) else {
            return .chat(text)
        }
        let argument = String(body[end...]).trimmed
        guard let name = CommandName(rawValue: word) else { return .unknownCommand(word) }
        return .command(name, argument: argument)
    }
}

extension StringProtocol {
    /// Without white space at both ends.
    var trimmed: String {
        guard let first = self.firstIndex(where: { !$0.isWhitespace }),
            let last = self.lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[first...last])
    }
}
