package import Chat
internal import Kit
internal import Primitives

/// What was said in channels: the bot remembers the newest lines, and asks a server that keeps history for those before it
/// came.
extension IRCStateMachine {
    /// A line of a channel.
    struct HeardLine: Sendable {
        let number: Int
        let source: IRCSource
        let account: String?
        let text: String
        /// Milliseconds since 1970.
        let time: Int64
        /// The message's id; nil if the server gave none and the line was not for us.
        var id: String?
        let kind: Kind

        enum Kind: Sendable { case person, bot, me }

        /// From before this connection saw who has the nick.
        let isPast: Bool

        /// What it takes in memory, in bytes.
        var size: Int { self.text.utf8.count + self.source.text.utf8.count + (self.account?.utf8.count ?? 0) + 240 }
    }

    /// The newest lines of a channel, requested and not all here.
    struct Latest: Sendable {
        /// When they are no longer waited for, in monotonic milliseconds.
        let until: Int64
        var lines: [RoomMemory<ExactText, HeardLine>.Entry] = []
    }

    private static let latestLines = 50
    private static let latestPatience: Int64 = 60_000
    /// Bytes of a message's id. Servers' are far shorter.
    private static let idLimit = 200

    private static func kept(id: String?) -> String? { id.flatMap { $0.utf8.count <= self.idLimit ? $0 : nil } }

    // MARK: Remembering

    /// - Parameter id: The id of the message that the line is, or is part of.
    mutating func note(
        _ text: String, by source: IRCSource, account: String?, at time: Int64, id: String?,
        kind: HeardLine.Kind = .person,
        in channel: ExactText, isPast: Bool
    ) {
        guard !text.isEmpty else { return }
        let line = HeardLine(
            number: self.heardLines, source: source, account: account, text: text, time: time, id: Self.kept(id: id),
            kind: kind, isPast: isPast)
        self.heardLines += 1
        // It may also come while the server tells of the lines before the bot came.
        if isPast, self.link.latest[channel] != nil, self.link.histories[channel] == nil {
            guard self.link.latest[channel]?.lines.count ?? 0 < Self.latestLines else { return }
            self.link.latest[channel]?.lines.append(.init(id: line.id, line: line, size: line.size))
        } else {
            self.heard.note(line, id: line.id, size: line.size, in: channel)
        }
    }

    /// Remembers what the bot says.
    mutating func noteOwn(_ text: [UInt8], in channel: ExactText, id: String) {
        let plain = Self.plainLines(text[...])
        let me = IRCSource(name: self.link.nick)
        self.note(plain, by: me, account: nil, at: self.now.wall, id: id, kind: .me, in: channel, isPast: false)
    }

    /// Without formatting codes, each of which ends with its line.
    static func plainLines(_ text: ArraySlice<UInt8>) -> String {
        text.split(separator: 0x0A).map { IRCText.decode(IRCIncomingFormatting.plainBytes($0)) }.joined(separator: "\n")
    }

    // MARK: The server's history

    /// Asks for the lines before the bot came, unless enough are known.
    mutating func requestLatest(in key: ExactText) {
        let known = self.heard.count(in: key)
        guard self.hasHistory, known < Self.latestLines, let channel = self.link.channels[key], channel.isJoined else {
            return
        }
        let limit = self.link.features.historyLimit ?? 0
        let count = limit > 0 ? min(limit, Self.latestLines) : Self.latestLines
        self.link.latest[key] = Latest(until: self.now.monotonic + Self.latestPatience)
        self.enqueue(IRCOutgoingLine("CHATHISTORY", "LATEST", channel.name, "*", "\(count)"))
        self.pump()
    }

    /// Whether a line of history was requested only to be remembered: nobody asks the bot anything with it.
    func isRemembered(_ line: IRCLine, in channel: ExactText) -> Bool {
        guard let latest = self.link.latest[channel], self.link.histories[channel] == nil else { return false }
        return self.now.monotonic < latest.until && self.isBacklog(line)
    }

    mutating func rememberLatest(of channel: ExactText) {
        guard let latest = self.link.latest.removeValue(forKey: channel) else { return }
        self.heard.precede(latest.lines, in: channel)
    }

    // MARK: Asking

    /// What was said in a channel before a question.
    package func past(of query: PastQuery) -> RoomPast {
        let channel = ExactText(query.route.room.name)
        let lines = self.heard.lines(in: channel, before: query.before?.id, after: query.after?.id)
        let recent = lines.filter { $0.time >= query.since }.suffix(max(0, query.limit))
        return RoomPast(messages: recent.map { self.said($0, in: query.route.room) })
    }

    private func said(_ line: HeardLine, in room: RoomID) -> SaidMessage {
        SaidMessage(
            .said, reference: line.id.map { MessageReference(room: room, id: $0) }, author: self.author(of: line),
            name: line.source.name, sentAt: line.time, text: line.text)
    }

    /// A nick may have changed hands since. It still stands for the line's author only if it has not since the line.
    private func author(of line: HeardLine) -> Sender {
        let key = self.fold(line.source.name)
        if line.kind == .me {
            let id = "\(self.adapter)/nick:\(key)"
            return Sender(
                id: id, identities: [Identity(id)], displayName: line.source.name, isBot: true, isSelf: true,
                isLasting: false)
        }
        let person = self.link.people[key]
        let isSame = !line.isPast && person?.hasSpoken == true && line.number >= person?.firstLine ?? .max
        let sender = self.sender(line.source, key: key, account: line.account, isPast: !isSame)
        guard line.kind == .bot else { return sender }
        return Sender(
            id: sender.id, identities: sender.identities, displayName: sender.displayName, isBot: true,
            isLasting: sender.isLasting)
    }
}
