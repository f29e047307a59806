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
        if let chat { return self.sender(chat.id, name: chat.title) }
        guard let user else { return nil }
        let identity = "telegram:\(user.id)"
        return Sender(
            id: identity, identities: [Chat.Identity(identity)], displayName: user.name, isBot: user.isBot,
            isSelf: user.id == self.identity?.id)
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
        self.lines.note(line, id: "\(message.id)", size: Self.size(of: line), in: place)
        guard self.identity?.readsAll == false, message.reply == nil, !message.text.hasPrefix("/"),
            message.from?.isBot == false, !TelegramText(message, identity: self.identity).mentionsUs
        else { return }
        // Telegram shows everything to administrators.
        self.readRooms[message.chat.id] = true
    }

    private func line(_ message: TelegramMessage, reference: MessageReference? = nil) -> SaidMessage {
        let sender = self.writer(message.from, speakingFor: message.senderChat)
        let name = sender?.displayName ?? ""
        // Others' words are not the sender's.
        let author =
            message.isForward
            ? self.writer(message.origin?.user, speakingFor: message.origin?.chat) : message.isViaBot ? nil : sender
        let shown = message.isForward ? "\(message.origin?.name ?? ""), forwarded by \(name)" : name
        return SaidMessage(
            .said, reference: reference ?? self.reference(message.chat.id, message.id), author: author,
            name: shown.beginning(bytes: 2 * Self.nameLimit), sentAt: message.date, text: Self.words(of: message),
            attachments: message.attachments)
    }

    private static func size(of line: SaidMessage) -> Int {
        line.text.utf8.count + line.name.utf8.count + 400
            + line.attachments.reduce(0) { $0 + $1.id.utf8.count + $1.name.utf8.count + 100 }
    }

    /// The parts of a question are known under the first one's id.
    mutating func noteJoined(_ messages: [TelegramMessage], with head: TelegramMessage) {
        let reference = self.reference(head.chat.id, head.id)
        for message in messages where message.id != head.id {
            self.joined[self.reference(message.chat.id, message.id)] = true
            guard !head.chat.isPrivate else { continue }
            let line = self.line(message, reference: reference)
            self.lines.update("\(message.id)", in: self.place(of: message)) { old in
                old = line
                return Self.size(of: line)
            }
        }
    }

    mutating func noteEdit(_ message: TelegramMessage) {
        guard !message.chat.isPrivate else { return }
        let head = self.pasteHeads[self.reference(message.chat.id, message.id)]
        let line = self.line(message, reference: head)
        self.lines.update("\(message.id)", in: self.place(of: message)) { old in
            old = line
            return Self.size(of: line)
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
                    line = SaidMessage(
                        .said, reference: reference, author: new.author, name: new.name, sentAt: line.sentAt,
                        text: new.text)
                    return Self.size(of: line)
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
        self.lines.note(line, id: reference.id, size: Self.size(of: line), in: place)
    }

    private func ownLine(_ text: String, _ reference: MessageReference, at time: Int64?) -> SaidMessage {
        let identity = "telegram:\(self.identity?.id ?? 0)"
        let name = self.identity?.username ?? ""
        let sender = Sender(
            id: identity, identities: [Chat.Identity(identity)], displayName: name, isBot: true, isSelf: true)
        return SaidMessage(.said, reference: reference, author: sender, name: name, sentAt: time, text: text)
    }

    /// A message's id does not tell its topic.
    private func ownPlaces(_ chat: Int64) -> [TelegramPlace] { self.lines.places.filter { $0.chat == chat } }

    // MARK: Asking

    /// What was said before a question, as far as the bot has seen it since it began to run.
    package func past(of query: PastQuery) -> RoomPast {
        guard let place = self.place(of: query.route), place.chat < 0 else { return RoomPast() }
        let lines = self.lines.lines(in: place, before: query.before?.id, after: query.after?.id)
        let recent = lines.filter { ($0.sentAt ?? 0) >= query.since }.suffix(max(0, query.limit))
        var past = RoomPast(messages: Array(recent))
        if self.identity?.readsAll == false, self.readRooms[place.chat] == nil {
            past.missing =
                "what is not written to the bot: privacy mode is on. Send /setprivacy to @BotFather, choose Disable, and "
                + "add the bot to the group again"
        }
        return past
    }
}
