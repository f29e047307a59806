internal import JSON

/// State that tests inspect.
extension LoopbackTelegram {
    /// The messages of a chat, oldest first.
    package func shown(in chat: Int64) -> [TelegramShown] {
        self.look { state in
            guard let room = state.rooms[chat] else { return [] }
            return room.order.compactMap { room.messages[$0] }.map { state.shown($0) }
        }
    }

    package func shown(_ message: Int, in chat: Int64) -> TelegramShown? {
        self.look { state in state.rooms[chat]?.messages[message].map { state.shown($0) } }
    }

    /// The bot's messages in a chat, oldest first.
    package func shownByBot(in chat: Int64) -> [TelegramShown] {
        let bot = self.botID
        return self.shown(in: chat).filter { $0.sender == bot && $0.service == nil }
    }

    /// The previews currently shown in a chat.
    package func drafts(in chat: Int64) -> [TelegramDraft] {
        let now = self.now
        return self.look { ($0.rooms[chat]?.drafts ?? []).filter { $0.end > now } }
    }

    /// The last hundred chat actions of the bot, oldest first.
    package func actions(in chat: Int64) -> [TelegramAction] { self.look { $0.rooms[chat]?.actions ?? [] } }

    /// The mentions in the bot's messages.
    package var pings: [TelegramPing] { self.look(\.pings) }

    /// The number of messages kept in all chats.
    package var messageCount: Int { self.look { $0.rooms.values.reduce(0) { $0 + $1.messages.count } } }

    // MARK: Calls

    /// The last calls that were answered or ended, oldest first.
    package var calls: [TelegramServerCall] { self.look(\.log.calls) }

    /// The number of calls of a method, whatever their result.
    package func count(_ method: String) -> Int { self.look { $0.log.counts[method] ?? 0 } }

    package var counts: [String: Int] { self.look(\.log.counts) }

    /// The number of calls per status; 0 counts those whose answer was lost.
    package var statuses: [Int: Int] { self.look(\.log.statuses) }

    /// The number of `getUpdates` calls begun.
    package var pollCount: Int { self.look(\.poll.number) }

    /// The number of unconfirmed updates.
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
            service: message.service?.keys.first, reactions: message.reactions, edits: message.edits)
    }
}
