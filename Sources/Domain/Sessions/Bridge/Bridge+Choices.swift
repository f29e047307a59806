internal import Analytics
internal import Attention
package import Chat
internal import Delivery
internal import Models
internal import People
internal import Store
package import Threads

/// Buttons and reactions: each acts as the command that it stands for, with the rights of the person who used it.
extension Bridge {
    func take(_ choice: Choice, event: InboundEvent) async throws -> Delivery {
        // Checked first, because people react to many messages.
        guard let role = self.access.role(of: choice.sender) else { return .ignored("stranger") }
        guard choice.kind.mayMeanSomething else { return .ignored("no choice") }
        var (item, thread, isContinued) = try await self.target(of: choice)
        // People may be faster than the network's answer to the post, which brings the message's id. It may also have come
        // since the look above.
        if item == nil {
            await self.lanes.waitForSend(in: choice.target.room)
            (item, thread, isContinued) = try await self.target(of: choice)
        }
        if case .reaction(let emoji) = choice.kind, let item, let thread, item.isAnswer, let turn = item.turn,
            let rating = Rating(emoji: emoji)
        {
            _ = try await self.rate(rating, turn: turn, in: thread, by: choice.sender)
            return .stored
        }
        // People press buttons twice, also before the button is gone; the second press is answered while the answer is
        // being continued.
        if let item, item.isWithdrawn, item.kind != .ask, !isContinued { return .ignored("withdrawn") }
        guard let item, let thread, let command = choice.kind.command(among: item.buttons) else {
            return .ignored("no choice")
        }
        if item.kind == .ask, try await !self.isWorthAnswering(command, by: choice.sender, as: role) {
            return .ignored("told before")
        }
        let room = item.route.room
        let sign = self.adapters.traits(of: room).sign.character
        let message = InboundMessage(
            thread: thread,
            // A choice answers no typed message, so no message can be marked.
            route: Route(
                room: room, anchor: item.route.anchor, addressee: item.route.addressee,
                recipient: item.route.recipient),
            sender: choice.sender, text: "\(sign)\(command)", sentAt: choice.sentAt, isDirect: false, isAddressed: true,
            isChosen: true)
        return try await self.take(message, event: event, reply: nil)
    }

    /// Not where the person may not decide what the button is about: a form would promise otherwise.
    package func mayPrompt(_ choice: Choice) async -> Bool {
        do {
            guard let role = self.access.role(of: choice.sender) else { return false }
            var item = try await self.target(of: choice).0
            if item == nil {
                await self.lanes.waitForSend(in: choice.target.room)
                item = try await self.target(of: choice).0
            }
            guard let item, let command = choice.kind.command(among: item.buttons) else { return false }
            guard item.kind == .ask else { return true }
            return try await self.mayDecide(command, choice.sender, as: role)
        } catch {
            return false
        }
    }

    /// Notes what a person thinks of an answer. False if there is no such answer.
    package func rate(
        _ rating: Rating?, _ word: String? = nil, turn: String, in thread: ThreadKey, by sender: Sender
    ) async throws -> Bool {
        let origin = UsageOrigin(
            provider: self.modelDirectory.provider(of:), repository: self.environment.settings.repositories.first)
        let now = self.environment.now()
        return try await self.store.write(beside: Place(of: thread)) { ledger in
            try ledger.rate(rating, word, turn: turn, by: sender.id, from: origin, at: now)
        }
    }

    /// The chosen message, its thread, and whether an answer there is being continued.
    private func target(of choice: Choice) async throws -> (OutboxItem?, ThreadKey?, Bool) {
        try await self.store.read { ledger in
            let item = try ledger.posted(choice.target)
            guard let item, let session = try ledger.session(id: item.session) else { return (item, nil, false) }
            // An ask that was announced in a direct message is decided in its own thread.
            if item.kind == .ask, let ask = try ledger.ask(ofNotice: item.id),
                let asked = try ledger.session(id: ask.session), self.serves(Place(of: asked.key))
            {
                return (item, asked.key, false)
            }
            return (item, session.key, try ledger.isContinued(session.id))
        }
    }
}

extension OutboxItem {
    /// Whether it shows an answer, or a part of one.
    fileprivate var isAnswer: Bool { [.part, .final, .preview, .file].contains(self.kind) && self.buttons.isEmpty }
}

extension Choice.Kind {
    /// Whether it is a button, or a reaction that counts on some messages.
    fileprivate var mayMeanSomething: Bool {
        guard case .reaction(let emoji) = self else { return true }
        return Rating(emoji: emoji) != nil || Self.meaning(of: emoji) != nil || Self.letter(of: emoji) != nil
    }
}
