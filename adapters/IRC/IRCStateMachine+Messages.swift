internal import Chat
internal import Kit
internal import Primitives

/// Incoming messages.
extension IRCStateMachine {
    /// `:nick!user@host PRIVMSG target :text`
    mutating func receiveMessage(_ line: IRCLine) {
        if self.isMe(line.rawSourceName) {
            self.noteOwnHistory(line, target: line.text(0), line.raw(1))
            return self.receiveEcho(line)
        }
        if !Self.isAction(line.raw(1)), line.raw(1).first == IRCCode.request {
            return self.receiveRequest(line, isDirect: self.isMe(line.raw(0)))
        }
        self.receiveMessage(line, target: line.raw(0), lines: [(line.raw(1), false)])
    }

    /// - Parameter line: Has the tags and the source.
    mutating func receiveMessage(
        _ line: IRCLine, target: ArraySlice<UInt8>, lines: [(bytes: ArraySlice<UInt8>, continues: Bool)]
    ) {
        let isDirect = self.isMe(target)
        // Anything else is for part of a channel (`@#channel`) or for the whole server; an answer would reach the wrong
        // people.
        guard isDirect || self.link.features.isChannel(target), let source = line.source, !source.isServer else {
            return
        }
        let channel = isDirect ? nil : self.fold(IRCText.decode(target))
        // A channel that the bot was forced into, and leaves again, is not configured: nobody there gets an answer.
        if let channel, self.link.channels[channel] == nil { return }
        var said = Said(
            line: line, source: source, key: self.fold(source.name), channel: channel, pieces: lines.map(Piece.init))
        if let channel {
            if self.isRemembered(line, in: channel) || Self.isFromBot(line) { return self.note(said, in: channel) }
            if !self.concernsUs(said) {
                let isPast = self.isBacklog(line)
                said.isPart = self.isPart(
                    said.plain, by: said.key,
                    self.sender(
                        source, key: said.key, account: self.account(of: said, isPast: isPast), isPast: isPast),
                    in: channel, at: isPast ? self.time(of: line) : nil)
                guard said.isPart else { return self.note(said, in: channel) }
            }
        }
        guard !Self.isFromBot(line) else { return }
        self.receive(said)
    }

    /// A message that may be for us.
    private struct Said {
        let line: IRCLine
        let source: IRCSource
        let key: ExactText
        /// Nil in a query.
        let channel: ExactText?
        let pieces: [Piece]
        /// It has no call of its own, but is part of what was just said to us.
        var isPart = false

        var isDirect: Bool { self.channel == nil }
        /// The first line without formatting codes.
        var plain: ArraySlice<UInt8> { self.pieces.first?.plain ?? [] }
    }

    /// One line of it.
    private struct Piece {
        let bytes: ArraySlice<UInt8>
        /// Without formatting codes.
        let plain: ArraySlice<UInt8>
        let isAction: Bool
        /// It continues the line before.
        let continues: Bool

        init(_ line: (bytes: ArraySlice<UInt8>, continues: Bool)) {
            self.isAction = IRCStateMachine.isAction(line.bytes)
            self.bytes = self.isAction ? IRCStateMachine.body(line.bytes).dropFirst(7) : line.bytes
            self.plain = IRCIncomingFormatting.plainBytes(self.bytes)
            self.continues = line.continues
        }
    }

    // MARK: What was said

    /// Milliseconds since 1970.
    private func time(of line: IRCLine) -> Int64 {
        line.tag("time").flatMap { CivilTime.milliseconds(rfc3339: $0) } ?? self.now.wall
    }

    private func account(of said: Said, isPast: Bool) -> String? {
        isPast ? said.line.tag("account").flatMap(Self.kept) : self.account(of: self.link.people[said.key], said.line)
    }

    private mutating func note(_ said: Said, in channel: ExactText) {
        let isPast = self.isBacklog(said.line)
        let account = self.account(of: said, isPast: isPast)
        self.note(
            self.text(said, withCall: true), by: said.source, account: account, at: self.time(of: said.line),
            id: said.line.tag("msgid"), kind: Self.isFromBot(said.line) ? .bot : .person, in: channel, isPast: isPast)
    }

    /// - Parameter line: Has the tags.
    mutating func noteOwnHistory(_ line: IRCLine, target: String, _ text: ArraySlice<UInt8>) {
        let channel = self.fold(target)
        guard self.link.channels[channel] != nil, self.isRemembered(line, in: channel) else { return }
        self.note(
            Self.plainLines(text), by: IRCSource(name: self.link.nick),
            account: nil, at: self.time(of: line), id: line.tag("msgid"), kind: .me, in: channel, isPast: true)
    }

    // MARK: For us

    private mutating func receive(_ said: Said) {
        let isBacklog = self.isBacklog(said.line)
        let account: String?
        if isBacklog {
            account = said.line.tag("account").flatMap(Self.kept)
        } else {
            account = self.speak(said, said.key)
        }
        let sender = self.sender(said.source, key: said.key, account: account, isPast: isBacklog)
        let event = self.event(said, sender: sender, account: account, isBacklog: isBacklog)
        if let channel = said.channel, case .message(let message) = event.kind {
            self.note(
                self.text(said, withCall: true), by: said.source, account: account, at: message.sentAt,
                id: self.idOfTalk(said.key, in: channel, isBacklog: isBacklog, ifPart: said.isPart)
                    ?? message.route.replyTo,
                in: channel, isPast: isBacklog)
        }
        if said.isDirect, !isBacklog {
            if account == nil, self.hold(event, said.key) { return }
            if account != nil { self.watchStranger(said.key) }
        }
        self.say(event, by: said.key, isPart: said.isPart, isComplete: said.pieces.count > 1)
    }

    /// Someone with an account needs no proof for what they write, but for what is written to them.
    private mutating func watchStranger(_ key: ExactText) {
        guard let person = self.link.people[key], person.channels.isEmpty, self.link.features.monitorLimit != nil,
            !self.link.isMonitorFull, self.mayAsk(about: key, person), self.watch(key, person.nick)
        else { return }
        self.pump()
    }

    /// Updates what is known about the sender and returns the account.
    private mutating func speak(_ said: Said, _ key: ExactText) -> String? {
        self.link.people[key] = self.person(key, said.source)
        let account = self.account(of: self.link.people[key], said.line)
        if self.link.capabilities.enabled.contains("account-tag") {
            // Logged out since the last message, unannounced.
            if self.link.people[key]?.account != nil, account == nil { self.endIdentity(key) }
            self.link.people[key]?.account = account
        }
        // A nick's first message in a connection ends earlier pairings: the nick may have changed hands unseen.
        if account == nil, self.link.people[key]?.hasSpoken == false {
            self.deliver(.identityEnded(self.nickIdentity(key)))
        }
        if self.link.people[key]?.hasSpoken == false { self.link.people[key]?.firstLine = self.heardLines }
        self.link.people[key]?.hasSpoken = true
        self.link.people[key]?.lastSpoke = self.now.monotonic
        self.link.renames[key] = nil
        if self.link.people[key]?.channels.isEmpty == true {
            self.doubtHolder(key)
            self.forgetStrangers()
        }
        return account
    }

    private mutating func event(
        _ said: Said, sender: Sender, account: String?, isBacklog: Bool
    ) -> InboundEvent {
        let (key, channel) = (said.key, said.channel)
        let isMention = said.isPart || self.mentions(said)
        let id = said.line.tag("msgid")
        let eventID = id.map { "msgid:\($0)" } ?? self.nextEventID()
        // In a channel, an answer must be distinguishable from the next one to the same person.
        let replyTo = id ?? (channel == nil ? nil : Self.localID + eventID)
        let route = Route(
            room: RoomID(adapter: self.adapter, name: (channel ?? key).text),
            anchor: account.map { self.fold($0).text } ?? (said.isDirect ? Self.anchor(said.source) : nil),
            addressee: channel == nil ? nil : said.source.name, replyTo: replyTo)
        let message = InboundMessage(
            thread: self.thread(in: channel, account: account, nick: key), route: route, sender: sender,
            text: self.text(said), sentAt: self.time(of: said.line), isDirect: said.isDirect,
            isAddressed: said.isDirect || isMention, isMention: isMention,
            mentionsOthers: self.mentionsOthers(said.plain, in: channel, by: key), isBacklog: isBacklog)
        return InboundEvent(id: eventID, adapter: self.adapter, kind: .message(message))
    }

    /// Precedes the id of a message to which the server gave none.
    static let localID = "local:"

    /// Delivers an event to which the server gave no id.
    mutating func deliver(_ kind: InboundEvent.Kind) {
        self.act(.deliver(InboundEvent(id: self.nextEventID(), adapter: self.adapter, kind: kind)))
    }

    private mutating func nextEventID() -> String {
        self.link.events += 1
        return "\(self.link.id)-\(self.link.events)"
    }

    // MARK: Senders

    /// - Parameter isPast: Another person may have had the nick when the line was written, so it must not match a current
    ///   pairing.
    func sender(_ source: IRCSource, key: ExactText, account: String?, isPast: Bool) -> Sender {
        let mask = Identity("\(self.adapter)/mask:\(source.mask)", comparison: .mask)
        let nick = isPast ? "\(self.adapter)/past-nick:\(key)" : self.nickIdentity(key)
        let accounts = account.map(self.accountIdentities) ?? []
        let identities = (accounts + [nick]).map { Identity($0, comparison: .caseInsensitive) } + [mask]
        return Sender(
            id: accounts.first ?? nick, identities: identities, displayName: source.name, isLasting: account != nil)
    }

    /// The account as everything is stored, and also as services spell it if the casemapping folds more than A–Z: an
    /// access list names `al[away]`, not `al{away}`. The list's entries are never folded, since services may tell apart
    /// accounts that the server's casemapping does not.
    private func accountIdentities(_ account: String) -> [String] {
        let folded = self.fold(account)
        let spelled = ExactText(IRCCasemapping.ascii.fold(account))
        return (folded == spelled ? [folded] : [folded, spelled]).map { "\(self.adapter)/account:\($0)" }
    }

    /// The person in the channel, or the query. The comma is unambiguous: channel names and nicks cannot contain it.
    func thread(in channel: ExactText?, account: String?, nick: ExactText) -> ThreadKey {
        let who = account.map { "account:\(self.fold($0))" } ?? "nick:\(nick)"
        return ThreadKey(adapter: self.adapter, value: channel.map { "\($0),\(who)" } ?? who)
    }

    /// Whether the sender is marked as a bot, by a tag that only servers set.
    private static func isFromBot(_ line: IRCLine) -> Bool {
        line.hasTags && ["bot", "draft/bot", "inspircd.org/bot"].contains { line.tag($0) != nil }
    }

    // MARK: Addressing

    /// Whether a line in a channel is a command or mentions us. Works on bytes for speed, since few lines do.
    private func concernsUs(_ said: Said) -> Bool {
        let text = said.plain.drop { $0 <= 0x20 }
        if text.first == UInt8(ascii: "!"), let next = text.dropFirst().first, Self.isLetter(next) { return true }
        return self.mentions(said)
    }

    /// Whether the text begins with our nick as people address somebody, or ends with it after a comma. Anywhere else it is
    /// a word: people also talk about the bot.
    private func mentions(_ said: Said) -> Bool {
        let end = said.pieces.last?.plain ?? []
        return self.mentionLength(said.plain) > 0 || self.ends(end, with: self.link.nick.utf8)
            || (!self.isMe(self.settings.nick) && self.ends(end, with: self.settings.nick.utf8))
    }

    /// `what is this, nick?`
    private func ends(_ bytes: ArraySlice<UInt8>, with nick: String.UTF8View) -> Bool {
        var text = bytes
        while let last = text.last, last <= 0x20 || Self.isSentenceEnd(last) { text = text.dropLast() }
        guard text.count > nick.count, self.link.features.casemapping.areEqual(text.suffix(nick.count), nick) else {
            return false
        }
        text = text.dropLast(nick.count)
        if text.last == UInt8(ascii: "@") { text = text.dropLast() }
        let isApart = text.last == UInt8(ascii: " ")
        while text.last == UInt8(ascii: " ") { text = text.dropLast() }
        guard text.last == UInt8(ascii: ",") else { return false }
        // An address may have commas.
        return isApart || !text.reversed().prefix { $0 > 0x20 }.contains { ":/".utf8.contains($0) }
    }

    /// Whether the text begins with the nick of somebody else in the channel, as people address each other.
    func mentionsOthers(_ bytes: ArraySlice<UInt8>, in channel: ExactText?, by sender: ExactText) -> Bool {
        guard let channel else { return false }
        let start = bytes.drop { $0 <= 0x20 }
        let word = start.prefix { $0 > 0x20 && $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: ",") }
        let isNamed = word.first == UInt8(ascii: "@")
        guard isNamed || start.dropFirst(word.count).first.map({ $0 > 0x20 }) == true else { return false }
        let nick = self.fold(IRCText.decode(isNamed ? word.dropFirst() : word))
        return nick != sender && !self.isMe(nick.text) && self.link.people[nick]?.channels.contains(channel) == true
    }

    /// The text for the core: without our nick at the start unless `withCall`, codes as Markdown; commands as plain text.
    private func text(_ said: Said, withCall: Bool = false) -> String {
        let mention = withCall ? 0 : self.mentionLength(said.plain)
        guard said.pieces.count > 1 else {
            return said.pieces.first.map { StreamSafeText.of(self.text($0, of: said.source, without: mention)) } ?? ""
        }
        let isCommand = said.plain.dropFirst(mention).first == UInt8(ascii: "!")
        var text = ""
        for (index, piece) in said.pieces.enumerated() {
            if index > 0, !piece.continues { text += "\n" }
            text +=
                isCommand
                ? IRCText.decode(piece.plain.dropFirst(index == 0 ? mention : 0))
                : self.text(piece, of: said.source, without: index == 0 ? mention : 0)
        }
        // Short pieces may be one long run of marks together.
        return StreamSafeText.of(text)
    }

    private func text(_ piece: Piece, of source: IRCSource, without mention: Int) -> String {
        let plain = IRCText.decode(piece.plain.dropFirst(mention))
        if piece.isAction { return "*\(source.name) \(plain)*" }
        guard plain.utf8.first != UInt8(ascii: "!"), piece.plain.count != piece.bytes.count else { return plain }
        let rest = IRCIncomingFormatting.dropping(mention, of: piece.bytes)
        return IRCIncomingFormatting.markdown(rest[...])
    }

    /// The length of our nick at the start (`nick: text`, `nick, text`, `@nick text`): the present one, or the configured
    /// one, by which people know the bot even while someone else has it. Some people write it even in queries.
    private func mentionLength(_ bytes: ArraySlice<UInt8>) -> Int {
        let length = self.mentionLength(bytes, self.link.nick.utf8)
        return length > 0 ? length : self.mentionLength(bytes, self.settings.nick.utf8)
    }

    private func mentionLength(_ bytes: ArraySlice<UInt8>, _ nick: String.UTF8View) -> Int {
        let space = UInt8(ascii: " ")
        let start = bytes.drop { $0 == space }
        let isNamed = start.first == UInt8(ascii: "@")
        let rest = isNamed ? start.dropFirst() : start
        guard self.link.features.casemapping.areEqual(rest.prefix(nick.count), nick) else { return 0 }
        var tail = rest.dropFirst(nick.count)
        let next = tail.first
        if next == UInt8(ascii: ":") || next == UInt8(ascii: ",") {
            tail = tail.dropFirst()
            // `nick://address`
            guard !tail.starts(with: "//".utf8) else { return 0 }
        } else {
            guard isNamed else { return 0 }
            // `@nick?`
            let end = tail.drop(while: Self.isSentenceEnd)
            guard end.isEmpty || end.first == space else { return 0 }
            if end.count != tail.count { tail = end }
        }
        return bytes.count - tail.drop { $0 == space }.count
    }

    private static func isSentenceEnd(_ byte: UInt8) -> Bool { "?!.".utf8.contains(byte) }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

    // MARK: CTCP

    static func isAction(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.first == IRCCode.request && Self.body(bytes).starts(with: "ACTION ".utf8)
    }

    /// The bytes between the two delimiters; the second may be missing.
    static func body(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let body = bytes.dropFirst()
        return body.last == IRCCode.request ? body.dropLast() : body
    }

    /// Answers VERSION and PING by NOTICE, at a limited rate; ignores all other requests, above all DCC.
    private mutating func receiveRequest(_ line: IRCLine, isDirect: Bool) {
        guard isDirect, let source = line.source, !source.isServer, !self.isBacklog(line) else { return }
        let words = Self.body(line.raw(1)).split(separator: 0x20, maxSplits: 1)
        var answer: [UInt8]
        switch words.first.map(IRCText.decode)?.uppercased() {
        case "VERSION": answer = Array("VERSION Jetbridge".utf8)
        case "PING": answer = Array("PING ".utf8) + (words.count > 1 ? words[1].prefix(64) : [])
        default: return
        }
        guard self.link.replies.take(at: self.now.monotonic) == nil else { return }
        answer = [IRCCode.request] + answer.filter { $0 != IRCCode.request } + [IRCCode.request]
        self.enqueue(IRCOutgoingLine("NOTICE", bytes: [Array(source.name.utf8), answer], hasText: true))
        self.pump()
    }
}
