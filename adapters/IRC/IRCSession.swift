package import Chat
internal import Primitives

/// What an IRC connection does, as a value: input and time in, actions out. No I/O, no clock, no randomness.
///
/// One session lives as long as the adapter; ``Link`` holds what belongs to one connection. The topics are in files of
/// their own: `+Registration` (CAP, SASL, nick), `+Features`, `+Channels`, `+People`, `+Messages`, `+History`,
/// `+Presence`, `+Sending`, `+Typing`, `+Timers`.
package struct IRCSession: Sendable {
    /// What happens to the connection or is asked of it.
    package enum Input: Sendable {
        /// A try begins.
        case connecting
        /// The wire is there. `id` is random: it makes event ids unique where the server gives none.
        case connected(id: String, isSecure: Bool)
        /// A line was read.
        case line(IRCLine)
        /// ``IRCSession/deadline`` has come.
        case time
        /// The wire is gone, or could not be had.
        case disconnected(IRCEnding)
        /// A message is to be sent; its outcome is told for `ticket`.
        case post(ticket: Int, OutgoingMessage)
        /// The typing sign is to be shown or hidden.
        case typing(Bool, Route)
        /// Say good-bye.
        case quit
    }

    /// What has to be done.
    package enum Action: Sendable {
        case send(IRCOutgoingLine)
        case deliver(InboundEvent)
        /// The server has the message; `id` is its msgid, or empty.
        case posted(ticket: Int, MessageReference)
        case failed(ticket: Int, AdapterError)
        case status(AdapterStatus.State, detail: String?)
        case remember(IRCMemory)
        case log(Level, String)
        /// Close the wire after what was sent.
        case close
        /// Try again after a time within these milliseconds, picked at random so that many bots do not come at once.
        case reconnect(after: ClosedRange<Int64>)
    }

    /// How important a log line is.
    package enum Level: Sendable { case debug, info, warning, error }

    let settings: IRCSettings
    let adapter: AdapterID
    var memory: IRCMemory
    var link = Link()
    /// Connections that ended since the last one that held.
    var failures = 0
    /// Kicks and failed joins by channel key; they outlive a connection, lest a kick loop restarts with each one.
    var rejoins: [ExactText: Rejoin] = [:]
    var now = IRCTime(monotonic: 0, wall: 0)
    var actions: [Action] = []

    package init(settings: IRCSettings, memory: IRCMemory = IRCMemory()) {
        self.settings = settings
        self.adapter = AdapterID("irc:\(settings.id)")
        self.memory = memory
        self.link.nick = settings.nick
    }

    /// Takes one input at one moment.
    package mutating func handle(_ input: Input, at now: IRCTime) -> [Action] {
        self.now = now
        switch input {
        case .connecting: self.act(.status(.connecting, detail: nil))
        case .connected(let id, let isSecure): self.begin(id: id, isSecure: isSecure)
        case .line(let line): self.receive(line)
        case .time: self.fireTimers()
        case .disconnected(let ending): self.end(ending)
        case .post(let ticket, let message): self.post(ticket, message)
        case .typing(let isTyping, let route): self.setTyping(isTyping, in: route)
        case .quit: self.quit()
        }
        defer { self.actions.removeAll() }
        return self.actions
    }

    /// When ``Input/time`` has to come, in monotonic milliseconds.
    package var deadline: Int64? { self.link.timers.values.min() }

    /// Where to connect to: the configured place, or where a policy demands TLS.
    package func endpoint(at now: IRCTime) -> (port: Int, tls: IRCSettings.TLS) {
        guard self.settings.tls == .none, !self.settings.isAddress,
            let policy = self.memory.policies[self.settings.host.lowercased()], policy.expires > now.wall
        else { return (self.settings.port, self.settings.tls) }
        return (policy.port, .verify(caFile: nil))
    }

    mutating func act(_ action: Action) { self.actions.append(action) }

    mutating func log(_ level: Level, _ text: String) { self.act(.log(level, text)) }

    func fold(_ name: String) -> ExactText { ExactText(self.link.features.casemapping.fold(name)) }

    func isMe(_ name: some Collection<UInt8>) -> Bool {
        self.link.features.casemapping.areEqual(name, self.link.nick.utf8)
    }

    func isMe(_ name: String) -> Bool { self.isMe(name.utf8) }

    // MARK: Lines

    private mutating func receive(_ line: IRCLine) {
        guard self.link.phase != .offline else { return }
        self.link.received = self.now
        self.link.awaitsAnswer = false
        if let numeric = line.numeric { return self.receive(numeric, line) }
        switch line.command {
        case "PRIVMSG": self.receiveMessage(line)
        case "PING": self.sendNow(IRCOutgoingLine("PONG", text: line.lastText))
        case "PONG": self.receivePong(line)
        case "JOIN": self.receiveJoin(line)
        case "PART": self.receivePart(line)
        case "KICK": self.receiveKick(line)
        case "QUIT": self.receiveQuit(line)
        case "NICK": self.receiveNick(line)
        case "ACCOUNT": self.receiveAccount(line)
        case "CHGHOST": self.receiveHostChange(line)
        case "MODE": self.learnOwnHost(line)
        case "INVITE": self.receiveInvite(line)
        case "BATCH": self.receiveBatch(line)
        case "ACK": self.receiveAcknowledgement(line)
        case "CAP": self.receiveCapabilities(line)
        case "AUTHENTICATE": self.receiveChallenge(line)
        case "FAIL": self.receiveFail(line)
        case "CHATHISTORY": self.receiveHistoryTarget(line)
        case "ERROR": self.link.ending = self.link.ending ?? IRCEnding.error(line.lastText)
        case "KILL": self.log(.warning, "Killed by \(line.source?.name ?? "the server"): \(line.lastText)")
        default: break
        }
    }

    private mutating func receive(_ numeric: Int, _ line: IRCLine) {
        switch numeric {
        case 1: self.welcome(line)
        case 4: self.receiveSoftware(line)
        case 5: self.receiveFeatures(line)
        case 376, 422: self.becomeReady()
        case 396: self.receiveOwnHost(line)
        case 353: self.receiveNames(line)
        case 352, 354: self.receiveWho(numeric, line)
        case 317, 318: self.receiveWhois(numeric, line)
        case 730, 731, 734: self.receiveMonitor(numeric, line)
        case 421: self.receiveUnknownCommand(line)
        case 432, 433, 436, 437: self.receiveNickRefusal(numeric, line)
        case 451: break
        case 464, 465, 463, 466: self.receiveServerRefusal(numeric, line)
        case 470: self.receiveForward(line)
        case 900...908: self.receiveLogin(numeric, line)
        default: if numeric >= 400 { self.receiveError(numeric, line) }
        }
    }
}
