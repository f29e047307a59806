internal import Chat
internal import Kit

/// Proves, before a private line is sent, that its nick is still held by the person whom the line is for.
///
/// Nicks change hands, unseen by us if we share no channel with their holder. A common channel shows that, and so does
/// MONITOR. Without them, a message or a WHOIS proves for a few seconds who holds the nick.
extension IRCStateMachine {
    /// Milliseconds for which a nick that we do not watch counts as held by the person who last proved to have it. An
    /// answer of many lines then needs a WHOIS once in a while, but not for each line.
    private static let freshness: Int64 = 5_000
    /// Milliseconds to wait for a WHOIS, which may wait for the bucket.
    private static let checkLimit: Int64 = 30_000

    /// Whom a private line is for.
    enum Claim: Sendable, Equatable {
        /// Whoever is logged in to the folded account.
        case account(ExactText)
        /// Whoever has the folded `user@host`.
        case mask(ExactText)
    }

    enum Verdict: Sendable, Equatable {
        case proven
        /// Somebody else has the nick.
        case refuted
        case unknown
    }

    /// The holder of a nick, as WHOIS gave it.
    struct Holder: Sendable {
        let user: String
        let host: String
        /// Nil if they are not logged in.
        var account: String?
        var provenAt: Int64
    }

    // MARK: Claims

    /// Precedes `user@host` in the anchor of a query's route. Neither accounts nor nicks can contain it.
    private static let maskMark = "!"

    /// The anchor for a person without an account; nil if the server does not show where they write from.
    static func anchor(_ source: IRCSource) -> String? {
        guard let user = source.user, let host = source.host else { return nil }
        return "\(Self.maskMark)\(user)@\(host)"
    }

    /// Nil for a route that names no person, as earlier releases stored those of people without accounts.
    func claim(_ anchor: String?) -> Claim? {
        guard let anchor else { return nil }
        guard anchor.hasPrefix(Self.maskMark) else { return .account(ExactText(anchor)) }
        return .mask(self.fold(String(anchor.dropFirst())))
    }

    // MARK: Verdicts

    /// Whether the nick is held by the person whom `claim` names, as far as this connection shows.
    func verdict(_ key: ExactText, _ claim: Claim) -> Verdict {
        var isWatched = self.link.online.contains(key)
        if let person = self.link.people[key], person.splitUntil == nil {
            isWatched = isWatched || !person.channels.isEmpty
            let isFresh = person.hasSpoken && self.isFresh(person.lastSpoke)
            if isWatched || isFresh, let isThem = self.isThem(person, claim) { return isThem ? .proven : .refuted }
        }
        if let holder = self.link.holders[key], isWatched || self.isFresh(holder.provenAt) {
            return self.isThem(holder, claim) ? .proven : .refuted
        }
        return .unknown
    }

    private func isFresh(_ time: Int64) -> Bool { self.now.monotonic - time < Self.freshness }

    /// Nil if it is not known: NAMES gives neither account nor host, and a message may lack the account.
    private func isThem(_ person: Person, _ claim: Claim) -> Bool? {
        switch claim {
        case .account(let account):
            return person.account.map { self.fold($0) == account }
        case .mask(let mask):
            guard let user = person.user, let host = person.host else { return nil }
            return self.fold("\(user)@\(host)") == mask || person.earlierMasks.contains(mask)
        }
    }

    private func isThem(_ holder: Holder, _ claim: Claim) -> Bool {
        switch claim {
        case .account(let account): holder.account.map { self.fold($0) == account } ?? false
        case .mask(let mask): self.fold("\(holder.user)@\(holder.host)") == mask
        }
    }

    /// Whether a line may go to `target` at once.
    func isProven(_ route: Route, at target: String) -> Bool {
        if self.link.features.isChannel(target) { return true }
        guard let claim = self.claim(route.anchor) else { return false }
        return self.verdict(self.fold(target), claim) == .proven
    }

    // MARK: Forgetting

    /// The nick has been given up: whoever has it next must be proven anew.
    mutating func forgetHolders(_ keys: Set<ExactText>) {
        for key in keys {
            self.link.holders[key] = nil
            self.link.whois[key] = nil
            self.link.online.remove(key)
        }
        for index in self.link.posts.indices where keys.contains(self.link.posts[index].key) {
            self.link.posts[index].isProven = false
        }
    }

    /// Drops an earlier WHOIS of a nick that may have changed hands since, unless MONITOR would have shown that.
    mutating func doubtHolder(_ key: ExactText) {
        if !self.link.online.contains(key) { self.link.holders[key] = nil }
    }

    // MARK: Watching

    /// Queues a request to be told when the nick changes hands; false if the server cannot do that.
    @discardableResult mutating func watch(_ key: ExactText, _ nick: String) -> Bool {
        guard self.link.features.monitorLimit != nil,
            self.link.monitored.contains(key)
                || !self.link.isMonitorFull && self.link.monitored.count < Self.strangerLimit
        else { return false }
        if self.link.monitored.insert(key).inserted { self.enqueue(IRCOutgoingLine("MONITOR", "+", nick)) }
        return true
    }

    // MARK: Asking

    /// Queues a WHOIS, unless one is on its way. MONITOR goes first, so that no change after the answer is missed.
    mutating func askHolder(_ key: ExactText) {
        guard self.link.checks[key] == nil else { return }
        self.link.checks[key] = self.now.monotonic + Self.checkLimit
        if self.link.timers[.check] == nil { self.setTimer(.check, in: Self.checkLimit) }
        let person = self.link.people[key]
        let nick = person?.nick ?? key.text
        if person?.channels.isEmpty ?? true { self.watch(key, nick) }
        self.enqueue(IRCOutgoingLine("WHOIS", nick))
    }

    /// `311 me nick user host * :name`, `330 me nick account :is logged in as`, `318 me nick :End`
    mutating func receiveHolder(_ numeric: Int, _ line: IRCLine) {
        let key = self.fold(line.text(1))
        switch numeric {
        case 311:
            guard self.link.checks[key] != nil || self.link.people[key]?.proofDeadline != nil,
                line.raw(2).count <= IRCSource.limit, line.raw(3).count <= IRCSource.limit
            else { return }
            self.link.whois[key] = Holder(user: line.text(2), host: line.text(3), account: nil, provenAt: 0)
        case 330:
            self.link.whois[key]?.account = Self.kept(line.text(2))
        case 318:
            self.concludeHolder(key)
        default: break
        }
    }

    private mutating func concludeHolder(_ key: ExactText) {
        let isAsked = self.link.checks.removeValue(forKey: key) != nil
        if var holder = self.link.whois.removeValue(forKey: key) {
            holder.provenAt = self.now.monotonic
            if self.link.holders.count > Self.strangerLimit { self.link.holders = [:] }
            self.link.holders[key] = holder
            if isAsked { self.admitFirstPost(key) }
        } else if isAsked {
            self.failUnproven(key, .notFound, "\(key): no such nick")
        }
        if isAsked { self.pump() }
    }

    /// Each WHOIS lets at least one line pass, however long the bucket delays it.
    private mutating func admitFirstPost(_ key: ExactText) {
        let first = self.link.posts.firstIndex { $0.key == key && $0.claim != nil && !$0.isReleased }
        guard let first, let claim = self.link.posts[first].claim else { return }
        self.link.posts[first].isProven = self.verdict(key, claim) == .proven
    }

    /// Handles a WHOIS that found no such nick.
    mutating func concludeGone(_ key: ExactText, _ text: String) {
        guard self.link.checks.removeValue(forKey: key) != nil else { return }
        self.link.whois[key] = nil
        self.failUnproven(key, .notFound, text)
        self.pump()
    }

    /// Nothing was sent, so that the lines may be tried again.
    mutating func expireChecks() {
        for (key, deadline) in self.link.checks where deadline <= self.now.monotonic {
            self.link.checks[key] = nil
            self.link.whois[key] = nil
            self.failUnproven(key, .timedOut, "The server did not say within half a minute who has the nick \(key)")
        }
        self.link.timers[.check] = self.link.checks.values.min()
        self.pump()
    }
}
