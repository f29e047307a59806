internal import Chat
internal import Primitives

/// Places that go by another id: what is under way there goes on under the new one.
extension Bridge {
    func rename(_ from: RoomID, to: RoomID) async throws -> Delivery {
        guard from != to, from.adapter == to.adapter else { return .ignored("no new name") }
        try await self.store.write { ledger in try ledger.rename(from, to: to) }
        let (conversations, lane) = self.state.withLock { state -> ([Conversation], Lane?) in
            for (old, new) in state.renamed where new == from { state.renamed[old] = to }
            state.renamed[to] = nil
            state.renamed[from] = to
            var moved: [Conversation] = []
            for (key, conversation) in state.conversations {
                guard let renamed = key.moved(from: from, to: to) else { continue }
                state.conversations[key] = nil
                moved.append(conversation)
                // One that was begun under the new key goes on; the old one ends what it has.
                if state.conversations[renamed] == nil { state.conversations[renamed] = conversation }
            }
            return (moved, state.lanes.removeValue(forKey: from))
        }
        for conversation in conversations { await conversation.move(from: from, to: to) }
        let next = self.lane(for: to)
        if let next { await lane?.hand(over: next) }
        await next?.wake()
        return .stored
    }

    /// What the place is called now.
    func current(_ room: RoomID) -> RoomID { self.state.withLock { $0.renamed[room] ?? room } }

    /// What was said in a place under an earlier name counts as said under the present one.
    func current(_ message: InboundMessage) -> InboundMessage {
        let room = self.current(message.route.room)
        return room == message.route.room ? message : message.moved(from: message.route.room, to: room)
    }
}

extension Conversation {
    /// Takes over the thread's new key, and the new way to its place for what waits.
    func move(from: RoomID, to: RoomID) {
        guard let key = self.key.moved(from: from, to: to) else { return }
        self.key = key
        for index in self.queue.indices where self.queue[index].route.room == from {
            self.queue[index].route = self.queue[index].route.moved(to: to)
        }
        for index in self.mailbox.indices { Self.move(&self.mailbox[index], from: from, to: to) }
        for index in self.senders.indices { Self.move(&self.senders[index].letter, from: from, to: to) }
    }

    private static func move(_ letter: inout Letter, from: RoomID, to: RoomID) {
        guard case .message(var stored) = letter.content, stored.message.route.room == from else { return }
        stored.message = stored.message.moved(from: from, to: to)
        letter.content = .message(stored)
    }
}
