package import Chat
internal import Kit
internal import Primitives

/// What was said beside a question: what came along with it, and what the bot has seen in a group.
extension TelegramStateMachine {
    /// Bytes of a text; Telegram's longest one has three times 4,096, and more with links.
    private static let textLimit = 32_768
    private static let nameLimit = 400

    /// Whoever wrote something, be it a bot or this one.
    private func writer(_ user: TelegramUser?, speakingFor chat: TelegramChat?) -> Sender? {
        TelegramHeard.Writer(user, speakingFor: chat).map { self.sender($0) }
    }

    private func sender(_ writer: TelegramHeard.Writer) -> Sender {
        let identity = "telegram:\(writer.id)"
        return Sender(
            id: identity, identities: [Chat.Identity(identity)], displayName: writer.name, isBot: writer.isBot,
            isSelf: writer.id == self.identity?.id)
    }

    private static func text(_ text: String) -> String { text.beginning(bytes: Self.textLimit).trimmed }

    // MARK: What came along

    /// What a message answers and the part of it that is quoted. A message of the bot is in the history already: it comes
    /// along only for a question that has no words.
    func answered(by message: TelegramMessage, isBare: Bool) -> [SaidMessage] {
        var said: [SaidMessage] = []
        var (author, name): (Sender?, String) = (nil, "")
        if let reply = message.reply, !reply.isTopicRoot {
            author = self.writer(reply.from, speakingFor: reply.senderChat)
            name = (author?.displayName ?? "").beginning(bytes: Self.nameLimit)
            let text = Self.text(reply.text)
            let isKnown = author?.isSelf == true && !(isBare && message.quote == nil)
            if !isKnown, !text.isEmpty || !reply.attachments.isEmpty {
                said.append(
                    SaidMessage(
                        .repliedTo, reference: self.reference(message.chat.id, reply.id), author: author, name: name,
                        sentAt: reply.date, text: text, attachments: reply.attachments))
            }
        } else if let external = message.external {
            author = self.writer(external.origin?.user, speakingFor: external.origin?.chat)
            name = external.origin?.name ?? ""
            if !external.thing.isEmpty || !external.attachments.isEmpty {
                said.append(
                    SaidMessage(
                        .repliedTo, author: author, name: name, sentAt: external.origin?.date, text: external.thing,
                        attachments: external.attachments))
            }
        } else {
            return []
        }
        if let quote = message.quote.map(Self.text), !quote.isEmpty {
            said.append(SaidMessage(.quoted, author: author, name: name, text: quote))
        }
        return said
    }

    /// A forwarded message; nil if it shows nothing that can be told. Its files are the question's, as whoever forwards them
    /// sends them: here they are only named.
    func forwarded(_ message: TelegramMessage) -> SaidMessage? {
        let text = Self.words(of: message)
        let names = message.attachments.map { "(\($0.name.beginning(bytes: Self.nameLimit).onOneLine))" }
        guard !text.isEmpty || !names.isEmpty else { return nil }
        return SaidMessage(
            .forwarded, author: self.writer(message.origin?.user, speakingFor: message.origin?.chat),
            name: message.origin?.name ?? "", sentAt: message.origin?.date,
            text: text.isEmpty ? names.joined(separator: " ") : text)
    }

    /// As it was written, with the bot's name.
    private static func words(of message: TelegramMessage) -> String {
        let text = Self.text(TelegramText.markdown(message))
        return text.isEmpty ? message.thing : text
    }

    // MARK: What was said in a group

    func place(of message: TelegramMessage) -> TelegramPlace {
        TelegramPlace(chat: message.chat.id, topic: message.isTopic ? message.threadID : nil)
    }

    /// Remembers a message of a group. In a private chat everything is for the bot, so that is in the history.
    mutating func note(_ message: TelegramMessage) {
        guard !message.chat.isPrivate, message.chat.type != "channel" else { return }
        let line = self.line(message)
        let place = self.place(of: message)
        guard !line.text.isEmpty || !line.attachments.isEmpty, !self.lines.has("\(message.id)", in: place) else {
            return
        }
        self.lines.note(line, id: "\(message.id)", size: line.size, in: place)
        guard self.identity?.readsAll == false, message.reply == nil, !message.text.hasPrefix("/"),
            message.from?.isBot == false, !TelegramText(message, identity: self.identity).mentionsUs
        else { return }
        // Telegram shows everything to administrators.
        self.readRooms[message.chat.id] = true
    }

    /// - Parameter head: The message that it is part of, if any.
    private func line(_ message: TelegramMessage, partOf head: Int64? = nil) -> TelegramHeard {
        let sender = TelegramHeard.Writer(message.from, speakingFor: message.senderChat)
        var line = TelegramHeard(
            id: head ?? message.id, author: message.isViaBot ? nil : sender, sentAt: message.date,
            text: Self.words(of: message))
        line.attachments = message.attachments
        if message.isForward {
            // Others' words are not the sender's.
            line.author = TelegramHeard.Writer(message.origin?.user, speakingFor: message.origin?.chat)
            line.name = "\(message.origin?.name ?? ""), forwarded by \(sender?.name ?? "")"
        } else if message.isViaBot {
            line.name = sender?.name
        }
        line.name = line.name?.beginning(bytes: 2 * Self.nameLimit)
        return line
    }

    /// The parts of a question are known under the first one's id.
    mutating func noteJoined(_ messages: [TelegramMessage], with head: TelegramMessage) {
        for message in messages where message.id != head.id {
            self.joined[self.reference(message.chat.id, message.id)] = true
            guard !head.chat.isPrivate else { continue }
            let line = self.line(message, partOf: head.id)
            self.lines.update("\(message.id)", in: self.place(of: message)) { old in
                old = line
                return line.size
            }
        }
    }

    mutating func noteEdit(_ message: TelegramMessage) {
        guard !message.chat.isPrivate else { return }
        let head = self.pasteHeads[self.reference(message.chat.id, message.id)].flatMap { Int64($0.id) }
        let line = self.line(message, partOf: head)
        self.lines.update("\(message.id)", in: self.place(of: message)) { old in
            old = line
            return line.size
        }
    }

    /// Remembers what the bot has sent to a group, edited or deleted there.
    mutating func noteOwn(_ operation: TelegramOperation, _ outcome: TelegramOperation.Outcome) {
        switch (operation.kind, outcome) {
        case (.post(let message), .message(let reference)):
            self.noteOwn(TelegramMarkup(message.text).mentioning(message.route.mentions).text, reference, message.route)
        case (.upload(let file), .message(let reference)):
            let caption = file.caption.isEmpty ? "" : "\(file.caption) "
            self.noteOwn("\(caption)(\(file.name))", reference, file.route)
        case (.edit(let reference, let message), .done):
            guard let chat = self.group(reference.room) else { return }
            let new = self.ownLine(Self.text(TelegramMarkup(message.text).text), reference, at: nil)
            for place in self.ownPlaces(chat) {
                self.lines.update(reference.id, in: place) { line in
                    let time = line.sentAt
                    line = new
                    line.sentAt = time
                    return line.size
                }
            }
        case (.delete(let reference), .done):
            guard let chat = self.group(reference.room) else { return }
            for place in self.ownPlaces(chat) { self.lines.remove(reference.id, in: place) }
        default: break
        }
    }

    private func group(_ room: RoomID) -> Int64? {
        guard let chat = Int64(room.name).map({ self.memory.current($0) }), chat < 0 else { return nil }
        return chat
    }

    private mutating func noteOwn(_ text: String, _ reference: MessageReference, _ route: Route) {
        guard self.group(reference.room) != nil, let place = self.place(of: route) else { return }
        let line = self.ownLine(Self.text(text), reference, at: self.now.wall)
        self.lines.note(line, id: reference.id, size: line.size, in: place)
    }

    private func ownLine(_ text: String, _ reference: MessageReference, at time: Int64?) -> TelegramHeard {
        let me = TelegramHeard.Writer(
            id: self.identity?.id ?? 0, name: self.identity?.username ?? "", isBot: true)
        return TelegramHeard(id: Int64(reference.id) ?? 0, author: me, sentAt: time, text: text)
    }

    /// A message's id does not tell its topic.
    private func ownPlaces(_ chat: Int64) -> [TelegramPlace] { self.lines.places.filter { $0.chat == chat } }

    // MARK: Asking

    /// What was said before a question, as far as the bot has seen it since it began to run.
    package func past(of query: PastQuery) -> RoomPast {
        guard let place = self.place(of: query.route), place.chat < 0 else { return RoomPast() }
        let lines = self.lines.lines(in: place, before: query.before?.id, after: query.after?.id)
        let recent = lines.filter { ($0.sentAt ?? 0) >= query.since }.suffix(max(0, query.limit))
        var past = RoomPast(messages: recent.map { self.said($0, in: place.chat) })
        if self.identity?.readsAll == false, self.readRooms[place.chat] == nil {
            past.missing =
                "what is not written to the bot: privacy mode is on. Send /setprivacy to @BotFather, choose Disable, and "
                + "add the bot to the group again"
        }
        return past
    }

    private func said(_ line: TelegramHeard, in chat: Int64) -> SaidMessage {
        SaidMessage(
            .said, reference: self.reference(chat, line.id), author: line.author.map { self.sender($0) },
            name: line.name ?? line.author?.name ?? "", sentAt: line.sentAt, text: line.text,
            attachments: line.attachments)
    }
}
