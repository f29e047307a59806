internal import Chat
internal import Logging
internal import Primitives

/// Our own nick: a variant while the configured one is taken, and taking it back.
extension IRCStateMachine {
    /// Bytes of our nick that are kept from a server's line: our own lines repeat it.
    static let nickBytes = 512
    /// The nick of the services that manage nicks (Atheme, Anope, Ergo).
    static let nickServices = "NickServ"
    /// The commands that free a nick of the account that we are logged in to: REGAIN on Atheme, RECOVER on Anope, GHOST
    /// on Ergo and on older services. The first two also change our nick.
    static let reclaimCommands = ["REGAIN", "RECOVER", "GHOST"]
    /// Milliseconds to wait for services, or for our nick to change.
    private static let reclaimLimit: Int64 = 5_000
    /// The lowest limit in use (RFC 2812 §1.2.1).
    private static let shortestNickLimit = 9

    /// The configured nick, or its beginning if the server allows only shorter ones.
    var wantedNick: String {
        Self.variant(0, of: self.settings.nick, limit: self.link.features.ownNickLength ?? self.link.nickLimit)
    }

    /// The nick, `nick_`, then `nick-2` to `nick-9`; the nick is cut so that the whole fits `limit` bytes.
    private static func variant(_ number: Int, of nick: String, limit: Int?) -> String {
        let suffix = number == 0 ? "" : number == 1 ? "_" : "-\(number)"
        var stem = nick
        if let limit { while stem.utf8.count + suffix.utf8.count > limit, stem.count > 1 { stem.removeLast() } }
        return stem + suffix
    }

    // MARK: Refusals

    /// 432 invalid, 433 in use, 436 collision, 437 reserved.
    mutating func receiveNickRefusal(_ numeric: Int, _ line: IRCLine) {
        guard self.link.phase == .welcome || self.link.phase == .ready else {
            return self.replaceRefusedNick(numeric, line)
        }
        if numeric == 437, self.receiveJoinRefusal(numeric, line) { return }
        if numeric == 432 { self.clearTimer(.regain) }
        if self.link.reclaim?.hasTaken == true { self.askServices() }
    }

    /// Sends another nick during the registration. NICKLEN arrives only after it (005), so a server's limit shows in
    /// its refusals: 432 for a nick that is too long, or 433 for the beginning of the nick that we sent.
    private mutating func replaceRefusedNick(_ numeric: Int, _ line: IRCLine) {
        let refused = line.text(1)
        if numeric == 432 {
            guard self.link.nickLimit == nil, let limit = self.limitAfterInvalidNick else {
                let text = "The server rejected the nick \(self.link.nick): \(line.lastText). Choose another nick"
                return self.close(.init(.refused, text))
            }
            self.link.nickLimit = limit
        } else if self.link.nickLimit == nil, refused != self.link.nick, !refused.isEmpty,
            self.link.nick.hasPrefix(refused)
        {
            self.link.nickLimit = refused.utf8.count
        } else {
            self.link.nickTries += 1
        }
        guard self.link.nickTries <= 9 else {
            return self.close(.init(.lost, "The nick \(self.settings.nick) and its variants are all taken"))
        }
        self.link.nick = Self.variant(self.link.nickTries, of: self.settings.nick, limit: self.link.nickLimit)
        self.sendNow(IRCOutgoingLine("NICK", self.link.nick))
    }

    /// The limit to assume after 432: the configured nick's length if only the variant was invalid. Nil if the nick is
    /// within every limit in use.
    private var limitAfterInvalidNick: Int? {
        if self.link.nickTries > 0 { return max(self.settings.nick.utf8.count, 2) }
        return self.link.nick.utf8.count > Self.shortestNickLimit ? Self.shortestNickLimit : nil
    }

    // MARK: Taking it back

    /// Waits for the nick to become free: asks services, watches it if the server offers MONITOR, and retries once a
    /// minute.
    mutating func beginRegaining() {
        let wanted = self.wantedNick
        self.log(.info, "The nick \(wanted) is taken; using \(self.link.nick) for now")
        if let better = self.betterNick { self.enqueue(IRCOutgoingLine("NICK", better)) }
        if self.link.features.monitorLimit != nil { self.enqueue(IRCOutgoingLine("MONITOR", "+", wanted)) }
        self.setTimer(.regain, in: 60_000)
        if self.link.isLoggedIn {
            self.link.reclaim = Reclaim()
            self.askServices()
        }
    }

    /// A better nick than the present one, now that NICKLEN is known: the wanted one if it was cut to a wrong guess, or
    /// the whole wanted one with a sign.
    private var betterNick: String? {
        guard let limit = self.link.features.ownNickLength else { return nil }
        let wanted = self.wantedNick
        if let guess = self.link.nickLimit, wanted.utf8.count > guess { return wanted }
        let marked = Self.variant(1, of: self.settings.nick, limit: limit)
        return marked.hasPrefix(wanted) && !self.link.nick.hasPrefix(wanted) ? marked : nil
    }

    mutating func regain() {
        guard self.link.phase == .ready, !self.isMe(self.wantedNick) else { return self.clearTimer(.regain) }
        self.enqueue(IRCOutgoingLine("NICK", self.wantedNick))
        self.setTimer(.regain, in: 60_000)
        self.pump()
    }

    /// Takes our configured nick at once if its holder has just given it up.
    mutating func regain(ifFreed nick: String) {
        if self.link.timers[.regain] != nil, self.fold(nick) == self.fold(self.wantedNick) { self.regain() }
    }

    /// Handles a change of our nick, by us or by the server.
    mutating func takeOwnNick(_ new: String) {
        self.link.nick = new.beginning(bytes: Self.nickBytes)
        guard self.isMe(self.wantedNick) else {
            self.log(.warning, "The nick was changed to \(self.link.nick)")
            // Without a login, services take the nick away because it belongs to someone else's account.
            if self.link.isLoggedIn, self.link.timers[.regain] == nil { self.setTimer(.regain, in: 60_000) }
            return
        }
        self.clearTimer(.regain)
        self.endReclaiming()
        self.log(.info, "The nick is \(self.link.nick) again")
    }

    // MARK: Services

    /// Sends the next command to services; after the last one, only the retries remain.
    private mutating func askServices() {
        guard let command = self.link.reclaim?.commands.popFirst(), !self.isMe(self.wantedNick) else {
            return self.endReclaiming()
        }
        self.link.reclaim?.hasTaken = false
        self.setTimer(.reclaim, in: Self.reclaimLimit)
        self.enqueue(IRCOutgoingLine("PRIVMSG", Self.nickServices, text: "\(command) \(self.wantedNick)"))
        self.pump()
    }

    /// Services answer in the language of the account, so the text does not tell whether the nick is free. NICK does.
    mutating func receiveNotice(_ line: IRCLine) {
        guard self.link.reclaim?.hasTaken == false, self.isMe(line.raw(0)), let source = line.source,
            self.fold(source.name) == self.fold(Self.nickServices)
        else { return }
        self.takeAfterServices()
    }

    /// No answer within the limit.
    mutating func continueReclaiming() {
        guard let reclaim = self.link.reclaim else { return }
        if reclaim.hasTaken { self.askServices() } else { self.takeAfterServices() }
    }

    private mutating func takeAfterServices() {
        self.link.reclaim?.hasTaken = true
        self.setTimer(.reclaim, in: Self.reclaimLimit)
        self.enqueue(IRCOutgoingLine("NICK", self.wantedNick))
        self.pump()
    }

    mutating func endReclaiming() {
        self.link.reclaim = nil
        self.clearTimer(.reclaim)
    }
}
