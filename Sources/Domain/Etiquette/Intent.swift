package import Chat
internal import Primitives
package import Threads

/// What a message asks for. Determining it is pure (``determine(_:role:in:)``); acting on it happens elsewhere.
package enum Intent: Sendable, Equatable {
    /// Answer with the model.
    case chat(String)
    case command(CommandName, argument: String)
    /// A word after the command sign that is not a command.
    case unknownCommand(String)
    /// The bot's name and nothing else: one line says how to ask.
    case bareMention
    /// Thanks or agreement between people: a reaction, and nothing is stored.
    case acknowledge
    /// To be ignored, for the named reason (a label of `jetbridge_inbound_events_total`).
    case ignore(String)

    /// Why a `stop` is ignored that could not be stored: it was carried out, and nothing more.
    package static let stopped = "stopped"

    /// Whether it is answered without a turn, to a person with a role.
    package func isAnsweredAtOnce(as role: Role?) -> Bool {
        switch self {
        case .chat, .ignore, .acknowledge: false
        case .unknownCommand, .bareMention: true
        case .command(.resume, _), .command(.redo, _): false
        case .command(let name, _): TurnKind(rawValue: name.rawValue) == nil || role.map { $0 < name.role } ?? true
        }
    }

    package var isCommand: Bool {
        switch self {
        case .command, .unknownCommand: true
        case .chat, .ignore, .bareMention, .acknowledge: false
        }
    }

    /// Whether it gives or takes rights or lifts a limit, for which a credential needs more than for a conversation.
    package var isAdministrative: Bool {
        guard case .command(let name, let argument) = self else { return false }
        return name.role == .owner || name == .link || name == .unlink || (name == .budget && !argument.isEmpty)
            || (name == .pair && PairingWords.person(in: argument) != nil)
    }

    /// Whether it lets others see the thread.
    package var isSharing: Bool {
        if case .command(.share, _) = self { true } else { false }
    }

    /// Whether it is a command for the thread's workspace.
    package var isWork: Bool {
        guard case .command(let name, _) = self else { return false }
        return TurnKind(rawValue: name.rawValue)?.isWork ?? false
    }

    /// The longest text in bytes that an answer at once uses; nil for any.
    package var textLimit: Int? {
        switch self {
        // The text with a code is replaced later.
        case .chat, .ignore, .acknowledge, .command(.pair, _): nil
        case .command(.steer, _), .command(.deny, _), .command(.approve, _), .command(.policy, _),
            .command(.comment, _), .command(.remind, _), .command(.every, _), .command(.on, _):
            16 << 10
        case .command, .unknownCommand, .bareMention: 1 << 10
        }
    }

    package var isPairing: Bool {
        if case .command(.pair, _) = self { true } else { false }
    }

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
