internal import Attention
internal import Chat
internal import Delivery
internal import Etiquette
internal import People
internal import Primitives
internal import Store
package import Threads

/// Answers to asks from outside of their threads, and answers typed next to them.
extension Bridge {
    /// Answers an ask through the API or the command line, which take an answer from anybody who may give it.
    package func answer(_ answer: AskAnswer) async throws -> AskResult {
        let thread = try await self.store.read { ledger in
            try ledger.ask(id: answer.ask).flatMap { try ledger.session(id: $0.session)?.key }
        }
        // The request may have begun before its credential was removed.
        guard let thread, !self.access.isRemoved(answer.sender) else { return .unknown }
        return try await self.conversations.conversation(for: thread).decide(answer)
    }

    /// Whether a button's command is about an open ask that the person may decide.
    func mayDecide(_ command: String, _ sender: Sender, as role: Role) async throws -> Bool {
        let words = command.split(separator: " ")
        guard words.count > 1 else { return false }
        let id = String(words[1])
        guard let ask = try await self.store.read({ ledger in try ledger.ask(id: id) }) else { return false }
        return ask.state == .open && ask.rule.allows(self.access.person(sender), as: role, askedBy: ask.requester)
    }

    /// Whether to handle a press on an ask. People press buttons twice; each is told only once why it does not count.
    func isWorthAnswering(_ command: String, by sender: Sender, as role: Role) async throws -> Bool {
        let words = command.split(separator: " ")
        guard words.count > 1 else { return true }
        let id = String(words[1])
        if try await self.mayDecide(command, sender, as: role) { return true }
        // The command itself refuses a guest. Everybody else gets the reason with the answer, which also records it.
        guard role < .member else {
            return try await self.store.read { ledger in try !ledger.wasTold(sender.id, about: id) }
        }
        return try await self.store.write { ledger in try ledger.noteTold(sender.id, about: id) }
    }

    /// The thread of the ask that a typed answer in another thread of its room means; nil when the message stays where
    /// it is.
    ///
    /// Where a network has no threads, each person in a room has one of their own, and an ask is posted to all of them:
    /// there the room counts as its place.
    func thread(answeredBy message: InboundMessage, _ intent: Intent, as role: Role?) async throws -> ThreadKey? {
        let room = message.route.room
        guard let role, role >= .member, !message.isDirect, !message.isChosen, self.questions.mayExist(in: room) else {
            return nil
        }
        // Elsewhere, an anchor only says whose line it is.
        let hasThreads = self.adapters.traits(of: room).capabilities.contains(.threads)
        guard message.route.anchor == nil || !hasThreads else { return nil }
        switch intent {
        case .command(.approve, _), .command(.deny, _): break
        case .chat(let text) where AskReply.isPossible(text): break
        default: return nil
        }
        let person = self.access.person(message.sender)
        return try await self.store.read { ledger -> ThreadKey? in
            let asks = try ledger.openAsks(in: room).filter {
                ($0.route.anchor == nil || !hasThreads)
                    && $0.rule.allows(person, as: role, askedBy: $0.requester)
            }
            guard !asks.isEmpty else { return nil }
            let own = try ledger.session(for: message.thread)
            // An ask in the sender's own thread comes first.
            if let own, asks.contains(where: { $0.session == own.id }) { return nil }
            let meant = asks.filter { Self.means($0, intent, own) }
            // Without an id, several are ambiguous.
            guard meant.count == 1, let ask = meant.first else { return nil }
            return try ledger.session(id: ask.session)?.key
        }
    }

    /// What a direct message says, if it answers an ask of another thread that was announced there: the command, and the ask's
    /// thread; no thread where it is not clear which one is meant. Nil when the message stays what it is.
    func answer(
        toToldAsk message: InboundMessage, _ intent: Intent, as role: Role?
    ) async throws -> (command: String, thread: ThreadKey?)? {
        let room = message.route.room
        guard let role, role >= .member, message.isDirect, !message.isChosen, self.questions.mayExist(in: room) else {
            return nil
        }
        switch intent {
        case .command(.approve, _), .command(.deny, _): break
        case .chat(let text) where AskReply.isPossible(text): break
        default: return nil
        }
        let (sign, person) = (self.adapters.traits(of: room).sign.character, self.access.person(message.sender))
        return try await self.store.read { ledger in
            let asks = try ledger.openAsks(toldIn: room).filter {
                $0.rule.allows(person, as: role, askedBy: $0.requester)
            }
            guard !asks.isEmpty else { return nil }
            let own = try ledger.session(for: message.thread)
            if let own, try !ledger.openAsks(of: own.id).isEmpty { return nil }
            let meant = asks.compactMap { ask in Self.command(ask, intent, own).map { (ask, $0) } }
            guard let (ask, command) = meant.first else { return nil }
            guard meant.count == 1 else { return ("\(sign)approve", nil) }
            // Another host may have it, for whose threads nothing is stored here.
            guard let key = try ledger.session(id: ask.session)?.key, self.serves(Place(of: key)) else {
                return ("\(sign)\(command)", nil)
            }
            return ("\(sign)\(command)", key)
        }
    }

    /// What a message means as an answer to an ask, as a command.
    private static func command(_ ask: AskRecord, _ intent: Intent, _ own: SessionRecord?) -> String? {
        switch intent {
        case .command(let name, let argument):
            let argument = AskArgument(argument)
            guard argument.id == nil || argument.id == ask.id else { return nil }
            return "\(name.rawValue) \(ask.id) \(argument.rest)"
        case .chat(let text):
            guard let reply = AskReply(text, to: ask), reply.form == .option || (own?.activeAt ?? .min) < ask.createdAt
            else { return nil }
            return reply.command(to: ask)
        default: return nil
        }
    }

    /// How long after the last message in the sender's own thread `yes` and `no` still belong there. Milliseconds.
    private static let quietTime: Int64 = 600_000

    private static func means(_ ask: AskRecord, _ intent: Intent, _ own: SessionRecord?) -> Bool {
        switch intent {
        case .command(_, let argument): return AskArgument(argument).id.map { $0 == ask.id } ?? true
        case .chat(let text):
            guard let reply = AskReply(text, to: ask) else { return false }
            return reply.form == .option || (own?.activeAt ?? .min) < ask.createdAt - Self.quietTime
        default: return false
        }
    }
}
