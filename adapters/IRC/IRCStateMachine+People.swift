internal import Chat
internal import Kit
internal import Logging

/// Tracks who has which nick, and when a nick may have changed hands.
extension IRCStateMachine {
    /// Maximum remembered people outside our channels, give or take a quarter; beyond it, those who have been silent the
    /// longest are forgotten.
    static let strangerLimit = 2_000
    /// Maximum tracked people; anyone else must be verified like a stranger.
    static let peopleLimit = 50_000
    /// Milliseconds after which a netsplit ends the identities of those still missing.
    static let splitLimit: Int64 = 1_800_000

    /// The name, unless it is too long to be kept for each of many people.
    static func kept(_ name: String) -> String? { name.utf8.count <= IRCSource.limit ? name : nil }

    // MARK: Arriving

    /// Notes that a person is in one of our channels.
    mutating func appear(_ source: IRCSource, in channel: ExactText, account: String?, knowsAccount: Bool) {
        let key = self.fold(source.name)
        guard self.link.people.count < Self.peopleLimit || self.link.people[key] != nil else { return }
        var person = self.person(key, source)
        if knowsAccount {
            // A different account after a netsplit means a different person.
            if person.splitUntil != nil, person.account != account {
                self.endIdentity(key)
                person = Person(nick: source.name, user: source.user, host: source.host)
            }
            person.account = account
        }
        person.splitUntil = nil
        if person.channels.isEmpty { self.doubtHolder(key) }
        person.channels.insert(channel)
        self.enter([channel], key)
        self.link.people[key] = person
        self.link.renames[key] = nil
    }

    /// The person behind a nick, updated from a line. Another user or host under the same nick is another person.
    mutating func person(_ key: ExactText, _ source: IRCSource) -> Person {
        guard var person = self.link.people[key] else {
            return Person(nick: source.name, user: source.user, host: source.host)
        }
        if Self.differs(person, source) {
            self.endIdentity(key)
            self.link.holders[key] = nil
            return Person(nick: source.name, user: source.user, host: source.host, channels: person.channels)
        }
        person.nick = source.name
        person.user = source.user ?? person.user
        person.host = source.host ?? person.host
        return person
    }

    /// Whether a line's user or host is not the known one.
    static func differs(_ person: Person, _ source: IRCSource) -> Bool {
        (person.user != nil && source.user != nil && person.user != source.user)
            || (person.host != nil && source.host != nil && person.host != source.host)
    }

    /// Notes the channels of a person among their members.
    mutating func enter(_ channels: Set<ExactText>, _ key: ExactText) {
        for channel in channels { self.link.members[channel, default: []].insert(key) }
    }

    // MARK: Leaving

    /// Notes that a person is no longer in a channel. Outside all shared channels the nick can change hands unseen.
    mutating func disappear(_ nick: String, from channel: ExactText) {
        let key = self.fold(nick)
        guard self.link.people[key]?.channels.remove(channel) != nil else { return }
        self.link.members[channel]?.remove(key)
        guard self.link.people[key]?.channels.isEmpty == true else { return }
        self.endIdentity(key)
        self.forget(key)
        self.doubtHolder(key)
    }

    /// Notes that a person is no longer in any channel.
    private mutating func leaveChannels(_ key: ExactText) {
        for channel in self.link.people[key]?.channels ?? [] { self.link.members[channel]?.remove(key) }
        self.link.people[key]?.channels = []
    }

    /// The only way to remove a person: they may be in channels.
    mutating func forget(_ key: ExactText) {
        self.leaveChannels(key)
        self.link.people[key] = nil
    }

    mutating func receiveQuit(_ line: IRCLine) {
        guard let source = line.source, !self.isMe(source.name) else { return }
        let key = self.fold(source.name)
        self.regain(ifFreed: source.name)
        self.forgetHolders([key])
        guard let person = self.link.people[key] else { return }
        guard person.hasSpoken, self.isNetsplit(line) else {
            self.endIdentity(key)
            self.forget(key)
            return
        }
        self.leaveChannels(key)
        self.link.people[key]?.splitUntil = self.now.monotonic + Self.splitLimit
        if self.link.timers[.sweep] == nil { self.setTimer(.sweep, in: Self.splitLimit) }
    }

    /// Whether a QUIT is part of a netsplit: in such a batch, or with the names of two servers as its reason. Users
    /// cannot forge the latter, because servers put a word before their quit messages.
    private func isNetsplit(_ line: IRCLine) -> Bool {
        if let batch = line.tag("batch"), self.link.batches[batch]?.type == "netsplit" { return true }
        let words = line.text(0).split(separator: " ", omittingEmptySubsequences: false)
        return words.count == 2 && words[0] != words[1] && words.allSatisfy { Self.isServerName($0) }
    }

    /// Some networks hide the names as `*.net *.split`.
    private static func isServerName(_ name: Substring) -> Bool {
        IRCSource.isHostname(name.first == "*" ? "x" + name.dropFirst() : name)
    }

    mutating func sweepSplits() {
        for (key, person) in self.link.people {
            guard let until = person.splitUntil, until <= self.now.monotonic else { continue }
            self.endIdentity(key)
            self.forget(key)
        }
        if let next = self.link.people.values.compactMap(\.splitUntil).min() { self.link.timers[.sweep] = next }
    }

    // MARK: Changing

    /// `:old!user@host NICK new`
    mutating func receiveNick(_ line: IRCLine) {
        let new = line.text(0)
        guard let source = line.source, !new.isEmpty else { return }
        if self.isMe(source.name) { return self.takeOwnNick(new) }
        let (from, to) = (self.fold(source.name), self.fold(new))
        self.regain(ifFreed: source.name)
        if from != to { self.forgetHolders([from, to]) }
        guard var person = self.link.people[from] else { return }
        guard Self.kept(new) != nil else {
            self.endIdentity(from)
            self.forget(from)
            return
        }
        if from == to {
            self.link.people[from]?.nick = new
            return
        }
        // The previous holder of the new nick must be gone, unseen by us.
        if self.link.people[to] != nil {
            self.endIdentity(to)
            self.forget(to)
        }
        self.endIdentity(from)
        if self.link.renames.count > Self.strangerLimit { self.link.renames = [:] }
        if person.hasSpoken { self.link.renames[from] = to }
        self.link.renames[to] = nil
        person.nick = new
        person.hasSpoken = false
        person.signedOn = nil
        person.isAnswered = false
        person.held = []
        person.proofDeadline = nil
        self.forget(from)
        self.enter(person.channels, to)
        self.link.people[to] = person
    }

    /// `:nick!user@host ACCOUNT name`, or `*` for a logout.
    mutating func receiveAccount(_ line: IRCLine) {
        guard let source = line.source, !self.isMe(source.name) else { return }
        let name = line.text(0)
        let account = name == "*" || name == "0" ? nil : Self.kept(name)
        let key = self.fold(source.name)
        guard let person = self.link.people[key] else { return }
        if person.account != nil, account == nil { self.endIdentity(key) }
        self.link.people[key]?.account = account
    }

    /// `:nick!user@host CHGHOST newuser newhost`: the same person under another user and host.
    mutating func receiveHostChange(_ line: IRCLine) {
        guard let source = line.source else { return }
        if self.isMe(source.name) {
            return self.learn(IRCSource(name: source.name, user: line.text(0), host: line.text(1)))
        }
        let key = self.fold(source.name)
        if let person = self.link.people[key], let user = person.user, let host = person.host,
            person.earlierMasks.count < 20
        {
            let mask = self.fold("\(user)@\(host)")
            if Self.kept(mask.text) != nil { self.link.people[key]?.earlierMasks.insert(mask) }
        }
        self.link.people[key]?.user = Self.kept(line.text(0))
        self.link.people[key]?.host = Self.kept(line.text(1))
    }

    // MARK: Accounts

    /// Asks for the accounts of all members if messages do not carry them. Useless without `account-notify`, since
    /// later logouts would go unseen.
    mutating func askAccounts(of channel: String) {
        let enabled = self.link.capabilities.enabled
        guard self.link.features.hasWHOX, !enabled.contains("account-tag"), enabled.contains("account-notify")
        else { return }
        self.enqueue(IRCOutgoingLine("WHO", channel, "%tcuhna,42"), cost: 2)
    }

    /// `354 me 42 #channel user host nick account` (WHOX), `352 me #channel user host server nick …`
    mutating func receiveWho(_ numeric: Int, _ line: IRCLine) {
        if numeric == 352 {
            if self.isMe(line.text(5)) { self.learn(.init(name: line.text(5), user: line.text(2), host: line.text(3))) }
            return
        }
        guard line.count >= 7, line.text(1) == "42", (3...5).allSatisfy({ line.raw($0).count <= IRCSource.limit })
        else { return }
        let source = IRCSource(name: line.text(5), user: line.text(3), host: line.text(4))
        if self.isMe(source.name) { return self.learn(source) }
        let account = line.text(6) == "0" ? nil : Self.kept(line.text(6))
        let key = self.fold(line.text(2))
        guard self.link.channels[key]?.isJoined == true else { return }
        self.appear(source, in: key, account: account, knowsAccount: true)
    }

    /// The sender's account: from the message's tag if the server sets it, else as known for people in our channels.
    func account(of person: Person?, _ line: IRCLine) -> String? {
        let enabled = self.link.capabilities.enabled
        if enabled.contains("account-tag") {
            return line.tag("account").flatMap { $0.isEmpty || $0 == "*" ? nil : Self.kept($0) }
        }
        guard enabled.contains("account-notify"), person?.channels.isEmpty == false else { return nil }
        return person?.account
    }

    // MARK: Identities

    func nickIdentity(_ key: ExactText) -> String { "\(self.adapter)/nick:\(key)" }

    /// Ends what belongs to a nick that may no longer be the same person. Only people who have written have anything.
    mutating func endIdentity(_ key: ExactText) {
        guard let person = self.link.people[key], person.hasSpoken else { return }
        self.finishTalks(of: key)
        self.link.people[key]?.hasSpoken = false
        self.link.people[key]?.firstLine = self.heardLines
        self.link.people[key]?.isAnswered = false
        self.link.people[key]?.signedOn = nil
        self.deliver(.identityEnded(self.nickIdentity(key)))
        self.releaseHeld(key)
    }

    /// While disconnected, identities cannot be verified.
    mutating func endAllIdentities() {
        for (key, person) in self.link.people where person.hasSpoken { self.endIdentity(key) }
    }

    /// If there are too many strangers, forgets those who have been silent the longest. They are counted only after some
    /// messages, because that takes time for each known person.
    mutating func forgetStrangers() {
        self.link.strangerMessages += 1
        guard self.link.strangerMessages >= Self.strangerLimit / 4 else { return }
        self.link.strangerMessages = 0
        let strangers = self.link.people.filter { $0.value.channels.isEmpty }
        guard strangers.count > Self.strangerLimit else { return }
        let quietest = strangers.sorted { $0.value.lastSpoke < $1.value.lastSpoke }
        for (key, _) in quietest.prefix(strangers.count - Self.strangerLimit) {
            self.endIdentity(key)
            self.forget(key)
        }
    }
}
