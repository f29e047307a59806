internal import Chat
internal import Kit
internal import Logging
internal import Primitives

/// Joining and leaving channels.
extension IRCStateMachine {
    /// Rejoin attempts before giving up; servers and operators treat more as abuse.
    static let rejoinLimit = 3
    /// Bytes of the reason why the bot is not in a channel: each status repeats it.
    private static let refusalLimit = 512

    /// Joins all channels that the bot is not in yet: on a connection from the last program it may be.
    mutating func joinAll() {
        let missing = self.settings.channels.filter { self.link.channels[self.fold($0.name)]?.isJoined != true }
        for channel in missing {
            let key = self.fold(channel.name)
            self.link.channels[key] = Channel(name: channel.name)
            self.link.unsettled.insert(key)
        }
        guard !self.link.unsettled.isEmpty else { return self.settle() }
        self.setTimer(.settling, in: 10_000)
        for channel in missing where channel.key != nil { self.join([channel]) }
        let open = missing.filter { $0.key == nil }
        let limit = min(10, self.link.features.targetLimits["JOIN"] ?? 10)
        for start in stride(from: 0, to: open.count, by: limit) {
            self.join(Array(open[start..<min(start + limit, open.count)]))
        }
    }

    private mutating func join(_ channels: [IRCSettings.Channel]) {
        let names = channels.map(\.name).joined(separator: ",")
        let keys = channels.compactMap { $0.key?.reveal() }
        let line = keys.isEmpty ? IRCOutgoingLine("JOIN", names) : IRCOutgoingLine("JOIN", names, keys[0])
        // InspIRCd counts a join twice.
        self.enqueue(line, cost: 2)
    }

    /// Notes the answer to a channel's first join. When all are answered, the adapter is up.
    mutating func settle(_ key: ExactText) {
        guard self.link.unsettled.remove(key) != nil, self.link.unsettled.isEmpty else { return }
        self.settle()
    }

    mutating func settle() {
        self.clearTimer(.settling)
        guard self.link.phase == .ready else { return }
        self.link.unsettled = []
        self.reportUp()
    }

    /// Reports `up`, with the channels that could not be joined.
    mutating func reportUp() {
        guard self.link.phase == .ready, self.link.unsettled.isEmpty else { return }
        let refusals = self.link.channels.values.filter { !$0.isJoined }
            .map { "\($0.name): \($0.refusal ?? "no answer to the join")" }.sorted()
        self.act(.status(.up, detail: refusals.isEmpty ? nil : "Not in " + refusals.joined(separator: " · ")))
    }

    private func configured(_ key: ExactText) -> IRCSettings.Channel? {
        self.settings.channels.first { self.fold($0.name) == key }
    }

    // MARK: Joining

    /// `:nick!user@host JOIN #channel [account :realname]`
    mutating func receiveJoin(_ line: IRCLine) {
        guard let source = line.source else { return }
        let name = line.text(0)
        let key = self.fold(name)
        if self.isMe(source.name) { return self.joined(name, key, source) }
        guard self.link.channels[key]?.isJoined == true else { return }
        let isExtended = self.link.capabilities.enabled.contains("extended-join") && line.count > 1
        let account = isExtended ? line.text(1) : "*"
        self.appear(source, in: key, account: account == "*" ? nil : Self.kept(account), knowsAccount: isExtended)
    }

    private mutating func joined(_ name: String, _ key: ExactText, _ source: IRCSource) {
        self.learn(source)
        guard self.configured(key) != nil else {
            // A forward or a forced join; the bot serves only configured channels.
            self.log(.warning, "Left \(name): it is not configured; to stay there, add it to channels")
            self.enqueue(IRCOutgoingLine("PART", name))
            return self.pump()
        }
        self.link.channels[key] = Channel(name: name, isJoined: true)
        self.clearTimer(.rejoin(key))
        self.log(.info, "Joined \(name)")
        self.askAccounts(of: name)
        self.requestMissed(in: key)
        if self.link.unsettled.contains(key) { self.settle(key) } else { self.reportUp() }
        self.pump()
    }

    /// `353 me = #channel :@nick +nick!user@host`
    mutating func receiveNames(_ line: IRCLine) {
        let key = self.fold(line.text(2))
        guard self.link.channels[key]?.isJoined == true else { return }
        let signs = self.link.features.prefixes.map(\.sign)
        for word in line.raw(3).split(separator: 0x20) where word.count <= IRCSource.limit {
            let source = IRCSource(bytes: word.drop { signs.contains($0) })
            guard !source.name.isEmpty, !self.isMe(source.name) else { continue }
            self.appear(source, in: key, account: nil, knowsAccount: false)
        }
    }

    /// Joins a configured channel on an operator's invitation.
    mutating func receiveInvite(_ line: IRCLine) {
        let key = self.fold(line.text(1))
        guard self.isMe(line.text(0)), let channel = self.configured(key),
            self.link.channels[key]?.isJoined == false, self.link.invitations.take(at: self.now.monotonic) == nil
        else { return }
        self.rejoins[key] = nil
        self.join([channel])
        self.pump()
    }

    // MARK: Leaving

    mutating func receivePart(_ line: IRCLine) {
        guard let source = line.source else { return }
        for name in line.text(0).split(separator: ",") {
            let key = self.fold(String(name))
            if self.isMe(source.name) {
                self.leaveUnasked(key, refusal: "the bot left")
            } else {
                self.disappear(source.name, from: key)
            }
        }
    }

    mutating func receiveKick(_ line: IRCLine) {
        let key = self.fold(line.text(0))
        guard self.isMe(line.text(1)) else { return self.disappear(line.text(1), from: key) }
        let reason = "kicked by \(line.source?.name ?? "?"): \(line.text(2))"
        self.log(.warning, "\(line.text(0)): \(reason)")
        self.leaveUnasked(key, refusal: reason)
    }

    /// A repeated line changes nothing: it is worth neither a status nor a try to join.
    private mutating func leaveUnasked(_ key: ExactText, refusal: String) {
        guard self.link.channels[key]?.isJoined == true else { return }
        let refusal = refusal.beginning(bytes: Self.refusalLimit)
        self.link.channels[key]?.isJoined = false
        self.link.channels[key]?.refusal = refusal
        self.failPosts(to: key, .init(.forbidden, "No longer in \(key): \(refusal)", isOfRoom: true))
        for person in self.link.members.removeValue(forKey: key) ?? [] { self.disappear(person.text, from: key) }
        self.settle(key)
        self.reportUp()
        if self.configured(key) != nil { self.scheduleRejoin(key) }
    }

    /// Rejoins after ten seconds, a minute, five minutes, then waits for an invitation. An hour without a rejoin
    /// resets the count.
    private mutating func scheduleRejoin(_ key: ExactText) {
        var rejoin = self.rejoins[key] ?? Rejoin()
        if self.now.monotonic - rejoin.last > 3_600_000 { rejoin.tries = 0 }
        guard rejoin.tries < Self.rejoinLimit else {
            self.log(.error, "Gave up joining \(key) after \(Self.rejoinLimit) attempts; invite the bot to rejoin")
            return
        }
        self.setTimer(.rejoin(key), in: [10_000, 60_000, 300_000][rejoin.tries])
        rejoin.tries += 1
        rejoin.last = self.now.monotonic
        self.rejoins[key] = rejoin
    }

    mutating func rejoin(_ key: ExactText) {
        guard let channel = self.configured(key), self.link.channels[key]?.isJoined != true else { return }
        self.join([channel])
        self.pump()
    }

    // MARK: Refusals

    /// `470 me #from #to :Forwarding to another channel`. A JOIN of the other channel follows; the bot leaves it.
    mutating func receiveForward(_ line: IRCLine) {
        self.refuseJoin(self.fold(line.text(1)), "forwarded to \(line.text(2))", isPassing: false)
    }

    /// Handles a numeric that refuses a join; returns false for any other numeric.
    mutating func receiveJoinRefusal(_ numeric: Int, _ line: IRCLine) -> Bool {
        let key = self.fold(line.text(1))
        guard let channel = self.link.channels[key], !channel.isJoined else { return false }
        switch numeric {
        case 471: self.refuseJoin(key, "the channel is full", isPassing: true)
        case 437: self.refuseJoin(key, line.lastText, isPassing: true)
        case 473: self.refuseJoin(key, "invite only: invite the bot", isPassing: false)
        case 474: self.refuseJoin(key, "banned: ask an operator of the channel", isPassing: false)
        case 475: self.refuseJoin(key, "wrong channel key", isPassing: false)
        case 477: self.refuseJoin(key, "needs a registered nick: configure sasl", isPassing: false)
        case 403, 405, 407, 448, 476, 479, 485, 489, 495, 520: self.refuseJoin(key, line.lastText, isPassing: false)
        default: return false
        }
        return true
    }

    private mutating func refuseJoin(_ key: ExactText, _ reason: String, isPassing: Bool) {
        guard self.link.channels[key]?.isJoined == false else { return }
        let reason = reason.beginning(bytes: Self.refusalLimit)
        self.link.channels[key]?.refusal = reason
        self.log(.warning, "Cannot join \(key): \(reason)")
        if isPassing { self.scheduleRejoin(key) }
        if self.link.unsettled.contains(key) { self.settle(key) } else { self.reportUp() }
    }
}
