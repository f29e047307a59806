internal import Chat

/// What an outgoing message becomes: its target and its lines.
extension IRCStateMachine {
    /// The channel or nick that a route currently leads to.
    func target(of route: Route) throws(AdapterError) -> String {
        guard self.link.phase == .ready else {
            throw AdapterError(.disconnected, "Not connected to \(self.settings.host)")
        }
        let key = self.fold(route.room.name)
        guard self.link.features.isChannel(key.text) else { return try self.nick(key, self.claim(route.anchor)) }
        guard let channel = self.link.channels[key] else {
            throw AdapterError(
                .forbidden, "The channel \(route.room.name) is not configured; add it to channels", isOfRoom: true)
        }
        if channel.isJoined { return channel.name }
        if self.link.unsettled.contains(key) {
            throw AdapterError(.disconnected, "Still joining \(channel.name)", retryAfter: .seconds(2))
        }
        throw AdapterError(
            .forbidden, "Not in \(channel.name): \(channel.refusal ?? "no answer to the join")", isOfRoom: true)
    }

    /// The current nick of the person who wrote as `key`. A private answer must not reach another user who has taken
    /// the nick, so a nick whose holder is not known is proven before the line is sent.
    private func nick(_ key: ExactText, _ claim: Claim?) throws(AdapterError) -> String {
        guard let claim else {
            throw AdapterError(
                .notFound, "It is not known who \(key) is: a query can be answered once the person has written again")
        }
        let verdict = self.verdict(key, claim)
        if verdict == .proven { return self.name(key) }
        if let other = self.other(key, claim) { return self.name(other) }
        if verdict == .unknown { return self.name(key) }
        throw AdapterError(.notFound, "Another user has the nick \(key)")
    }

    private func name(_ key: ExactText) -> String { self.link.people[key]?.nick ?? key.text }

    /// Another nick that the person has now: any of their account's, or the one that they changed `key` to.
    private func other(_ key: ExactText, _ claim: Claim) -> ExactText? {
        if case .account(let account) = claim {
            let match = self.link.people.first { entry in
                entry.value.account.map(self.fold) == account && self.verdict(entry.key, claim) == .proven
            }
            return match?.key
        }
        var other = key
        for _ in 0..<8 {
            guard let next = self.link.renames[other] else { break }
            other = next
        }
        return other != key && self.verdict(other, claim) != .refuted ? other : nil
    }

    // MARK: Lines

    /// The answer that a line in a room belongs to.
    struct Answer: Sendable, Equatable {
        let addressee: String?
        let replyTo: String?

        init(_ route: Route) {
            self.addressee = route.addressee
            self.replyTo = route.replyTo
        }
    }

    /// Whether a message begins an answer, or continues it after lines of another one. Only such a line names the
    /// person asked, because clients alert people to each line with their nick.
    func begins(_ route: Route) -> Bool { self.link.answers[route.room] != Answer(route) }

    mutating func note(_ route: Route) {
        if self.link.answers.count > 1_000 { self.link.answers = [:] }
        self.link.answers[route.room] = Answer(route)
    }

    /// The lines of a message: one, unless it contains line breaks or our prefix has grown since it was measured.
    func lines(
        _ message: OutgoingMessage, target: String, isNamed: Bool
    ) throws(AdapterError) -> [PostLine] {
        let isChannel = self.link.features.isChannel(target)
        var lead: [UInt8] = []
        if isChannel, isNamed, let addressee = message.route.addressee { lead = Array("\(addressee): ".utf8) }
        let budget = self.budget(target: target)
        if isChannel {
            let nicks = self.nicks(of: message.route.mentions, in: self.fold(target), limit: budget / 2 - 2)
            if !nicks.isEmpty { lead = Array("\(nicks.joined(separator: ", ")): ".utf8) }
        }
        if lead.count * 2 > budget { lead = [] }
        var lines: [PostLine] = []
        for part in Array(message.text.utf8).split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
            // Text between two 0x01 bytes would be a request (CTCP) to people's clients.
            let text = part.filter { $0 != 0 && $0 != IRCCode.request }
            guard text.contains(where: { $0 > 0x20 }) else { continue }
            for (index, piece) in IRCCut.pieces(text, limit: budget - lead.count).enumerated() {
                let line = IRCOutgoingLine("PRIVMSG", bytes: [Array(target.utf8), lead + piece], hasText: true)
                lines.append(PostLine(line: line, continues: index > 0))
                lead = []
            }
        }
        guard !lines.isEmpty else { throw AdapterError(.invalid, "IRC cannot send an empty line") }
        return lines
    }

    /// The nicks of those among `mentions` who are in the channel now, at most `limit` bytes of them.
    private func nicks(of mentions: [Mention], in channel: ExactText, limit: Int) -> [String] {
        var size = 0
        return mentions.filter { $0.name != nil }.compactMap { mention in
            self.link.people.values.first { person in
                person.channels.contains(channel)
                    && person.account.map { "\(self.adapter)/account:\(self.fold($0))" == "irc:\(mention.person)" }
                        == true
            }?.nick
        }.prefix { nick in
            size += nick.utf8.count + 2
            return size <= limit
        }
    }

    /// Tags that name the message being answered, in the draft and the final form.
    func replyTags(_ route: Route) -> [(String, String?)] {
        guard let parent = route.replyTo, !parent.hasPrefix(Self.localID), parent.utf8.count <= 200,
            self.link.capabilities.enabled.contains("message-tags"), self.link.features.relays(tag: "draft/reply")
        else { return [] }
        return [("+draft/reply", parent), ("+reply", parent)]
    }
}
