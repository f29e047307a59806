internal import Chat
internal import Kit
internal import Primitives

/// Incoming messages.
extension IRCStateMachine {
    /// `:nick!user@host PRIVMSG target :text`
    mutating func receiveMessage(_ line: IRCLine) {
        if self.isMe(line.rawSourceName) { return self.receiveEcho(line) }
        let isDirect = self.isMe(line.raw(0))
        // Anything else is for part of a channel (`@#channel`) or for the whole server; an answer would reach the wrong
        // people.
        guard isDirect || self.link.features.isChannel(line.raw(0)) else { return }
        let isAction = Self.isAction(line.raw(1))
        let bytes = isAction ? Self.body(line.raw(1)).dropFirst(7) : line.raw(1)
        if !isAction, bytes.first == IRCCode.request { return self.receiveRequest(line, isDirect: isDirect) }
        let plain = IRCIncomingFormatting.plainBytes(bytes)
        guard isDirect || self.concernsUs(plain), let source = line.source, !source.isServer, !Self.isFromBot(line)
        else { return }
        // A channel that the bot was forced into, and leaves again, is not configured: nobody there gets an answer.
        guard isDirect || self.link.channels[self.fold(line.text(0))] != nil else { return }
        self.receive(
            Said(line: line, source: source, bytes: bytes, plain: plain, isAction: isAction, isDirect: isDirect))
    }

    /// A message that may be for us.
    private struct Said {
        let line: IRCLine
        let source: IRCSource
        let bytes: ArraySlice<UInt8>
        /// Without formatting codes.
        let plain: ArraySlice<UInt8>
        let isAction: Bool
        let isDirect: Bool
    }

    private mutating func receive(_ said: Said) {
        let isBacklog = self.isBacklog(said.line)
        let key = self.fold(said.source.name)
        let account: String?
        if isBacklog {
            account = said.line.tag("account").flatMap(Self.kept)
        } else {
            account = self.speak(said, key)
        }
        let sender = self.sender(said.source, key: key, account: account, isBacklog: isBacklog)
        let event = self.event(said, sender: sender, account: account, key: key, isBacklog: isBacklog)
        if said.isDirect, !isBacklog {
            if account == nil, self.hold(event, key) { return }
            if account != nil { self.watchStranger(key) }
        }
        self.act(.deliver(event))
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
        _ said: Said, sender: Sender, account: String?, key: ExactText, isBacklog: Bool
    ) -> InboundEvent {
        let text = self.text(said)
        let isMention = self.mentions(said.plain)
        let id = said.line.tag("msgid")
        let eventID = id.map { "msgid:\($0)" } ?? self.nextEventID()
        let channel = said.isDirect ? nil : self.fold(said.line.text(0))
        // In a channel, an answer must be distinguishable from the next one to the same person.
        let replyTo = id ?? (channel == nil ? nil : Self.localID + eventID)
        let route = Route(
            room: RoomID(adapter: self.adapter, name: (channel ?? key).text),
            anchor: account.map { self.fold($0).text } ?? (said.isDirect ? Self.anchor(said.source) : nil),
            addressee: channel == nil ? nil : said.source.name, replyTo: replyTo)
        let message = InboundMessage(
            thread: self.thread(in: channel, account: account, nick: key), route: route, sender: sender, text: text,
            sentAt: said.line.tag("time").flatMap { CivilTime.milliseconds(rfc3339: $0) } ?? self.now.wall,
            isDirect: said.isDirect, isAddressed: said.isDirect || isMention, isMention: isMention,
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

    private func sender(_ source: IRCSource, key: ExactText, account: String?, isBacklog: Bool) -> Sender {
        let mask = Identity("\(self.adapter)/mask:\(source.mask)", comparison: .mask)
        // Another person may have had the nick when an old line was written, so it must not match a current pairing.
        let nick = isBacklog ? "\(self.adapter)/past-nick:\(key)" : self.nickIdentity(key)
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
    private func concernsUs(_ bytes: ArraySlice<UInt8>) -> Bool {
        let text = bytes.drop { $0 <= 0x20 }
        if text.first == UInt8(ascii: "!"), let next = text.dropFirst().first, Self.isLetter(next) { return true }
        return self.mentions(bytes)
    }

    /// Whether the text begins with our nick as people address somebody, or ends with it after a comma. Anywhere else it is
    /// a word: people also talk about the bot.
    private func mentions(_ bytes: ArraySlice<UInt8>) -> Bool {
        self.mentionLength(bytes) > 0 || self.ends(bytes, with: self.link.nick.utf8)
            || (!self.isMe(self.settings.nick) && self.ends(bytes, with: self.settings.nick.utf8))
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
    private func mentionsOthers(_ bytes: ArraySlice<UInt8>, in channel: ExactText?, by sender: ExactText) -> Bool {
        guard let channel else { return false }
        let start = bytes.drop { $0 <= 0x20 }
        let word = start.prefix { $0 > 0x20 && $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: ",") }
        let isNamed = word.first == UInt8(ascii: "@")
        guard isNamed || start.dropFirst(word.count).first.map({ $0 > 0x20 }) == true else { return false }
        let nick = self.fold(IRCText.decode(isNamed ? word.dropFirst() : word))
        return nick != sender && !self.isMe(nick.text) && self.link.people[nick]?.channels.contains(channel) == true
    }

    /// The text for the core: without our nick at the start, codes as Markdown; commands as plain text.
    private func text(_ said: Said) -> String {
        let mention = self.mentionLength(said.plain)
        let plain = IRCText.decode(said.plain.dropFirst(mention))
        if said.isAction { return "*\(said.source.name) \(plain)*" }
        guard plain.utf8.first != UInt8(ascii: "!"), said.plain.count != said.bytes.count else { return plain }
        let rest = IRCIncomingFormatting.dropping(mention, of: said.bytes)
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

    private static func isAction(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.first == IRCCode.request && Self.body(bytes).starts(with: "ACTION ".utf8)
    }

    /// The bytes between the two delimiters; the second may be missing.
    private static func body(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
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
