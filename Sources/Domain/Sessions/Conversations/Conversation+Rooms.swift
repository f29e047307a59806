internal import Chat

/// Rooms that get another id.
extension Conversation {
    /// Takes over the thread's new key, and the room's new id for waiting messages.
    func move(from: RoomID, to: RoomID) {
        guard let key = self.key.moved(from: from, to: to) else { return }
        self.key = key
        for index in self.queue.indices where self.queue[index].route.room == from {
            self.queue[index] = self.queue[index].with(route: self.queue[index].route.moved(to: to))
        }
        for index in self.mailbox.indices { Self.move(&self.mailbox[index], from: from, to: to) }
        for index in self.senders.indices { Self.move(&self.senders[index].letter, from: from, to: to) }
    }

    private static func move(_ letter: inout Letter, from: RoomID, to: RoomID) {
        guard case .message(var stored, let intent) = letter.content, stored.message.route.room == from else { return }
        stored.message = stored.message.moved(from: from, to: to)
        letter.content = .message(stored, intent)
    }
}
