internal import Chat
internal import JSON
internal import Kit

/// Turns what people say and do into events for the core.
extension MatrixStateMachine {
    // MARK: Lookups

    /// The event whose sender has to be known first: the target of a reply or reaction.
    func unknownTarget(of event: MatrixEvent, in room: String) -> String? {
        guard event.sender != self.settings.user, self.batch?.mayLookUp(for: event.sender) == true,
            self.mayRead(event, in: room)
        else { return nil }
        let target: String?
        switch event.type {
        case .reaction: target = event.annotation?.target
        // In a direct room every message is addressed to the bot anyway.
        case .message where self.isDirect(room): return nil
        // Whose message it is, and where, is not in the edit.
        case .message where event.replaced != nil: target = self.edit(event)?.isAddressed == true ? event.replaced : nil
        case .message:
            if self.isOwn(event.repliedTo) || self.isAddressed(event) { return nil }
            target = [event.repliedTo, event.threadRoot].compactMap { $0 }.first { self.notes[$0] == nil }
        default: target = nil
        }
        guard let target, self.notes[target] == nil else { return nil }
        return target
    }

    /// Whether the message itself addresses the bot.
    private func isAddressed(_ event: MatrixEvent) -> Bool {
        guard let kind = event.content["msgtype"]?.stringValue else { return false }
        return self.read(event.content, kind: kind, of: event)?.isAddressed ?? false
    }

    private func isOwn(_ id: String?) -> Bool { id.flatMap { self.notes[$0]?.isOwn } ?? false }

    /// Applies what an event says about the room without delivering it.
    mutating func skip(_ event: MatrixEvent, in room: String) {
        if event.stateKey != nil { self.apply(event, in: room) }
        self.note(event)
    }

    private mutating func note(_ event: MatrixEvent) {
        guard !event.id.isEmpty, event.stateKey == nil, event.replaced == nil else { return }
        self.notes[event.id] = self.note(of: event)
        if let root = event.threadRoot { self.latest[root] = event.id }
    }

    func note(of event: MatrixEvent?) -> Note {
        Note(isOwn: event?.sender == self.settings.user, sender: event?.sender, thread: event?.threadRoot)
    }

    // MARK: Events

    mutating func receive(_ event: MatrixEvent, in room: String) {
        self.note(event)
        if event.stateKey != nil { return self.apply(event, in: room) }
        guard event.sender != self.settings.user, !event.id.isEmpty, self.mayRead(event, in: room) else { return }
        switch event.type {
        case .message: self.receiveMessage(event, in: room)
        case .sticker, .poll, .earlyPoll: self.receiveUnspoken(event, in: room)
        case .reaction: self.receiveReaction(event, in: room)
        case .redaction:
            guard let target = event.redacts else { return }
            self.notes[target]?.isRedacted = true
            self.deliver(event, .messageDeleted(self.reference(target, in: room)))
        default: break
        }
    }

    /// In an encrypted room only what was encrypted counts, because the server could write anything else. Reactions and
    /// redactions are never encrypted.
    func mayRead(_ event: MatrixEvent, in room: String) -> Bool {
        guard self.memory.encrypted.contains(room) else { return true }
        return self.encrypts && (event.wasEncrypted || event.type == .reaction || event.type == .redaction)
    }

    private mutating func deliver(_ event: MatrixEvent, _ kind: InboundEvent.Kind) {
        self.act(.deliver(InboundEvent(id: event.id, adapter: self.adapter, kind: kind)))
    }

    private func reference(_ id: String, in room: String) -> MessageReference {
        MessageReference(room: RoomID(adapter: self.adapter, name: room), id: id)
    }

    func sender(_ user: String) -> Sender {
        let id = "matrix:\(user)"
        let local = user.dropFirst().prefix { $0 != ":" }
        return Sender(
            id: id, identities: [Identity(id)], displayName: self.names[user] ?? String(local),
            isSelf: user == self.settings.user)
    }

    /// Capped at the present, since another server's clock may be ahead.
    private func sentAt(_ event: MatrixEvent) -> Int64 { max(0, min(event.timestamp, self.now.wall)) }

    // MARK: Messages

    private mutating func receiveMessage(_ event: MatrixEvent, in room: String) {
        if event.replaced != nil { return self.receiveEdit(event, in: room) }
        // Without `msgtype` it was deleted. A notice comes from a program: answering could start an endless exchange.
        guard let kind = event.content["msgtype"]?.stringValue, kind != "m.notice" else { return }
        if kind == "m.location" { return self.receiveUnspoken(event, in: room) }
        guard var said = self.read(event.content, kind: kind, of: event) else { return }
        if let edited = self.takeEdit(of: event, in: room) {
            said.text = edited.text
            said.isMention = said.isMention || edited.isMention
            said.mentionsOthers = edited.mentionsOthers
        }
        said.isReply = self.isOwn(event.repliedTo)
        // A thread that starts from one of the bot's messages includes the bot.
        said.isBelowOwn = self.isOwn(event.threadRoot)
        self.deliver(said, event, as: event.id, to: event.threadRoot, in: room)
    }

    /// - Parameters:
    ///   - id: The message's, which an edit of it does not have.
    ///   - root: The first message of the thread that it is in.
    private mutating func deliver(
        _ said: Said, _ event: MatrixEvent, as id: String, to root: String?, in room: String
    ) {
        let isDirect = self.isDirect(room)
        if said.text.isEmpty, said.attachments.isEmpty, !said.isAddressed { return }
        let route = Route(
            room: RoomID(adapter: self.adapter, name: room), anchor: root, replyTo: id, recipient: event.sender)
        let message = InboundMessage(
            thread: ThreadKey(adapter: self.adapter, value: root.map { "\(room)/\($0)" } ?? room), route: route,
            sender: self.sender(event.sender), text: said.text, sentAt: self.sentAt(event), isDirect: isDirect,
            isAddressed: said.isAddressed, isMention: said.isMention, isReply: said.isReply,
            mentionsOthers: said.mentionsOthers, isThreaded: root != nil, isBacklog: self.batch?.isBacklog ?? false,
            attachments: said.attachments, repliesTo: event.repliedTo)
        self.act(.deliver(InboundEvent(id: id, adapter: self.adapter, kind: .message(message))))
        if isDirect || said.isAddressed { self.memory.rooms[room]?.isUsed = true }
        if isDirect || said.isAddressed || root != nil { self.batch?.work?.read = (event.id, root) }
    }

    /// Without words it is for the bot only in a direct room, or where it mentions the bot.
    private mutating func receiveUnspoken(_ event: MatrixEvent, in room: String) {
        guard let text = Self.unspoken(event.type, event.content) else { return }
        let mentioned = event.content["m.mentions"]?["user_ids"]?.arrayValue ?? []
        let said = Said(text: text, isMention: mentioned.contains(.string(self.settings.user)))
        guard said.isMention || self.isDirect(room) else { return }
        self.deliver(said, event, as: event.id, to: event.threadRoot, in: room)
    }

    private mutating func receiveEdit(_ event: MatrixEvent, in room: String) {
        guard let target = event.replaced, let said = self.edit(event) else { return }
        self.deliver(
            event,
            .messageEdited(
                MessageEdit(
                    reference: self.reference(target, in: room), sender: self.sender(event.sender), text: said.text)))
        // A mention that was added counts like one that was there at once: a message that the bot has had before is a
        // repeat by its id.
        guard said.isAddressed, !self.isDirect(room), let note = self.notes[target], note.sender == event.sender
        else { return }
        self.deliver(said, event, as: target, to: note.thread, in: room)
    }

    /// What an edit makes of a message, which may be a reply; nil for one that does not count.
    private func edit(_ event: MatrixEvent, of original: MatrixEvent? = nil) -> Said? {
        guard let content = event.content["m.new_content"], let kind = content["msgtype"]?.stringValue,
            kind != "m.notice"
        else { return nil }
        return self.read(content, kind: kind, of: original ?? event)
    }

    /// The last edit of a message that came together with it: delivered on its own, it would come after the answer has
    /// begun.
    private mutating func takeEdit(of event: MatrixEvent, in room: String) -> Said? {
        let known = [self.batch?.work?.edits[event.id], self.batch?.work?.laterEdits[event.id]].compactMap(\.self)
        var last: Said?
        for edit in known.joined() {
            guard edit.type == .message, edit.sender == event.sender,
                self.batch?.work?.seen.contains(edit.id) == false,
                self.mayRead(edit, in: room), let said = self.edit(edit, of: event)
            else { continue }
            last = said
            // It is done.
            self.batch?.work?.seen.insert(edit.id)
        }
        return last
    }

    struct Said {
        var text: String
        var isMention: Bool
        var mentionsOthers = false
        /// To one of the bot's messages.
        var isReply = false
        /// In a thread that begins with one.
        var isBelowOwn = false
        var attachments: [Attachment] = []

        var isAddressed: Bool { self.isMention || self.isReply || self.isBelowOwn }
    }

    /// - Parameter keepsName: whether the bot's name stays at the beginning.
    func read(_ content: JSON, kind: String, of event: MatrixEvent, keepsName: Bool = false) -> Said? {
        let body = content["body"]?.stringValue ?? ""
        switch kind {
        case "m.text": return self.readText(content, body, event, keepsName)
        case "m.emote":
            var said = self.readText(content, body, event, keepsName)
            said.text = "*\(self.sender(event.sender).displayName) \(said.text)*"
            return said
        case "m.file", "m.image", "m.audio", "m.video":
            let name = content["filename"]?.stringValue
            // Next to `filename`, the body is a caption.
            let caption = name == nil || name == body ? "" : body
            var said = self.readText(content, caption, event, keepsName)
            said.attachments = [Self.attachment(content, name: name ?? body)]
            return said
        default: return nil
        }
    }

    private func readText(_ content: JSON, _ body: String, _ event: MatrixEvent, _ keepsName: Bool) -> Said {
        let mentioned = content["m.mentions"]?["user_ids"]?.arrayValue ?? []
        let html = MatrixIncomingText.withoutQuote(html: content["formatted_body"]?.stringValue ?? "")
        let isMentioned = mentioned.contains(.string(self.settings.user)) || self.incoming.isLinked(in: html)
        let known = [self.settings.user, event.sender]
        // Where a client says whom it mentions, links are only links.
        let mentionsOthers =
            content["m.mentions"] == nil
            ? self.incoming.linksUser(in: html, except: known)
            : mentioned.contains { $0.stringValue.map { !known.contains($0) } ?? false }
        let isReply = event.relation?["m.in_reply_to"] != nil
        let (text, isNamed) = self.incoming.read(body, isReply: isReply, keepsName: keepsName)
        return Said(text: text, isMention: isMentioned || isNamed, mentionsOthers: mentionsOthers)
    }

    /// Without a usable address the id is empty, and the sender gets the error when the file is fetched.
    private static func attachment(_ content: JSON, name: String) -> Attachment {
        let address =
            content["file"].flatMap { MatrixEncryptedFile($0)?.attachmentID }
            ?? content["url"]?.stringValue.flatMap { MatrixMediaAddress($0) == nil ? nil : $0 } ?? ""
        let size = content["info"]?["size"]?.intValue
        return Attachment(
            id: address, name: String(String.UnicodeScalarView(name.unicodeScalars.prefix(255))),
            mediaType: content["info"]?["mimetype"]?.stringValue, size: size.flatMap { $0 >= 0 ? $0 : nil },
            isVoice: content["org.matrix.msc3245.voice"] != nil || content["org.matrix.msc3245.voice.v2"] != nil)
    }

    // MARK: Reactions

    private mutating func receiveReaction(_ event: MatrixEvent, in room: String) {
        guard let (target, key) = event.annotation, self.isOwn(target) else { return }
        let emoji = String(String.UnicodeScalarView(key.unicodeScalars.filter { $0 != "\u{FE0F}" }))
        guard !emoji.isEmpty, emoji.utf8.count <= 64 else { return }
        self.deliver(
            event,
            .choice(
                Choice(
                    target: self.reference(target, in: room), sender: self.sender(event.sender),
                    kind: .reaction(emoji), sentAt: self.sentAt(event))))
    }
}
