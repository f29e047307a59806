package import Chat
internal import Kit

extension TelegramStateMachine {
    // Change: the largest file from Telegram
    /// The largest files in bytes that Telegram lets a bot send (rounded down) and download.
    static let (uploadLimit, downloadLimit) = (50_000_000, 20 << 20)
    private static let capabilities: RoomTraits.Capabilities = [
        .edits, .reactions, .typing, .buttons, .files, .history, .deletes,
    ]
    private static let slownessLasts: Int64 = 300_000

    /// The current traits of a room. The text limit applies to the markup, which is never shorter than the text that
    /// Telegram counts.
    package func traits(of room: RoomID) -> RoomTraits {
        let chat = self.memory.current(Int64(room.name) ?? 0)
        let isPrivate = chat > 0
        var capabilities = Self.capabilities
        if self.hasDrafts(chat) { capabilities.insert(.drafts) }
        if !isPrivate || self.identity?.hasTopics == true { capabilities.insert(.threads) }
        let state = self.rooms[chat]
        let isSlow = state.map { self.now.monotonic - $0.slowedAt < Self.slownessLasts } ?? false
        let slowness = isSlow ? state?.slowness ?? 1 : 1
        let interval = Double((isPrivate ? 1_500 : 3_500) * slowness) / max(self.settings.paceFactor, 0.001)
        // A final counts as one message in the chat's pace, where a place is reserved for it.
        let finalInterval = isSlow ? interval : min(interval, 1_000 / max(self.settings.paceFactor, 0.001))
        return RoomTraits(
            capabilities: capabilities, textLimit: 4_096, textUnit: .utf16,
            editInterval: .milliseconds(Int64(interval)), finalInterval: .milliseconds(Int64(finalInterval)),
            postInterval: .milliseconds(Int64(1_020 / max(self.settings.paceFactor, 0.001))), postBurst: 3,
            uploadLimit: Self.uploadLimit, times: .local, commandSign: "/",
            names: self.identity.map { [$0.username] } ?? [], title: isPrivate ? nil : self.titles[chat])
    }
}
