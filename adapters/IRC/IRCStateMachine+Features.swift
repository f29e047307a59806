internal import Chat

/// 004 and 005, our visible host, and the byte budget that follows from it.
extension IRCStateMachine {
    mutating func receiveSoftware(_ line: IRCLine) {
        self.link.features.software = line.text(2)
        if self.link.features.isNgIRCd {
            self.link.bucket.limitBytes(perSecond: IRCFloodBucket.ngIRCdBytesPerSecond)
        }
    }

    /// `005 nick TOKEN TOKEN=value -TOKEN :are supported`; may be repeated at any time.
    mutating func receiveFeatures(_ line: IRCLine) {
        let before = self.link.features
        for index in 1..<max(1, line.count - 1) { self.link.features.take(line.text(index)) }
        guard self.link.features.casemapping != before.casemapping else { return }
        // No server changes its mind; each time costs all people.
        guard self.link.refolds < Self.refoldLimit else {
            self.link.features = before
            return
        }
        self.link.refolds += 1
        self.refold()
    }

    private static let refoldLimit = 4

    /// Refolds the stored names after a change of the casemapping.
    private mutating func refold() {
        var channels: [ExactText: Channel] = [:]
        for channel in self.link.channels.values { channels[self.fold(channel.name)] = channel }
        self.link.channels = channels
        self.link.unsettled = Set(self.link.unsettled.map { self.fold($0.text) })
        var people: [ExactText: Person] = [:]
        for var person in self.link.people.values {
            person.channels = Set(person.channels.map { self.fold($0.text) })
            people[self.fold(person.nick)] = person
        }
        self.link.people = people
        self.link.members = [:]
        for (key, person) in people { self.enter(person.channels, key) }
        // Kept under the old names.
        self.link.holders = [:]
        self.link.online = []
        self.link.monitored = []
    }

    /// Learns our user and host from a line that we sent.
    mutating func learnOwnHost(_ line: IRCLine) {
        if let source = line.source, self.isMe(source.name) { self.learn(source) }
    }

    mutating func learn(_ source: IRCSource) {
        if let user = source.user { self.link.user = user }
        if let host = source.host { self.link.host = host }
    }

    /// `396 nick host :is now your displayed host`; some servers write `user@host`.
    mutating func receiveOwnHost(_ line: IRCLine) {
        let parts = line.text(1).split(separator: "@", maxSplits: 1)
        if let host = parts.last { self.link.host = String(host) }
        if parts.count == 2 { self.link.user = String(parts[0]) }
    }

    // MARK: The byte budget

    /// The maximum bytes of text in a line to `target`, so that the server can relay it uncut as
    /// `:nick!user@host PRIVMSG target :text` with CR LF, of which 16 bytes are command and punctuation.
    func budget(target: String) -> Int {
        let nick = max(self.link.nick.utf8.count, self.settings.nick.utf8.count)
        // Until we know them, assume a user name of ten characters after `~`, and the longest host name that servers
        // keep.
        let user = self.link.user?.utf8.count ?? max(11, self.settings.username.utf8.count + 1)
        let host = self.link.host?.utf8.count ?? 63
        let fixed = 16 + nick + user + host + target.utf8.count
        // One spare byte for a STATUSMSG sign, which bouncers and relays may add.
        return max(64, self.link.features.lineLength - fixed - 1)
    }

    /// The maximum length of `nick: `.
    var addresseeReserve: Int { self.link.features.assumedNickLength + 2 }
}
