internal import Chat

/// Buttons and reactions: who uses one says the command that it stands for, with the rights that he or she has.
extension Bridge {
    func take(_ choice: Choice, event: InboundEvent) async throws -> Delivery {
        // First, because everybody in a room reacts to everything.
        guard self.access.role(of: choice.sender) != nil else { return .ignored("stranger") }
        let (item, thread) = try await self.store.read { ledger -> (OutboxItem?, ThreadKey?) in
            let item = try ledger.posted(choice.target)
            return (item, try item.flatMap { try ledger.session(id: $0.session)?.key })
        }
        guard let item, let thread, let command = choice.kind.command(among: item.buttons) else {
            return .ignored("no choice")
        }
        let room = item.route.room
        let sign = self.adapters.traits(of: room).commandSign
        let message = InboundMessage(
            thread: thread,
            // Nothing that was typed is answered, so nothing is marked as being answered.
            route: Route(
                room: room, anchor: item.route.anchor, addressee: item.route.addressee,
                recipient: item.route.recipient),
            sender: choice.sender, text: "\(sign)\(command)", sentAt: choice.sentAt, isDirect: false, isAddressed: true)
        return try await self.take(message, event: event, reply: nil)
    }
}

extension Choice.Kind {
    /// The command that is chosen of those that a message offers.
    ///
    /// A platform lets people send what is on no button, so only what was offered counts, with an argument at most.
    func command(among buttons: [MessageButton]) -> String? {
        switch self {
        case .button(let command):
            return buttons.contains { command == $0.command || command.hasPrefix("\($0.command) ") } ? command : nil
        case .reaction(let emoji):
            let plain = String(String.UnicodeScalarView(emoji.unicodeScalars.filter { $0 != "\u{FE0F}" }))
            guard let name = Self.meanings[plain] else { return nil }
            return buttons.first { $0.command == name.rawValue || $0.command.hasPrefix("\(name.rawValue) ") }?.command
        }
    }

    private static let meanings: [String: CommandName] = [
        "✅": .approve, "👍": .approve, "❌": .deny, "👎": .deny,
    ]
}
