extension TelegramState {
    /// What ends by itself.
    mutating func expire(now: Double) {
        for (id, room) in self.rooms where room.drafts.contains(where: { $0.end <= now }) {
            self.rooms[id]?.drafts.removeAll { $0.end <= now }
        }
    }
}
