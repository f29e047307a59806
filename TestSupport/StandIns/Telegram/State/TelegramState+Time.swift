extension TelegramState {
    /// Removes whatever has expired.
    mutating func expire(now: Double) {
        for id in self.roomsWithDrafts {
            let hasEnded = self.rooms[id]?.drafts.contains { $0.end <= now } ?? false
            if hasEnded { self.rooms[id]?.drafts.removeAll { $0.end <= now } }
            if self.rooms[id]?.drafts.isEmpty ?? true { self.roomsWithDrafts.remove(id) }
        }
    }
}
