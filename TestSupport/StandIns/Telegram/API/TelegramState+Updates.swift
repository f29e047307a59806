internal import JSON

/// Updates for the bot.
extension TelegramState {
    /// Sends an update, or holds it back if a fault requires it.
    mutating func publish(_ kind: String, _ body: JSON, now: Double) {
        guard self.updates.isAllowed(kind) else { return }
        if self.faults.toHold > 0 {
            self.faults.toHold -= 1
            self.faults.held.append((kind, body))
            return
        }
        self.updates.add(kind, body, now: now)
        if self.faults.toDouble > 0 {
            self.faults.toDouble -= 1
            self.updates.add(kind, body, now: now)
        }
    }

    /// Sends a message to the bot if it may see it.
    mutating func publish(_ message: TelegramMessage, in id: Int64, isEdit: Bool = false, now: Double) {
        guard self.isHeard(message, in: id) else { return }
        self.publish(isEdit ? "edited_message" : "message", self.messageJSON(message, in: id), now: now)
    }

    /// Privacy mode and the other rules for what bots receive.
    private func isHeard(_ message: TelegramMessage, in id: Int64) -> Bool {
        guard let room = self.rooms[id], message.sender != self.bot.id else { return false }
        if room.kind == .private { return room.isStarted && !room.isBlocked }
        guard let bot = room.members[self.bot.id], bot.isIn else { return false }
        if let sender = message.sender, self.people[sender]?.isBot ?? false { return false }
        if bot.isAdmin || !self.settings.hasPrivacyMode || message.service != nil { return true }
        // Every message of a topic replies to its first one, which is not a reply to the topic's creator.
        let isInTopicOnly = message.isTopic && message.replyTo == message.thread
        if !isInTopicOnly, let reply = message.replyTo, room.messages[reply]?.sender == self.bot.id { return true }
        return self.isCalled(message.text)
    }

    /// A command not addressed to another bot, or a mention.
    private func isCalled(_ text: TelegramText) -> Bool {
        let units = Array(text.text.utf16)
        let name = self.settings.username.lowercased()
        return text.entities.contains { entity in
            guard entity.end <= units.count else { return false }
            let words = String(decoding: units[entity.offset..<entity.end], as: UTF16.self).lowercased()
            return switch entity.type {
            case "mention": words == "@\(name)"
            case "text_mention": entity.user == self.bot.id
            case "bot_command": !words.contains("@") || words.hasSuffix("@\(name)")
            default: false
            }
        }
    }

    // MARK: getUpdates

    /// A waiting `getUpdates` call.
    struct Poll: Sendable {
        var number: Int
        var offset: Int
        var limit: Int
        var timeout: Int
    }

    static let webhookConflict =
        "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
    static let pollConflict =
        "terminated by other getUpdates request; make sure that only one bot instance is running"

    mutating func beginPoll(_ call: TelegramParameters, _ now: Double) throws(TelegramRefusal) -> Poll {
        if self.webhook.isSet { throw .conflict(Self.webhookConflict) }
        let offset = call.integer("offset") ?? 0
        var limit = min(100, max(1, call.integer("limit") ?? 100))
        var timeout = min(50, max(0, call.integer("timeout") ?? 0))
        try self.setAllowed(call)
        let since = now - self.poll.begin
        if offset == self.poll.offset {
            if timeout < 3, since < 3 { timeout = 3 }
            if since < 0.5 { limit = 1 }
        }
        self.poll.offset = offset
        self.poll.begin = now
        self.poll.number += 1
        return Poll(number: self.poll.number, offset: offset, limit: limit, timeout: timeout)
    }

    mutating func setAllowed(_ call: TelegramParameters) throws(TelegramRefusal) {
        guard let allowed = try call.structure("allowed_updates", as: "allowed updates") else { return }
        guard let array = allowed.arrayValue else { throw .bad("can't parse allowed updates") }
        self.updates.allowed = Set(array.compactMap(\.stringValue))
    }

    /// The answer to a poll; nil while it waits.
    mutating func answer(_ poll: Poll, now: Double) throws(TelegramRefusal) -> JSON? {
        if self.isRevoked { throw .unauthorized }
        if self.webhook.isSet || self.poll.lastBreak >= poll.number {
            throw .conflict("terminated by setWebhook request")
        }
        if self.poll.number != poll.number { throw .conflict(Self.pollConflict) }
        let updates = self.updates.take(offset: poll.offset, limit: poll.limit, now: now)
        return updates.isEmpty ? nil : .array(updates)
    }
}
