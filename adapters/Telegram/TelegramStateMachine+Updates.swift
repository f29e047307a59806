internal import Chat
internal import JSON
internal import Kit
internal import Logging

/// Received updates.
extension TelegramStateMachine {
    /// Converts updates; the results are in order.
    mutating func read(_ updates: [TelegramUpdate]) -> [TelegramIncoming] {
        updates.indices.flatMap { index in
            self.read(updates[index], before: index + 1 < updates.count ? updates[index + 1] : nil)
        }
    }

    private mutating func read(_ update: TelegramUpdate, before next: TelegramUpdate?) -> [TelegramIncoming] {
        switch update.kind {
        case .message(let message): self.receive(message, of: update, before: next)
        case .edited(let message): self.receiveEdit(message, update: update.id)
        case .callback(let callback): [self.receive(callback)]
        case .reaction(let reaction): self.receive(reaction, update: update.id)
        case .membership(let membership): self.receive(membership, update: update.id)
        case .stopped(let chat, let thread, let draft):
            self.receiveStop(chat, thread: thread, id: "stop/\(update.id)/\(draft)")
        case .other: []
        }
    }

    /// Takes an update from the webhook; its request waits until the update is stored.
    mutating func receive(_ update: TelegramUpdate, ticket: Int) {
        self.deliver([update], Batch(ticket: ticket))
    }

    /// Has updates stored, after the memory if that has parts of them.
    mutating func deliver(_ updates: [TelegramUpdate], _ batch: Batch) {
        let count = self.memory.parts.count
        let incoming = self.read(updates)
        if self.memory.parts.count != count { self.act(.remember(self.memory, isVital: true)) }
        var batch = batch
        batch.parts = self.takeFinished()
        self.deliver(incoming, batch)
    }

    /// Acknowledges a batch once all of it is stored.
    mutating func finish(_ number: Int) {
        guard let batch = self.batches.removeValue(forKey: number) else { return }
        if !batch.parts.isEmpty { self.forgetParts(batch.parts) }
        if let ticket = batch.ticket { self.act(.accepted(ticket)) }
        if batch.isPoll {
            self.offset = batch.offset
            if self.isRepeating { self.pollAgain(after: 0) } else { self.poll() }
        }
    }

    // MARK: Senders

    /// The account, or the channel or group it speaks for; nil for bots and for Telegram's service account.
    func sender(_ user: TelegramUser?, speakingFor chat: TelegramChat?) -> Sender? {
        if let chat { return self.sender(chat.id, name: chat.title) }
        guard let user, !user.isBot, user.id != Self.telegramItself else { return nil }
        return self.sender(user.id, name: user.name)
    }

    func sender(_ id: Int64, name: String) -> Sender {
        let identity = "telegram:\(id)"
        return Sender(id: identity, identities: [Chat.Identity(identity)], displayName: name)
    }

    /// The account that sends service messages and forwards a channel's posts into its group.
    private static let telegramItself: Int64 = 777_000

    // MARK: Buttons and reactions

    private mutating func receive(_ callback: TelegramCallback) -> TelegramIncoming {
        // The user's client shows a spinner until the query is answered, so even a forged one gets an answer.
        var answer: JSONObject = ["callback_query_id": .string(callback.id)]
        let chat = callback.chat?.id ?? callback.from.id
        var incoming = TelegramIncoming(room: self.room(chat))
        let former = self.memory.migrations.filter { $0.value == chat }.map(\.key)
        let command = TelegramButton.command(in: callback.data, chats: [chat] + former, key: self.memory.key)
        if let command, let message = callback.messageID, let sender = self.sender(callback.from, speakingFor: nil) {
            let target = MessageReference(room: self.room(chat), id: "\(message)")
            incoming.event = self.event(
                "callback/\(callback.id)",
                .choice(Choice(target: target, sender: sender, kind: .button(command), sentAt: self.now.wall)))
        } else {
            answer["text"] = "This button no longer works. Type the command instead."
            self.log(.debug, "Ignored a button that was never offered in chat \(chat)")
        }
        incoming.calls = [TelegramCall("answerCallbackQuery", answer, timeout: 10_000)]
        return incoming
    }

    private func receive(_ reaction: TelegramReaction, update: Int64) -> [TelegramIncoming] {
        guard let sender = self.sender(reaction.user, speakingFor: reaction.actorChat) else { return [] }
        let target = MessageReference(room: self.room(reaction.chat.id), id: "\(reaction.messageID)")
        return reaction.added.enumerated().map { index, emoji in
            let kind = Choice.Kind.reaction(TelegramEmoji.plain(emoji))
            let choice = Choice(target: target, sender: sender, kind: kind, sentAt: reaction.date)
            return TelegramIncoming(
                room: target.room, event: self.event("reaction/\(update)/\(reaction.date)/\(index)", .choice(choice)))
        }
    }

    // MARK: Rooms

    private mutating func receive(_ membership: TelegramMembership, update: Int64) -> [TelegramIncoming] {
        let chat = membership.chat
        guard !membership.maySend else {
            self.rooms[chat.id]?.refusal = nil
            let room = self.room(chat.id)
            return [TelegramIncoming(room: room, event: self.event("member/\(update)", .roomReturned(room)))]
        }
        let why =
            chat.isPrivate
            ? "The person has blocked the bot" : "The bot may not post in this group (\(membership.status))"
        self.change(chat.id) { $0.refusal = why }
        self.lines.forget { $0.chat == chat.id }
        self.log(.info, "\(why): chat \(chat.id)")
        return []
    }

    /// A group became a supergroup, which gives it and its threads a new id.
    mutating func migrate(_ old: Int64, to new: Int64) -> TelegramIncoming? {
        guard old != new else { return nil }
        if self.memory.migrations[old] != new {
            self.memory.migrations[old] = new
            // The ids of its messages begin anew.
            self.lines.forget { $0.chat == old }
            while self.memory.migrations.count > TelegramMemory.migrationLimit,
                let least = self.memory.migrations.keys.min()
            {
                self.memory.migrations[least] = nil
            }
            self.act(.remember(self.memory, isVital: false))
            self.log(.info, "Group \(old) became supergroup \(new)")
        }
        return TelegramIncoming(
            room: self.room(new),
            event: self.event("migration/\(old)/\(new)", .roomRenamed(from: self.room(old), to: self.room(new))))
    }

    /// The stop button below a draft counts as `/stop`. Telegram may send it again, but `id` is the same then: it names
    /// the draft, because the numbers of updates begin anew after a quiet week.
    private func receiveStop(_ chat: TelegramChat, thread: Int64?, id: String) -> [TelegramIncoming] {
        guard chat.isPrivate else { return [] }
        let route = Route(room: self.room(chat.id), anchor: thread.map { "\($0)" })
        let message = InboundMessage(
            thread: self.key(chat.id, thread), route: route, sender: self.sender(chat.id, name: chat.title),
            text: "/stop", sentAt: self.now.wall, isDirect: true, isAddressed: true)
        return [
            TelegramIncoming(room: route.room, event: self.event(id, .message(message)))
        ]
    }

    func event(_ id: String, _ kind: InboundEvent.Kind) -> InboundEvent {
        InboundEvent(id: id, adapter: self.adapter, kind: kind)
    }
}
