internal import JSON

/// What can be seen of it.
extension LoopbackTelegram {
    /// What stands in a chat, the oldest first.
    package func shown(in chat: Int64) -> [TelegramShown] {
        self.look { state in
            guard let room = state.rooms[chat] else { return [] }
            return room.order.compactMap { room.messages[$0] }.map { state.shown($0) }
        }
    }

    /// One message.
    package func shown(_ message: Int, in chat: Int64) -> TelegramShown? {
        self.look { state in state.rooms[chat]?.messages[message].map { state.shown($0) } }
    }

    /// What the bot has in a chat, the oldest first.
    package func shownByBot(in chat: Int64) -> [TelegramShown] {
        let bot = self.botID
        return self.shown(in: chat).filter { $0.sender == bot && $0.service == nil }
    }

    /// The previews that are shown in a chat at this moment.
    package func drafts(in chat: Int64) -> [TelegramDraft] {
        let now = self.now
        return self.look { ($0.rooms[chat]?.drafts ?? []).filter { $0.end > now } }
    }

    /// The chat actions of the bot, the oldest first; the last hundred are kept.
    package func actions(in chat: Int64) -> [TelegramAction] { self.look { $0.rooms[chat]?.actions ?? [] } }

    /// Whom the bot's messages called to them.
    package var pings: [TelegramPing] { self.look(\.pings) }

    /// How many messages are kept in all chats.
    package var messageCount: Int { self.look { $0.rooms.values.reduce(0) { $0 + $1.messages.count } } }

    // MARK: Calls

    /// The calls that were answered or ended, the oldest first; the last ones are kept.
    package var calls: [TelegramCall] { self.look(\.log.calls) }

    /// How many calls of a method there were, whatever their end.
    package func count(_ method: String) -> Int { self.look { $0.log.counts[method] ?? 0 } }

    /// How many calls of each method there were.
    package var counts: [String: Int] { self.look(\.log.counts) }

    /// How many calls ended with each status; 0 are those whose answer was lost.
    package var statuses: [Int: Int] { self.look(\.log.statuses) }

    /// How many calls of `getUpdates` have begun.
    package var pollCount: Int { self.look(\.poll.number) }

    /// How many updates the bot hasn't confirmed.
    package var waitingUpdates: Int { self.look(\.updates.count) }
}

extension TelegramState {
    func shown(_ message: TelegramMessage) -> TelegramShown {
        let rows = message.keyboard?["inline_keyboard"]?.arrayValue ?? []
        let media = message.media.keys.first
        let file = media.flatMap { message.media[$0] }
        let fileID = file?["file_id"]?.stringValue ?? file?.arrayValue?.last?["file_id"]?.stringValue
        return TelegramShown(
            id: message.id, sender: message.sender, isBot: message.sender == self.bot.id, text: message.text.text,
            entities: message.text.entities, thread: message.thread, isTopic: message.isTopic,
            replyTo: message.replyTo,
            buttons: rows.map { row in
                (row.arrayValue ?? []).map { button in
                    TelegramShown.Button(
                        text: button["text"]?.stringValue ?? "", data: button["callback_data"]?.stringValue,
                        url: button["url"]?.stringValue)
                }
            },
            media: media, fileName: file?["file_name"]?.stringValue, bytes: fileID.flatMap { self.files[$0]?.bytes },
            service: message.service?.keys.first, reactions: message.reactions, edits: message.edits,
            isQuiet: message.isQuiet)
    }
}
