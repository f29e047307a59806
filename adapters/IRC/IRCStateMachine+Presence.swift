internal import Chat
internal import Kit
internal import Logging
internal import Primitives

/// Verifies that a nick without an account is still the same person if we share no channel and so would not see a QUIT:
/// by MONITOR if the server offers it, else by WHOIS, whose sign-on time must not change.
extension IRCStateMachine {
    private static let heldLimit = 20
    private static let proofLimit: Int64 = 10_000

    /// Holds an event until the nick is verified; false if that is not necessary.
    mutating func hold(_ event: InboundEvent, _ key: ExactText) -> Bool {
        guard let person = self.link.people[key], person.channels.isEmpty else { return false }
        guard self.mayAsk(about: key, person) else {
            // The message is delivered as a stranger's.
            self.endIdentity(key)
            self.link.people[key]?.hasSpoken = true
            return false
        }
        if self.watch(key, person.nick) {
            self.pump()
            return false
        }
        guard person.held.count < Self.heldLimit else {
            self.log(.warning, "Dropped a message from \(person.nick): too many are waiting for the WHOIS reply")
            return true
        }
        self.link.people[key]?.held.append(event)
        self.askSignOn(key, person)
        self.pump()
        return true
    }

    /// Whether a line may be spent on the proof of somebody's nick. Strangers share an allowance, so that they cannot use
    /// up what the server lets us send.
    mutating func mayAsk(about key: ExactText, _ person: Person) -> Bool {
        person.isAnswered || person.proofDeadline != nil || self.link.monitored.contains(key)
            || self.link.proofs.take(at: self.now.monotonic) == nil
    }

    private mutating func askSignOn(_ key: ExactText, _ person: Person) {
        guard person.proofDeadline == nil else { return }
        self.link.people[key]?.proofDeadline = self.now.monotonic + Self.proofLimit
        if self.link.timers[.proof] == nil { self.setTimer(.proof, in: Self.proofLimit) }
        self.enqueue(IRCOutgoingLine("WHOIS", person.nick))
    }

    /// Notes that the bot answers whoever has the nick, so they may have been paired: from now on their nick is always
    /// verified. A nick that has not been verified yet gets the sign-on time that it has now.
    mutating func noteAnswered(_ key: ExactText, _ claim: Claim) {
        guard let person = self.link.people[key], !person.isAnswered else { return }
        self.link.people[key]?.isAnswered = true
        guard person.channels.isEmpty, !self.watch(key, person.nick), case .mask = claim, person.signedOn == nil
        else { return }
        self.askSignOn(key, person)
    }

    /// `317 me nick idle signon :…`, `318 me nick :End`
    mutating func receiveWhois(_ numeric: Int, _ line: IRCLine) {
        self.receiveHolder(numeric, line)
        let key = self.fold(line.text(1))
        guard let person = self.link.people[key], person.proofDeadline != nil else { return }
        if numeric == 317, line.count > 4, line.raw(3).count <= IRCSource.limit {
            let signedOn = line.text(3)
            if let before = person.signedOn, before != signedOn {
                self.endIdentity(key)
                self.link.people[key]?.hasSpoken = true
            }
            self.link.people[key]?.signedOn = signedOn
        }
        if numeric == 318 { self.releaseHeld(key) }
    }

    /// Delivers the held events.
    mutating func releaseHeld(_ key: ExactText) {
        guard let held = self.link.people[key]?.held else { return }
        self.link.people[key]?.held = []
        self.link.people[key]?.proofDeadline = nil
        for event in held { self.say(event, by: key) }
    }

    /// Without an answer the pairing ends, and the message is delivered as a stranger's.
    mutating func expireProofs() {
        for (key, person) in self.link.people {
            if let deadline = person.proofDeadline, deadline <= self.now.monotonic { self.endIdentity(key) }
        }
        if let next = self.link.people.values.compactMap(\.proofDeadline).min() { self.link.timers[.proof] = next }
    }

    /// Handles a WHOIS that found no such nick.
    mutating func proveGone(_ key: ExactText) {
        guard self.link.people[key]?.proofDeadline != nil else { return }
        self.endIdentity(key)
        self.forget(key)
    }

    /// `730 me :nick!user@host,…` online, `731 me :nick,…` offline, `734 me limit nicks :full`
    mutating func receiveMonitor(_ numeric: Int, _ line: IRCLine) {
        switch numeric {
        case 730:
            for target in line.lastText.split(separator: ",") { self.receiveOnline(IRCSource(String(target))) }
        case 731:
            let sources = line.lastText.split(separator: ",").map { IRCSource(String($0)) }
            self.forgetHolders(Set(sources.map { self.fold($0.name) }))
            for source in sources {
                let key = self.fold(source.name)
                self.regain(ifFreed: source.name)
                guard self.link.people[key]?.channels.isEmpty == true else { continue }
                self.endIdentity(key)
                self.forget(key)
            }
        case 734:
            self.link.isMonitorFull = true
            for name in line.text(2).split(separator: ",") {
                self.link.monitored.remove(self.fold(String(name)))
            }
        default: break
        }
    }

    /// A watched nick is in use. It may have changed hands before the server began to watch it.
    private mutating func receiveOnline(_ source: IRCSource) {
        let key = self.fold(source.name)
        guard self.link.monitored.contains(key) else { return }
        if self.link.online.insert(key).inserted { self.link.holders[key] = nil }
        guard let person = self.link.people[key], person.channels.isEmpty, Self.differs(person, source) else { return }
        self.endIdentity(key)
        self.forget(key)
    }
}
