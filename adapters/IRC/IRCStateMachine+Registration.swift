internal import Chat
internal import Crypto
internal import Kit
internal import Logging
internal import Primitives

/// Capabilities (CAP) and welcome (001).
extension IRCStateMachine {
    /// Starts a connection: sends everything that needs no answer at once.
    mutating func begin(id: String, isSecure: Bool, nonce: String) {
        self.open(id: id)
        self.link.isSecure = isSecure
        self.link.nonce = nonce
        self.sendNow(IRCOutgoingLine("CAP", "LS", "302"))
        if let password = self.settings.password { self.sendNow(IRCOutgoingLine("PASS", text: password.reveal())) }
        self.sendNow(IRCOutgoingLine("NICK", self.settings.nick))
        self.sendNow(IRCOutgoingLine("USER", self.settings.username, "0", "*", text: self.settings.realname))
    }

    /// The state of a connection of which nothing is known yet.
    mutating func open(id: String) {
        self.link = Link()
        self.memory.handOver = nil
        self.link.id = id
        self.link.nick = self.settings.nick
        self.link.received = self.now
        self.link.bucket = IRCFloodBucket(self.settings.flood, now: self.now.monotonic)
        self.link.phase = .negotiating
        self.setTimer(.registration, in: Self.registrationLimit)
    }

    // MARK: CAP

    /// `CAP target LS [*] :list`. The target is `*`, the nick or a UID, depending on the server, and is ignored.
    mutating func receiveCapabilities(_ line: IRCLine) {
        let list = line.count > 2 ? line.lastText : ""
        switch line.text(1).uppercased() {
        case "LS":
            self.link.capabilities.offer(list)
            if line.count > 3, line.text(2) == "*" { return }
            self.finishListing()
        case "NEW":
            self.link.capabilities.offer(list)
            self.link.capabilities.plan()
            self.requestNext()
        case "DEL": self.link.capabilities.withdraw(list)
        case "ACK":
            self.link.capabilities.acknowledge(list)
            self.requestNext()
        case "NAK":
            self.link.capabilities.refuse()
            self.requestNext()
        default: break
        }
    }

    private mutating func finishListing() {
        guard self.link.phase == .negotiating else { return }
        if self.obeyPolicy() { return }
        self.link.capabilities.plan(also: self.settings.sasl == nil ? [] : ["sasl"])
        self.requestNext()
    }

    private mutating func requestNext() {
        if let set = self.link.capabilities.next() {
            return self.sendNow(IRCOutgoingLine("CAP", "REQ", text: set))
        }
        guard self.link.phase == .negotiating, self.link.capabilities.isIdle else { return }
        if self.settings.sasl == nil { self.finishNegotiation() } else { self.beginLogin() }
    }

    mutating func finishNegotiation() {
        self.link.phase = .registering
        self.sendNow(IRCOutgoingLine("CAP", "END"))
    }

    /// Strict transport security (STS). Unencrypted, the port applies at once; the duration applies only over TLS,
    /// since anyone on the path can forge unencrypted lines. True if the connection ends for an upgrade.
    private mutating func obeyPolicy() -> Bool {
        guard let value = self.link.capabilities.offered["sts"], !self.settings.isAddress else { return false }
        var tokens: [Substring: Substring] = [:]
        for token in value.split(separator: ",") {
            let parts = token.split(separator: "=", maxSplits: 1)
            tokens[parts.first ?? ""] = parts.count > 1 ? parts[1] : ""
        }
        let host = self.settings.host.lowercased()
        if !self.link.isSecure {
            guard let port = tokens["port"].flatMap({ Int($0) }), (1...65_535).contains(port) else { return false }
            self.memory.policies[host] = .init(port: port, duration: 60, expires: self.now.wall + 60_000)
            self.close(.init(.upgrade, "The server demands TLS on port \(port)"))
            return true
        }
        guard let duration = tokens["duration"].flatMap({ Int64(untrusted: $0) }), duration >= 0 else { return false }
        if duration == 0 {
            self.memory.policies[host] = nil
        } else {
            let duration = min(duration, IRCMemory.longest)
            let port = self.endpoint(at: self.now).port
            self.memory.policies[host] = .init(
                port: port, duration: duration, expires: self.now.wall + duration * 1_000)
        }
        self.act(.remember(self.memory))
        return false
    }

    /// The duration of a policy starts at the end of the last connection that received it.
    mutating func renewPolicy() {
        let host = self.settings.host.lowercased()
        guard self.link.isSecure, self.link.capabilities.offered["sts"] != nil,
            let policy = self.memory.policies[host]
        else { return }
        self.memory.policies[host]?.expires = self.now.wall + policy.duration * 1_000
    }

    /// A server without CAP replies with 421, or continues with 001.
    mutating func receiveUnknownCommand(_ line: IRCLine) {
        guard line.text(1).uppercased() == "CAP", self.link.phase == .negotiating else { return }
        if self.settings.sasl != nil {
            self.close(
                .init(
                    .refused, "The server does not support SASL: remove sasl from its settings or use another server"))
        } else {
            self.link.phase = .registering
        }
    }

    // MARK: Refusals

    /// 464 wrong password, 465 banned, 463 and 466 no access.
    mutating func receiveServerRefusal(_ numeric: Int, _ line: IRCLine) {
        switch numeric {
        case 464: self.close(.init(.refused, "The server password is wrong or missing: \(line.lastText)"))
        case 465: self.close(.init(.banned, "The server banned the bot: \(line.lastText)"))
        default: self.close(.init(.refused, "The server does not accept this machine: \(line.lastText)"))
        }
    }

    // MARK: 001 and ready

    mutating func welcome(_ line: IRCLine) {
        guard self.link.phase != .welcome, self.link.phase != .ready else { return }
        if self.settings.sasl != nil, !self.link.isLoggedIn {
            return self.close(
                .init(.refused, "SASL: the server skipped the login; Jetbridge does not stay without its account"))
        }
        self.link.phase = .welcome
        if line.count > 1 { self.link.nick = line.text(0).beginning(bytes: Self.nickBytes) }
        let words = line.lastText.split(separator: " ")
        if let last = words.last, last.contains("!"), last.contains("@") { self.learn(IRCSource(String(last))) }
        self.clearTimer(.registration)
        self.clearTimer(.login)
        self.setTimer(.welcome, in: 10_000)
        self.setTimer(.silence, in: Self.silenceLimit)
    }

    /// Marks the bot as a bot before anything else, then joins the channels.
    mutating func becomeReady() {
        guard self.link.phase == .welcome else { return }
        self.clearTimer(.welcome)
        self.link.phase = .ready
        self.link.readySince = self.now.monotonic
        self.setTimer(.memory, in: 60_000)
        if let mode = self.link.features.botMode { self.enqueue(IRCOutgoingLine("MODE", self.link.nick, "+" + mode)) }
        if self.link.host == nil, self.settings.channels.isEmpty {
            self.enqueue(IRCOutgoingLine("WHO", self.link.nick), cost: 2)
        }
        if !self.isMe(self.wantedNick) { self.beginRegaining() }
        self.joinAll()
        self.requestMissedQueries()
        self.pump()
    }
}
