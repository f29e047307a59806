package import Chat
internal import Primitives
internal import Threads

// Change: when a message is for the bot
extension Intent {
    /// Determines what a message by a sender with `role` (nil: a stranger) asks for, in its situation.
    ///
    /// - Direct messages and mentions are for the bot, and so is what is written in a thread that it is part of, unless that
    ///   mentions somebody else, the thread is muted, or the room wants mentions only. In a channel, a known command with its
    ///   sign needs no mention; an unknown one does, because it may be meant for another bot.
    /// - An aside is for nobody but the people who read it.
    /// - A stranger can only pair, and only in a direct message.
    package static func determine(
        _ message: InboundMessage, role: Role?, in situation: Situation
    ) -> Determination {
        if message.sender.isSelf { return .intent(.ignore("self")) }
        if message.sender.isBot { return .intent(.ignore("bot")) }
        let text = message.text.trimmed
        let isEmpty = text.isEmpty && message.attachments.isEmpty
        let forwards = message.enclosed.contains { $0.relation == .forwarded }
        if isEmpty, !message.isMention, !(message.isDirect && forwards) { return .intent(.ignore("empty")) }
        let intent = Self.parse(text, sign: situation.sign)
        guard role != nil else { return .intent(Self.ofStranger(message, text, intent, situation)) }
        // It stands for a command.
        if message.isChosen { return .intent(intent.recognizingCode(in: message, text)) }
        if message.isStop { return .intent(.command(.stop, argument: "")) }
        if Self.isAside(text) { return .intent(.ignore(Self.aside)) }
        if case .command = intent { return .intent(intent) }
        let endsMute: Bool
        switch Self.addressing(of: message, in: situation) {
        case .other(let reason): return .intent(.ignore(reason))
        case .needs(let fact): return .needs(fact)
        case .bot(let isCalledBack): endsMute = isCalledBack
        }
        if isEmpty { return .intent(Self.ofBareMention(message, in: situation), endsMute: endsMute) }
        if message.attachments.isEmpty {
            let words = BareWords(text, names: situation.names)
            if words?.meanStop == true {
                guard let isBusy = situation.isBusy else { return .needs(.busy) }
                if isBusy { return .intent(.command(.stop, argument: ""), endsMute: endsMute) }
            }
            if !message.isDirect, !message.isMention, words?.meanThanks == true {
                guard let isShared = situation.isShared else { return .needs(.shared) }
                guard !isShared || situation.isAsked != nil else { return .needs(.asked) }
                if isShared, situation.isAsked == false { return .intent(.acknowledge) }
            }
        }
        return .intent(intent.recognizingCode(in: message, text), endsMute: endsMute)
    }

    /// What a message of the inbox asks for, which was found to be for the bot when it came: read again after a restart,
    /// it means the same.
    package static func ofStored(
        _ message: InboundMessage, role: Role?, sign: Character, isPairingAllowed: Bool
    ) -> Intent {
        var situation = Situation(sign: sign, isPairingAllowed: isPairingAllowed)
        while true {
            switch Self.determine(message, role: role, in: situation) {
            case .intent(let intent, _): return intent
            case .needs(let fact): situation.set(fact, false)
            }
        }
    }

    /// Whom a message other than a command is for.
    private enum Addressing {
        /// - Parameter isCalledBack: into a muted thread.
        case bot(isCalledBack: Bool)
        case other(String)
        case needs(Situation.Fact)
    }

    private static func addressing(of message: InboundMessage, in situation: Situation) -> Addressing {
        if !message.isMention {
            if !message.isDirect, message.mentionsOthers { return .other(Self.mentionsOthers) }
            if !message.isDirect, situation.answers == .mentioned, !message.isReply { return .other(Self.notAddressed) }
            if !message.isDirect, !message.isAddressed {
                guard message.isThreaded else { return .other(Self.notAddressed) }
                guard let isPart = situation.isPart else { return .needs(.part) }
                guard isPart else { return .other(Self.notAddressed) }
            }
        }
        guard let isMuted = situation.isMuted else { return .needs(.muted) }
        if isMuted, !message.isMention { return .other(Self.muted) }
        return .bot(isCalledBack: isMuted)
    }

    /// Asks about the message that it replies to, or about what it forwards. A message of the same writer becomes the
    /// question itself, if it was not a command, an aside or a pairing code.
    private static func ofBareMention(_ message: InboundMessage, in situation: Situation) -> Intent {
        if let text = message.repliedText?.trimmed, !text.isEmpty {
            guard !Self.isAside(text), case .chat = Self.parse(text, sign: situation.sign),
                PairingWords.codeAfterPair(in: text) == nil
            else { return .bareMention }
            return .chat(text)
        }
        if message.enclosed.contains(where: { $0.relation == .forwarded }) { return .chat(Self.forwardsOnly) }
        return message.repliesTo == nil && message.enclosed.isEmpty ? .bareMention : .chat(Self.asksAboutReply)
    }

    private static func ofStranger(
        _ message: InboundMessage, _ text: String, _ intent: Intent, _ situation: Situation
    ) -> Intent {
        guard situation.isPairingAllowed, message.isDirect else { return .ignore("stranger") }
        if case .command(.pair, _) = intent { return intent }
        // Somebody with a code need not know the sign yet.
        let signed = Self.parse("\(situation.sign)\(text)", sign: situation.sign)
        // A code for linking does not pair, and wrong pairing codes get no answer.
        for case .command(.link, _) in [intent, signed] { return .ignore("stranger") }
        if let code = PairingWords.code(in: text) { return .command(.pair, argument: code) }
        if case .command(.pair, let code) = signed { return .command(.pair, argument: code) }
        return .ignore("stranger")
    }

    /// The command `pair` when the text is no such command by its form, but has a code after that word; in a direct message
    /// also `link`, which people copy from elsewhere, where commands are written in another way.
    private func recognizingCode(in message: InboundMessage, _ text: String) -> Intent {
        switch self {
        case .chat, .unknownCommand:
            if let code = PairingWords.codeAfterPair(in: text) { return .command(.pair, argument: code) }
            guard message.isDirect, let code = PairingWords.codeAfterLink(in: text) else { return self }
            return .command(.link, argument: code)
        case .command, .ignore, .bareMention, .acknowledge: return self
        }
    }

    /// `(aside) …` or `!aside …`.
    private static func isAside(_ text: String) -> Bool {
        let start = text.prefix(8).lowercased()
        if start.hasPrefix("(aside)") { return true }
        guard start.hasPrefix("!aside") else { return false }
        return start.dropFirst("!aside".count).first.map { !$0.isLetter && !$0.isNumber } ?? true
    }

    /// In the place of the question that a bare mention asks.
    package static let asksAboutReply = "(asks about the message that it replies to)"
    package static let forwardsOnly = "(forwards this without a comment)"
    /// Written in a channel without addressing the bot.
    package static let notAddressed = "not addressed"
    package static let mentionsOthers = "mentions others"
    package static let muted = "muted"
    package static let aside = "aside"
}
