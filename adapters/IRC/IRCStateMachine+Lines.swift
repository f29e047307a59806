internal import Chat

/// What an outgoing message becomes: its target and its lines.
extension IRCStateMachine {
    /// The channel or nick that a route currently leads to.
    func target(of route: Route) throws(AdapterError) -> String {
        guard self.link.phase == .ready else {
            throw AdapterError(.disconnected, "Not connected to \(self.settings.host)")
        }
        let key = self.fold(route.room.name)
        guard self.link.features.isChannel(key.text) else { return try self.nick(key, account: route.anchor) }
        guard let channel = self.link.channels[key] else {
            throw AdapterError(.forbidden, "The channel \(route.room.name) is not configured; add it to channels")
        }
        if channel.isJoined { return channel.name }
        if self.link.unsettled.contains(key) {
            throw AdapterError(.disconnected, "Still joining \(channel.name)", retryAfter: .seconds(2))
        }
        throw AdapterError(.forbidden, "Not in \(channel.name): \(channel.refusal ?? "no answer to the join")")
    }

    /// The current nick of the person who wrote as `key`. An answer for an account must not reach another user who has
    /// taken the nick.
    private func nick(_ key: ExactText, account: String?) throws(AdapterError) -> String {
        if let account {
            let isThem = { (person: Person) in person.account.map(self.fold) == ExactText(account) }
            guard let holder = self.link.people[key] else { return key.text }
            if isThem(holder) { return holder.nick }
            if let person = self.link.people.values.first(where: isThem) { return person.nick }
            throw AdapterError(.notFound, "\(account) is not on the network; another user has the nick \(key)")
        }
        var key = key
        for _ in 0..<8 {
            guard let next = self.link.renames[key] else { break }
            key = next
        }
        return self.link.people[key]?.nick ?? key.text
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
    ) throws(AdapterError) -> [IRCOutgoingLine] {
        let isChannel = self.link.features.isChannel(target)
        var lead: [UInt8] = []
        if isChannel, isNamed, let addressee = message.route.addressee { lead = Array("\(addressee): ".utf8) }
        let budget = self.budget(target: target)
        if lead.count * 2 > budget { lead = [] }
        var lines: [IRCOutgoingLine] = []
        for part in Array(message.text.utf8).split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
            // Text between two 0x01 bytes would be a request (CTCP) to people's clients.
            let text = part.filter { $0 != 0 && $0 != IRCCode.request }
            guard text.contains(where: { $0 > 0x20 }) else { continue }
            for piece in IRCCut.pieces(text, limit: budget - lead.count) {
                let bytes = [Array(target.utf8), lead + piece]
                lines.append(IRCOutgoingLine("PRIVMSG", bytes: bytes, hasText: true))
                lead = []
            }
        }
        guard !lines.isEmpty else { throw AdapterError(.invalid, "IRC cannot send an empty line") }
        return lines
    }

    /// Tags that name the message being answered, in the draft and the final form.
    func replyTags(_ route: Route) -> [(String, String?)] {
        guard let parent = route.replyTo, !parent.hasPrefix(Self.localID), parent.utf8.count <= 200,
            self.link.capabilities.enabled.contains("message-tags"), self.link.features.relays(tag: "draft/reply")
        else { return [] }
        return [("+draft/reply", parent), ("+reply", parent)]
    }
}
