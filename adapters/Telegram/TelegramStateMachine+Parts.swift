internal import Chat
internal import JSON
internal import Kit

/// Messages that belong together become one: the files of an album, the parts of a text that was too long for one message,
/// a comment and what it forwards.
///
/// The memory keeps the parts until they are stored as one, so that each can be acknowledged at once: Telegram sends a
/// webhook the second part only after the first is acknowledged.
extension TelegramStateMachine {
    struct Parts: Sendable {
        enum Kind: Sendable { case album, paste, forwards }

        let kind: Kind
        let sender: String
        let chat: Int64
        /// In monotonic milliseconds.
        let began: Int64
        /// The question in a group, delivered before, that the forwards follow.
        var comment: Comment?
        var updates: [TelegramUpdate] = []
        /// Bytes of the updates' JSON.
        var size = 0
        /// UTF-16 units of the texts.
        var length = 0

        var messages: [TelegramMessage] {
            self.updates.sorted { $0.id < $1.id }.compactMap { update in
                if case .message(let message) = update.kind { message } else { nil }
            }
        }
    }

    /// A question in a group, which forwards may follow.
    struct Comment: Sendable {
        let message: MessageReference
        let thread: ThreadKey
        let isMention: Bool
        let isReply: Bool
        /// By Telegram's clock.
        let date: Int64
        /// In monotonic milliseconds.
        let at: Int64
    }

    /// The text of several messages, so that an edit of one changes only that one.
    struct Paste: Sendable {
        struct Part: Sendable {
            let id: Int64
            var text: String
            /// It is as long as a message can be, so it may end in the middle of a word.
            let isFull: Bool
        }

        var parts: [Part] = []

        var text: String {
            var text = ""
            var wasFull = false
            for (index, part) in self.parts.enumerated() {
                if index > 0, !wasFull || text.hasSuffix("```") { text += "\n" }
                text += part.text
                wasFull = part.isFull
            }
            return text
        }
    }

    /// Milliseconds to wait for the rest of an album after its first part, for the next part of a paste, and for another
    /// forward.
    private static let (albumPatience, pastePatience, forwardPatience): (Int64, Int64, Int64) = (1_000, 1_500, 300)
    /// Milliseconds after the first of several forwards.
    private static let longestForwards: Int64 = 1_500
    /// Between a comment and its forwards, in milliseconds; Telegram's times are whole seconds.
    private static let commentPatience: Int64 = 1_000
    /// UTF-16 units. Clients cut a text at 4,096 or at a better place shortly before.
    private static let (longPart, longestPart, pasteLength) = (4_000, 4_096, 50_000)
    private static let (partLimit, pasteLimit) = (20, 12)
    private static let openLimit = 64
    /// Bytes of all open ones, which the memory holds.
    private static let sizeLimit = 8 << 20

    // MARK: Gathering

    /// What becomes of a message: it is held, or delivered after what the same person sent before.
    ///
    /// - Parameter next: The update after it, if that is known already.
    mutating func gather(
        _ update: TelegramUpdate, _ message: TelegramMessage, from sender: Sender, before next: TelegramUpdate?
    ) -> [TelegramIncoming] {
        let chat = message.chat.id
        guard let group = self.group(of: message, from: sender, before: next) else {
            let earlier = self.finishParts(of: sender, in: chat) { _ in true }
            return earlier + (self.single(message, from: sender).map { [$0] } ?? [])
        }
        // Two albums may arrive mixed.
        let earlier = self.finishParts(of: sender, in: chat) { other in
            other.kind != group.parts.kind || (group.isNew && group.parts.kind != .album)
        }
        return earlier + self.hold(update, message, in: group)
    }

    private struct Group {
        let key: String
        /// Empty.
        let parts: Parts
        /// It begins with this message, whatever is open.
        var isNew = false
    }

    private func group(of message: TelegramMessage, from sender: Sender, before next: TelegramUpdate?) -> Group? {
        let chat = message.chat.id
        func group(_ kind: Parts.Kind, _ name: String, isNew: Bool = false, comment: Comment? = nil) -> Group {
            let parts = Parts(
                kind: kind, sender: sender.id, chat: chat, began: self.now.monotonic, comment: comment)
            return Group(key: "\(chat)/\(name)", parts: parts, isNew: isNew)
        }
        let (forwards, paste) = ("\(sender.id)/forwards", "\(sender.id)/paste")
        if message.isVoice { return nil }
        if message.isForward {
            if let open = self.parts["\(chat)/\(forwards)"] {
                return group(.forwards, forwards, isNew: open.updates.count >= Self.partLimit)
            }
            if message.chat.isPrivate { return group(.forwards, forwards) }
            return self.comment(before: message, by: sender).map { group(.forwards, forwards, comment: $0) }
        }
        if let album = message.mediaGroup { return group(.album, album) }
        if self.continuesPaste(message, "\(chat)/\(paste)") { return group(.paste, paste) }
        let isLong = message.attachments.isEmpty && message.text.utf16.count >= Self.longPart
        guard isLong || self.isForward(next, of: message, by: sender), !message.text.isEmpty, self.isForUs(message)
        else {
            return nil
        }
        return isLong ? group(.paste, paste, isNew: true) : group(.forwards, forwards, isNew: true)
    }

    private func comment(before forward: TelegramMessage, by sender: Sender) -> Comment? {
        guard let comment = self.comments["\(forward.chat.id)/\(sender.id)"],
            self.now.monotonic - comment.at <= Self.commentPatience,
            (0...2 * Self.commentPatience).contains(forward.date - comment.date)
        else { return nil }
        return comment
    }

    private func isForward(_ next: TelegramUpdate?, of comment: TelegramMessage, by sender: Sender) -> Bool {
        guard case .message(let message) = next?.kind, message.isForward, !message.isVoice,
            message.chat.id == comment.chat.id, message.threadID == comment.threadID
        else { return false }
        return self.author(of: message)?.id == sender.id
            && (0...Self.commentPatience).contains(message.date - comment.date)
    }

    private func continuesPaste(_ message: TelegramMessage, _ key: String) -> Bool {
        guard let open = self.parts[key], let first = open.messages.first, let last = open.messages.last,
            message.id > last.id, message.threadID == first.threadID, message.attachments.isEmpty,
            (0...2_000).contains(message.date - last.date), message.reply == nil || message.reply?.id == first.reply?.id
        else { return false }
        let length = message.text.utf16.count
        guard length > 0, open.length + length <= Self.pasteLength else { return false }
        return !message.text.hasPrefix("/") && !TelegramText(message, identity: self.identity).mentionsUs
    }

    private func isForUs(_ message: TelegramMessage) -> Bool {
        let text = TelegramText(message, identity: self.identity)
        guard !text.isForAnother else { return false }
        let isReply = message.reply.map { !$0.isTopicRoot } ?? false
        return message.chat.isPrivate || text.mentionsUs || message.isTopic || isReply || text.text.hasPrefix("/")
    }

    // MARK: Holding

    private mutating func hold(
        _ update: TelegramUpdate, _ message: TelegramMessage, in group: Group
    ) -> [TelegramIncoming] {
        let key = group.key
        var incoming: [TelegramIncoming] = []
        if self.parts[key] == nil, self.parts.count >= Self.openLimit { incoming += self.finishOldestParts() }
        var parts = self.parts[key] ?? group.parts
        guard parts.updates.count < Self.partLimit, !parts.updates.contains(where: { $0.id == update.id }) else {
            return incoming
        }
        parts.updates.append(update)
        parts.size += update.json.bytes.count
        let length = message.text.utf16.count
        parts.length += length
        self.parts[key] = parts
        if !self.isRestoring { self.memory.parts.append(update.json) }
        self.wait(for: parts, key, isAlbum: message.mediaGroup != nil)
        if parts.kind == .paste, length < Self.longPart || parts.updates.count >= Self.pasteLimit {
            incoming += self.finishParts(key)
        }
        while self.parts.values.reduce(0, { $0 + $1.size }) > Self.sizeLimit { incoming += self.finishOldestParts() }
        return incoming
    }

    private mutating func wait(for parts: Parts, _ key: String, isAlbum: Bool) {
        let now = self.now.monotonic
        switch parts.kind {
        case .album: if self.timers[.parts(key)] == nil { self.timers[.parts(key)] = now + Self.albumPatience }
        case .paste: self.timers[.parts(key)] = now + Self.pastePatience
        case .forwards:
            let patience = isAlbum ? Self.albumPatience : Self.forwardPatience
            self.timers[.parts(key)] = min(now + patience, parts.began + Self.longestForwards)
        }
    }

    // MARK: Finishing

    /// No further parts are expected.
    mutating func finishPartsInTime(_ key: String) {
        let incoming = self.finishParts(key)
        self.deliver(incoming, Batch(parts: self.takeFinished()))
    }

    /// The ids of the updates that were joined, for the batch that delivers them.
    mutating func takeFinished() -> Set<Int64> {
        defer { self.finishedParts = [] }
        return self.finishedParts
    }

    private mutating func finishParts(
        of sender: Sender, in chat: Int64, where isMeant: (Parts) -> Bool
    ) -> [TelegramIncoming] {
        guard !self.parts.isEmpty else { return [] }
        let open = self.parts.filter { $0.value.chat == chat && $0.value.sender == sender.id && isMeant($0.value) }
        let keys = open.sorted { ($0.value.updates.first?.id ?? 0) < ($1.value.updates.first?.id ?? 0) }.map(\.key)
        return keys.flatMap { self.finishParts($0) }
    }

    private mutating func finishOldestParts() -> [TelegramIncoming] {
        let oldest = self.parts.keys.min { first, second in
            (self.timers[.parts(first)] ?? 0, first) < (self.timers[.parts(second)] ?? 0, second)
        }
        return oldest.map { self.finishParts($0) } ?? []
    }

    private mutating func finishParts(_ key: String) -> [TelegramIncoming] {
        self.timers[.parts(key)] = nil
        guard let parts = self.parts.removeValue(forKey: key) else { return [] }
        self.finishedParts.formUnion(parts.updates.map(\.id))
        return self.incoming(parts).map { [$0] } ?? []
    }

    private mutating func incoming(_ parts: Parts) -> TelegramIncoming? {
        let messages = parts.messages
        let own = messages.filter { !$0.isForward }
        let forwards = messages.filter(\.isForward)
        // One part of an album carries the caption, usually the first.
        let captioned = parts.kind == .album ? own.first { !$0.text.isEmpty } : nil
        guard let head = captioned ?? own.first ?? forwards.first, let sender = self.author(of: head) else {
            return nil
        }
        var joined = Joined(head: head, text: TelegramText(head, identity: self.identity))
        joined.attachments = messages.flatMap(\.attachments)
        joined.forwards = forwards
        joined.comment = parts.comment
        if parts.kind == .paste { self.join(own, to: head, &joined) }
        self.noteJoined(messages, with: head)
        return self.incoming(joined, from: sender)
    }

    private mutating func join(_ messages: [TelegramMessage], to head: TelegramMessage, _ joined: inout Joined) {
        guard messages.count > 1 else { return }
        let first = self.reference(head.chat.id, head.id)
        var paste = Paste()
        for message in messages {
            let text = TelegramText(message, identity: self.identity).text
            paste.parts.append(
                Paste.Part(id: message.id, text: text, isFull: message.text.utf16.count >= Self.longestPart))
            let reference = self.reference(head.chat.id, message.id)
            self.texts[reference] = text.hashValue
            self.pasteHeads[reference] = first
        }
        self.pastes[first] = paste
        joined.text.replace(by: paste.text)
    }

    // MARK: The memory

    /// Restores parts that an earlier run left unstored.
    mutating func restoreParts() {
        guard !self.hasRestoredParts else { return }
        self.hasRestoredParts = true
        let updates = self.memory.parts.compactMap(TelegramUpdate.init)
        guard !updates.isEmpty else { return }
        self.isRestoring = true
        let incoming = self.read(updates)
        self.isRestoring = false
        let held = Set(self.parts.values.flatMap { $0.updates.map(\.id) })
        _ = self.takeFinished()
        self.deliver(incoming, Batch(parts: Set(updates.map(\.id)).subtracting(held)))
    }

    /// Removes stored parts from the memory: the first with each id, since a part that Telegram has sent again may have
    /// begun anew.
    mutating func forgetParts(_ ids: Set<Int64>) {
        let count = self.memory.parts.count
        var left = ids
        self.memory.parts.removeAll { json in
            guard let id = json["update_id"]?.intValue else { return true }
            return left.remove(Int64(id)) != nil
        }
        if self.memory.parts.count != count { self.act(.remember(self.memory, isVital: false)) }
    }
}
