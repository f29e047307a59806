internal import Chat
internal import Kit
internal import Primitives

/// A restart: the next program takes over the connection, so that the channels see nothing and no line is missed.
///
/// The state is written down as the server's lines that bring it about. What waits for an answer of the server, or can be
/// asked for again, is left out. People without accounts count as unknown, as in a new connection.
extension IRCStateMachine {
    /// Whether another program can take over the connection. It cannot with TLS, whose state is in this process, and not
    /// while channels are being joined, missed messages are being read, or the lines of one message arrive.
    package var mayBeHandedOver: Bool {
        self.link.phase == .ready && !self.link.isSecure && self.link.ending == nil && self.link.unsettled.isEmpty
            && !self.isReadingHistory && !self.link.batches.values.contains { $0.message != nil }
    }

    /// Whether nothing waits for the server or for more lines: no line of the bot would be in doubt, and no message is held.
    package var isSettled: Bool {
        self.link.commands.isEmpty && !self.link.posts.contains(where: \.isReleased)
            && !self.link.people.values.contains { $0.proofDeadline != nil }
            && !self.link.talks.values.contains { $0.held != nil }
    }

    // MARK: Leaving

    /// People in all channels, as each is written once for each.
    private static let memberLimit = 20_000
    /// Bytes: far more than thousands of people need, and less than the memory can hold.
    private static let transcriptLimit = 8 << 20

    mutating func handOver(_ mark: String, _ rest: [UInt8]) {
        for (key, person) in self.link.people where !person.held.isEmpty { self.endIdentity(key) }
        self.finishTalks()
        self.failPosts(IRCEnding(.stopped, "another program takes over the connection"))
        if !self.isReadingHistory { self.memory.seen = self.link.received.wall }
        var handOver = IRCMemory.HandOver(mark: mark)
        handOver.rest = rest
        let isSmall = self.link.members.values.reduce(0) { $0 + $1.count } <= Self.memberLimit
        if isSmall { handOver.lines = self.transcript.map { $0.bytes.dropLast(2) } }
        let size = handOver.lines.reduce(0) { $0 + $1.count }
        self.memory.handOver = isSmall && size <= Self.transcriptLimit ? handOver : nil
        self.act(.remember(self.memory))
        self.act(.status(.down, detail: "handed over"))
        self.link = Link()
        self.link.nick = self.settings.nick
    }

    var transcript: [IRCOutgoingLine] {
        let link = self.link
        let me = IRCSource(name: link.nick, user: link.user, host: link.host)
        var lines = [IRCOutgoingLine("001", link.nick, text: me.text)]
        if !link.features.software.isEmpty {
            lines.append(IRCOutgoingLine("004", link.nick, "*", link.features.software))
        }
        lines += link.features.tokens.values.map { IRCOutgoingLine("005", link.nick, $0, text: "") }
        for (key, channel) in link.channels where channel.isJoined {
            let members = (link.members[key] ?? []).compactMap { link.people[$0] }
            let names = members.map { IRCSource(name: $0.nick, user: $0.user, host: $0.host).text }
            lines.append(IRCOutgoingLine(":\(link.nick)", "JOIN", channel.name))
            lines.append(IRCOutgoingLine("353", link.nick, "=", channel.name, text: names.joined(separator: " ")))
        }
        lines += link.people.values.compactMap { person in
            person.account.map { IRCOutgoingLine(":\(person.nick)", "ACCOUNT", $0) }
        }
        lines.append(IRCOutgoingLine("376", link.nick, text: ""))
        // After the joins: with these, they would ask the server for what is known, and for messages that were missed.
        let offered = link.capabilities.offered.filter { $0.key != "sts" }.map { "\($0.key)=\($0.value)" }
        lines.append(IRCOutgoingLine("CAP", "*", "LS", text: offered.joined(separator: " ")))
        lines.append(IRCOutgoingLine("CAP", "*", "ACK", text: link.capabilities.enabled.joined(separator: " ")))
        return lines
            + link.batches.map { reference, batch in
                let tags = [("label", batch.label), ("batch", batch.parent)].filter { $0.1 != nil }
                return IRCOutgoingLine("BATCH", "+\(reference)", batch.type, text: batch.target, tags: tags)
            }
    }

    // MARK: Going on

    mutating func resume(id: String) {
        guard let lines = self.memory.handOver.take()?.lines else { return }
        self.open(id: id)
        self.link.phase = .registering
        // The mark contains the account.
        self.link.isLoggedIn = self.settings.sasl != nil
        // The server may still count the last program's lines.
        self.link.bucket.spend(cost: self.settings.flood.burst, bytes: 512, now: self.now.monotonic)
        for line in lines { if let line = IRCLine(line[...]) { self.receive(line) } }
        for (key, channel) in self.link.channels where channel.isJoined { self.requestLatest(in: key) }
        self.act(.remember(self.memory))
    }
}
