package import Chat
package import Kit
package import Logging
internal import Primitives

/// The logic of an IRC connection: input and time in, actions out. No I/O, no clock, no randomness.
///
/// One state machine lives as long as the adapter; ``Link`` holds the state of one connection. Each topic has a file:
/// `+Registration` (CAP, nick), `+Login` (SASL), `+Features`, `+Channels`, `+People`, `+Presence`, `+Proof`,
/// `+Messages`, `+Joining` (lines that belong together), `+Said` (what was said in channels), `+History`, `+Sending`,
/// `+Traits`, `+Typing`, `+Timers`, `+HandOver`.
package struct IRCStateMachine: Sendable {
    /// An event on the connection, or a request from the adapter.
    package enum Input: Sendable {
        /// A connection attempt begins.
        case connecting
        /// The connection is open. `id` is random and makes event ids unique if the server gives none; `nonce` is random
        /// and unpredictable, of printable ASCII without commas.
        case connected(id: String, isSecure: Bool, nonce: String)
        case line(IRCLine)
        /// ``IRCStateMachine/deadline`` has passed.
        case time
        /// The connection ended or could not be opened.
        case disconnected(IRCEnding)
        /// Send a message; `posted` or `failed` reports the outcome under the same ticket.
        case post(ticket: Int, OutgoingMessage)
        /// Show or hide the typing sign.
        case typing(Bool, Route)
        /// The key of an ``Action/derive(_:)``.
        case derived([UInt8])
        /// Send QUIT and close.
        case quit
        /// The connection is going to be handed over: messages that have not been sent wait for the next program.
        case leaving
        /// Nothing more is read: remember what the next program needs, and forget the connection.
        case handOver(mark: String, rest: [UInt8])
        /// Go on with the connection in ``IRCMemory/handOver``. `id` as for a new one.
        case resumed(id: String)
    }

    package enum Action: Sendable {
        case send(IRCOutgoingLine)
        case deliver(InboundEvent)
        /// The server has the message; the reference's id is the msgid, or empty.
        case posted(ticket: Int, MessageReference)
        case failed(ticket: Int, AdapterError)
        case status(AdapterStatus.State, detail: String?)
        case remember(IRCMemory)
        /// Derive a key, which blocks, and return it as ``Input/derived(_:)``.
        case derive(IRCKeyRequest)
        case log(LogLevel, String)
        /// Close the connection after the lines sent so far.
        case close
        /// Reconnect after a random time in this range, in milliseconds, so that many bots do not reconnect at once.
        case reconnect(after: ClosedRange<Int64>)
    }

    let settings: IRCSettings
    let adapter: AdapterID
    var memory: IRCMemory
    var link = Link()
    /// Failed connections since the last stable one.
    var failures = 0
    /// Rejoins by channel. They outlive a connection, so that a new one does not restart a kick loop.
    var rejoins: [ExactText: Rejoin] = [:]
    /// What was said in each channel.
    var heard = RoomMemory<ExactText, HeardLine>()
    /// The number of lines that were heard.
    var heardLines = 0
    var now = AdapterTime(monotonic: 0, wall: 0)
    var actions: [Action] = []
    private var records = TokenBucket(capacity: 100, interval: 1_000, at: 0)

    package init(settings: IRCSettings, memory: IRCMemory = IRCMemory()) {
        self.settings = settings
        self.adapter = AdapterID("irc:\(settings.id)")
        self.memory = memory
        self.link.nick = settings.nick
    }

    /// Handles one input and returns the actions to perform.
    package mutating func handle(_ input: Input, at now: AdapterTime) -> [Action] {
        self.now = now
        switch input {
        case .connecting: self.act(.status(.connecting, detail: nil))
        case .connected(let id, let isSecure, let nonce): self.begin(id: id, isSecure: isSecure, nonce: nonce)
        case .line(let line): self.receive(line)
        case .time: self.fireTimers()
        case .disconnected(let ending): self.end(ending)
        case .post(let ticket, let message): self.post(ticket, message)
        case .typing(let isTyping, let route): self.setTyping(isTyping, in: route)
        case .derived(let key): self.proveLogin(key)
        case .quit: self.quit()
        case .leaving: self.link.isLeaving = true
        case .handOver(let mark, let rest): self.handOver(mark, rest)
        case .resumed(let id): self.resume(id: id)
        }
        defer { self.actions.removeAll() }
        return self.actions
    }

    /// When ``Input/time`` is due, in monotonic milliseconds.
    package var deadline: Int64? { self.link.timers.values.min() }

    /// Where to connect: the configured port, or the TLS port that an STS policy demands.
    package func endpoint(at now: AdapterTime) -> (port: Int, tls: IRCSettings.TLS) {
        guard self.settings.tls == .none, !self.settings.isAddress,
            let policy = self.memory.policies[self.settings.host.lowercased()], policy.expires > now.wall
        else { return (self.settings.port, self.settings.tls) }
        return (policy.port, .verify(caFile: nil))
    }

    mutating func act(_ action: Action) { self.actions.append(action) }

    /// Lines of the server cause records: beyond a hundred at once and one a second they are left out.
    mutating func log(_ level: LogLevel, _ text: String) {
        guard self.records.take(at: self.now.monotonic) == nil else { return }
        self.act(.log(level, self.records.tokens < 1 ? text + "; what follows at this pace is not logged" : text))
    }

    func fold(_ name: String) -> ExactText { ExactText(self.link.features.casemapping.fold(name)) }

    func isMe(_ name: some Collection<UInt8>) -> Bool {
        self.link.features.casemapping.areEqual(name, self.link.nick.utf8)
    }

    func isMe(_ name: String) -> Bool { self.isMe(name.utf8) }

    // MARK: Lines

    mutating func receive(_ line: IRCLine) {
        guard self.link.phase != .offline else { return }
        self.link.received = self.now
        self.link.awaitsAnswer = false
        if line.hasTags, line.command != "BATCH" { self.countInBatch(line) }
        if let numeric = line.numeric { return self.receive(numeric, line) }
        switch line.command {
        case "PRIVMSG": if !self.collect(line) { self.receiveMessage(line) }
        case "NOTICE": self.receiveNotice(line)
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
        case 311, 317, 318, 330: self.receiveWhois(numeric, line)
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

extension IRCStateMachine {
    /// The current traits of a room. Each line is a separate message; the flood bucket paces them.
    package func traits(of room: RoomID) -> RoomTraits {
        let isChannel = self.link.features.isChannel(room.name)
        var capabilities: RoomTraits.Capabilities = []
        if self.canType { capabilities.insert(.typing) }
        if self.hasHistory { capabilities.insert(.history) }
        let budget = self.budget(target: room.name) - (isChannel ? self.addresseeReserve : 0)
        return RoomTraits(
            capabilities: capabilities, textLimit: max(64, budget), textUnit: .bytes, isMultiline: false,
            joined: self.multiline == nil ? nil : .standard, answerMessages: 60, excerptMessages: 12, times: .relative,
            commandSign: "!",
            names: [self.link.nick, self.settings.nick], title: isChannel ? RoomTitle.of(room.name) : nil)
    }
}
