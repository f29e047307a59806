package import Chat
internal import Primitives
package import Threads

/// What a message asks for. Determining it is pure; acting on it happens elsewhere.
package enum Intent: Sendable, Equatable {
    /// Answer with the model.
    case chat(String)
    case command(CommandName, argument: String)
    /// A word after the command sign that is not a command.
    case unknownCommand(String)
    /// To be ignored, for the named reason (a label of `jetbridge_inbound_events_total`).
    case ignore(String)

    /// Why a `stop` is ignored that could not be stored: it was carried out, and nothing more.
    package static let stopped = "stopped"

    /// Whether it is answered without a turn, to a person with a role.
    package func isAnsweredAtOnce(as role: Role?) -> Bool {
        switch self {
        case .chat, .ignore: false
        case .unknownCommand: true
        case .command(.resume, _): false
        case .command(let name, _): TurnKind(rawValue: name.rawValue) == nil || role.map { $0 < name.role } ?? true
        }
    }

    package var isCommand: Bool {
        switch self {
        case .command, .unknownCommand: true
        case .chat, .ignore: false
        }
    }

    /// Whether it gives or takes rights or lifts a limit, for which a credential needs more than for a conversation.
    package var isAdministrative: Bool {
        guard case .command(let name, let argument) = self else { return false }
        return name.role == .owner || (name == .budget && !argument.isEmpty)
    }

    /// Whether it is a command for the thread's workspace.
    var isWork: Bool {
        guard case .command(let name, _) = self else { return false }
        return TurnKind(rawValue: name.rawValue)?.isWork ?? false
    }

    /// The longest text in bytes that an answer at once uses; nil for any.
    var textLimit: Int? {
        switch self {
        // The text with a code is replaced later.
        case .chat, .ignore, .command(.pair, _): nil
        case .command(.steer, _), .command(.deny, _), .command(.approve, _), .command(.policy, _),
            .command(.comment, _):
            16 << 10
        case .command, .unknownCommand: 1 << 10
        }
    }

    var isPairing: Bool {
        if case .command(.pair, _) = self { true } else { false }
    }

    // Change: when a message is for the bot
    /// Determines the intent of `message` by a sender with `role` (nil: a stranger).
    ///
    /// - Direct messages are always answered, channel messages when addressed. In a channel a known command with its sign
    ///   needs no mention; an unknown one does, because it may be meant for another bot.
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
            if let code = PairingWords.code(in: text) { return .command(.pair, argument: code) }
            // Somebody with a pairing code need not know the sign yet.
            if case .command(.pair, let code) = Self.parse("\(sign)\(text)", sign: sign) {
                return .command(.pair, argument: code)
            }
            return .ignore("stranger")
        }
        if message.isDirect || message.isAddressed { return intent.recognizingCode(in: text) }
        if case .command = intent { return intent }
        return .ignore(Self.notAddressed)
    }

    /// The command `pair` when the text is no such command by its form, but has a code after that word.
    private func recognizingCode(in text: String) -> Intent {
        switch self {
        case .command, .ignore: self
        case .chat, .unknownCommand:
            PairingWords.codeAfterPair(in: text).map { .command(.pair, argument: $0) } ?? self
        }
    }

    /// Written in a channel without addressing the bot.
    static let notAddressed = "not addressed"

    /// - Parameter text: Without white space at its ends.
    package static func parse(_ text: String, sign: Character) -> Intent {
        guard text.first == sign else { return .chat(text) }
        let body = text.dropFirst()
        let end = body.firstIndex(where: \.isWhitespace) ?? body.endIndex
        let word = body[..<end].lowercased()
        // `!!`, `! wow` or `/usr/bin` is chat, not a mistyped command.
        guard word.first?.isLetter == true, word.utf8.allSatisfy({ $0 != UInt8(ascii: "/") }) else {
            return .chat(text)
        }
        let argument = String(body[end...]).trimmed
        guard let name = CommandName(rawValue: word) else { return .unknownCommand(word) }
        return .command(name, argument: argument)
    }
}
