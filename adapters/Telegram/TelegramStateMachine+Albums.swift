internal import Chat
internal import JSON
internal import Kit

/// Albums: several files sent at once arrive as several messages, which are joined into one.
///
/// The memory keeps the parts until the whole album is stored, so that each part can be acknowledged at once: Telegram
/// sends a webhook the second part only after the first is acknowledged.
extension TelegramStateMachine {
    struct Album: Sendable {
        var parts: [TelegramUpdate] = []
        /// Bytes of the parts' JSON.
        var size = 0
        let sender: String
        let chat: Int64
    }

    /// Milliseconds to wait for further parts after the first.
    private static let patience: Int64 = 1_000
    private static let partLimit = 20
    private static let albumLimit = 64
    /// Bytes of all open albums, which the memory holds.
    private static let sizeLimit = 8 << 20

    /// Restores parts that an earlier run left unstored.
    mutating func restoreAlbums() {
        guard !self.hasRestoredAlbums else { return }
        self.hasRestoredAlbums = true
        let parts = self.memory.albums
        self.memory.albums = []
        for update in parts.compactMap(TelegramUpdate.init) {
            guard case .message(let message) = update.kind, let group = message.mediaGroup else { continue }
            self.hold(update, of: "\(message.chat.id)/\(group)")
        }
    }

    mutating func hold(_ update: TelegramUpdate, of key: String) {
        guard case .message(let message) = update.kind, let sender = self.author(of: message) else { return }
        var album = self.albums[key] ?? Album(sender: sender.id, chat: message.chat.id)
        guard album.parts.count < Self.partLimit, !album.parts.contains(where: { $0.id == update.id }) else { return }
        if self.albums.count >= Self.albumLimit, self.albums[key] == nil { self.finishOldestAlbum() }
        album.parts.append(update)
        album.size += update.json.bytes.count
        self.albums[key] = album
        self.memory.albums.append(update.json)
        if self.timers[.album(key)] == nil { self.timers[.album(key)] = self.now.monotonic + Self.patience }
        while self.albums.values.reduce(0, { $0 + $1.size }) > Self.sizeLimit { self.finishOldestAlbum() }
    }

    private mutating func finishOldestAlbum() {
        let oldest = self.albums.keys.min { first, second in
            (self.timers[.album(first)] ?? 0, first) < (self.timers[.album(second)] ?? 0, second)
        }
        if let oldest { self.finishAlbum(oldest) }
    }

    /// Delivers the album; no further parts are expected.
    mutating func finishAlbum(_ key: String) {
        self.timers[.album(key)] = nil
        guard let album = self.albums.removeValue(forKey: key) else { return }
        let ids = Set(album.parts.map(\.id))
        guard let incoming = self.incoming(album) else { return self.forgetAlbum(ids) }
        self.deliver([incoming], Batch(album: ids))
    }

    /// Delivers a sender's albums before the sender's next message.
    mutating func finishAlbums(of sender: Sender, in chat: Int64) {
        guard !self.albums.isEmpty else { return }
        let keys = self.albums.filter { $0.value.chat == chat && $0.value.sender == sender.id }.map(\.key)
        for key in keys { self.finishAlbum(key) }
    }

    private mutating func incoming(_ album: Album) -> TelegramIncoming? {
        let messages = album.parts.sorted { $0.id < $1.id }.compactMap { update in
            if case .message(let message) = update.kind { message } else { nil }
        }
        // One part carries the caption, usually the first.
        guard let first = messages.first(where: { !$0.text.isEmpty }) ?? messages.first,
            let sender = self.author(of: first)
        else { return nil }
        return self.incoming(first, from: sender, attachments: messages.flatMap(\.attachments))
    }

    /// Removes the parts of a stored album from the memory: the first with each id, since a part that Telegram has sent
    /// again may have begun a new album.
    mutating func forgetAlbum(_ ids: Set<Int64>) {
        let count = self.memory.albums.count
        var left = ids
        self.memory.albums.removeAll { json in
            guard let id = json["update_id"]?.intValue else { return true }
            return left.remove(Int64(id)) != nil
        }
        if self.memory.albums.count != count { self.act(.remember(self.memory, isVital: false)) }
    }
}
