internal import Chat

/// What people say.
extension IRCSession {
    /// `:nick!user@host PRIVMSG target :text`
    mutating func receiveMessage(_ line: IRCLine) {
        if line.hasTags { self.countInBatch(line) }
        if self.isMe(line.rawSourceName) { return self.receiveEcho(line) }
        let isDirect = self.isMe(line.raw(0))
        // Anything else is for a part of a channel (`@#channel`) or the whole server: an answer would go to the wrong
        // people.
        guard isDirect || self.link.features.isChannel(line.raw(0)) else { return }
        let isAction = Self.isAction(line.raw(1))
        let bytes = isAction ? Self.body(line.raw(1)).dropFirst(7) : line.raw(1)
        if !isAction, bytes.first == IRCCode.request { return self.receiveRequest(line, isDirect: isDirect) }
        let plain = IRCIncomingFormatting.plainBytes(bytes)
        guard isDirect || self.concernsUs(plain), let source = line.source, !source.isServer, !Self.isFromBot(line)
        else { return }
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
            account = said.line.tag("account")
        } else {
            account = self.speak(said, key)
        }
        let sender = self.sender(said.source, key: key, account: account, isBacklog: isBacklog)
        let event = self.event(said, sender: sender, account: account, key: key, isBacklog: isBacklog)
        if said.isDirect, account == nil, !isBacklog, self.hold(event, key) { return }
        self.act(.deliver(event))
    }

    /// Notes who speaks, and returns the account.
    private mutating func speak(_ said: Said, _ key: ExactText) -> String? {
        self.link.people[key] = self.person(key, said.source)
        let account = self.account(of: self.link.people[key], said.line)
        if self.link.capabilities.enabled.contains("account-tag") {
            // Logged out since the last message, without a word about it.
            if self.link.people[key]?.account != nil, account == nil { self.endIdentity(key) }
            self.link.people[key]?.account = account
        }
        // The first word of a nick in a connection: whatever was paired with it before is over, however it ended.
        if account == nil, self.link.people[key]?.hasSpoken == false {
            self.deliver(.identityEnded(self.nickIdentity(key)))
        }
        self.link.people[key]?.hasSpoken = true
        self.link.people[key]?.lastSpoke = self.now.monotonic
        self.link.renames[key] = nil
        if self.link.people[key]?.channels.isEmpty == true { self.forgetStrangers() }
        return account
    }

    private mutating func event(
        _ said: Said, sender: Sender, account: String?, key: ExactText, isBacklog: Bool
    ) -> InboundEvent {
        let (text, isStripped) = self.text(said)
        let id = said.line.tag("msgid")
        let channel = said.isDirect ? nil : self.fold(said.line.text(0))
        let route = Route(
            room: RoomID(adapter: self.adapter, name: (channel ?? key).text),
            anchor: account.map { self.fold($0).text }, addressee: channel == nil ? nil : said.source.name, replyTo: id)
        let message = InboundMessage(
            thread: self.thread(in: channel, account: account, nick: key), route: route, sender: sender, text: text,
            sentAt: said.line.tag("time").flatMap { IRCTime.milliseconds(iso8601: $0) } ?? self.now.wall,
            isDirect: said.isDirect, isAddressed: said.isDirect || isStripped || self.mentions(said.plain),
            isBacklog: isBacklog)
        return InboundEvent(
            id: id.map { "msgid:\($0)" } ?? self.nextEventID(), adapter: self.adapter, kind: .message(message))
    }

    /// Delivers what has no id of the server's.
    mutating func deliver(_ kind: InboundEvent.Kind) {
        self.act(.deliver(InboundEvent(id: self.nextEventID(), adapter: self.adapter, kind: kind)))
    }

    private mutating func nextEventID() -> String {
        self.link.events += 1
        return "\(self.link.id)-\(self.link.events)"
    }

    // MARK: Who

    private func sender(_ source: IRCSource, key: ExactText, account: String?, isBacklog: Bool) -> Sender {
        let mask = Identity("\(self.adapter)/mask:\(source.mask)", comparison: .mask)
        // Who had a nick when an old line was written is not known now: it proves nothing about today's pairing.
        let nick = isBacklog ? "\(self.adapter)/past-nick:\(key)" : self.nickIdentity(key)
        let account = account.map { "\(self.adapter)/account:\(self.fold($0))" }
        let identities = [account, nick].compactMap { $0 }.map { Identity($0, comparison: .caseInsensitive) } + [mask]
        return Sender(
            id: account ?? nick, identities: identities, displayName: source.name, isLasting: account != nil)
    }

    /// Channel and person, or the query. A comma can be in neither a channel's name nor a nick.
    func thread(in channel: ExactText?, account: String?, nick: ExactText) -> ThreadKey {
        let who = account.map { "account:\(self.fold($0))" } ?? "nick:\(nick)"
        return ThreadKey(adapter: self.adapter, value: channel.map { "\($0),\(who)" } ?? who)
    }

    /// A program said so itself, by a tag that only servers set.
    private static func isFromBot(_ line: IRCLine) -> Bool {
        line.hasTags && ["bot", "draft/bot", "inspircd.org/bot"].contains { line.tag($0) != nil }
    }

    // MARK: For us?

    /// Whether a line in a channel is a command or mentions us. On bytes, since nearly every line is neither.
    private func concernsUs(_ bytes: ArraySlice<UInt8>) -> Bool {
        let text = bytes.drop { $0 <= 0x20 }
        if text.first == UInt8(ascii: "!"), let next = text.dropFirst().first, Self.isLetter(next) { return true }
        return self.mentions(bytes)
    }

    /// Whether our nick stands in the text as a word.
    private func mentions(_ bytes: ArraySlice<UInt8>) -> Bool {
        let nick = self.link.nick.utf8
        let mapping = self.link.features.casemapping
        guard let first = nick.first.map({ mapping.fold($0) }), bytes.count >= nick.count else { return false }
        for index in bytes.startIndex...(bytes.endIndex - nick.count) where mapping.fold(bytes[index]) == first {
            let end = index + nick.count
            guard mapping.areEqual(bytes[index..<end], nick) else { continue }
            let isStart = index == bytes.startIndex || !Self.isNickByte(bytes[index - 1])
            if isStart, end == bytes.endIndex || !Self.isNickByte(bytes[end]) { return true }
        }
        return false
    }

    /// The text for the core: codes as Markdown, our nick at the start removed. A command comes plain.
    private func text(_ said: Said) -> (text: String, isStripped: Bool) {
        let mention = self.mentionLength(said.plain)
        let plain = IRCText.decode(said.plain.dropFirst(mention))
        if said.isAction { return ("*\(said.source.name) \(plain)*", mention > 0) }
        guard plain.utf8.first != UInt8(ascii: "!"), said.plain.count != said.bytes.count else {
            return (plain, mention > 0)
        }
        let rest = IRCIncomingFormatting.dropping(mention, of: said.bytes)
        return (IRCIncomingFormatting.markdown(rest[...]), mention > 0)
    }

    /// The bytes of our nick at the start: `nick: text`, `nick, text`, `nick text`, `@nick text`; also in a query,
    /// where some write it from habit.
    private func mentionLength(_ bytes: ArraySlice<UInt8>) -> Int {
        let space = UInt8(ascii: " ")
        let start = bytes.drop { $0 == space }
        let rest = start.first == UInt8(ascii: "@") ? start.dropFirst() : start
        let nick = self.link.nick.utf8
        guard self.link.features.casemapping.areEqual(rest.prefix(nick.count), nick) else { return 0 }
        var tail = rest.dropFirst(nick.count)
        guard let next = tail.first else { return bytes.count }
        guard next == space || next == UInt8(ascii: ":") || next == UInt8(ascii: ",") else { return 0 }
        if next != space { tail = tail.dropFirst() }
        return bytes.count - tail.drop { $0 == space }.count
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

    /// RFC 2812 §2.3.1: letters, digits, `-` and the special ones.
    private static func isNickByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7D).contains(byte)
            || (0x5B...0x60).contains(byte) || byte == UInt8(ascii: "-")
    }

    // MARK: CTCP

    private static func isAction(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.first == IRCCode.request && Self.body(bytes).starts(with: "ACTION ".utf8)
    }

    /// What stands between the two marks; the second one may be missing.
    private static func body(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let body = bytes.dropFirst()
        return body.last == IRCCode.request ? body.dropLast() : body
    }

    /// VERSION and PING are answered by NOTICE, a few at a time; everything else (DCC above all) gets nothing.
    private mutating func receiveRequest(_ line: IRCLine, isDirect: Bool) {
        guard isDirect, let source = line.source, !source.isServer, !self.isBacklog(line) else { return }
        let words = Self.body(line.raw(1)).split(separator: 0x20, maxSplits: 1)
        var answer: [UInt8]
        switch words.first.map(IRCText.decode)?.uppercased() {
        case "VERSION": answer = Array("VERSION Jetbridge".utf8)
        case "PING": answer = Array("PING ".utf8) + (words.count > 1 ? words[1].prefix(64) : [])
        default: return
        }
        guard self.mayReply() else { return }
        answer = [IRCCode.request] + answer.filter { $0 != IRCCode.request } + [IRCCode.request]
        self.enqueue(IRCOutgoingLine("NOTICE", bytes: [Array(source.name.utf8), answer], hasText: true))
        self.pump()
    }

    /// Three at once, then one each five seconds.
    private mutating func mayReply() -> Bool {
        let earned = Int(min(3, (self.now.monotonic - self.link.replies.at) / 5_000))
        if earned > 0 { self.link.replies = (min(3, self.link.replies.left + earned), self.now.monotonic) }
        guard self.link.replies.left > 0 else { return false }
        self.link.replies.left -= 1
        return true
    }
}
