import Chat
import IRC
import Kit
import Primitives
import Testing

/// Drives a state machine with a manual clock: lines in, actions out.
final class Transcript {
    var machine: IRCStateMachine
    var now = AdapterTime(monotonic: 1_000, wall: 1_800_000_000_000)
    /// Actions not yet taken by the test.
    var actions: [IRCStateMachine.Action] = []

    init(
        tls: IRCSettings.TLS = .none, host: String = "irc.example.org", nick: String = "bot", password: Secret? = nil,
        sasl: IRCSettings.SASL? = nil, channels: [IRCSettings.Channel] = [.init("#dev")],
        flood: IRCSettings.Flood = .safe, memory: IRCMemory = IRCMemory()
    ) {
        let settings = IRCSettings(
            id: "net", host: host, port: 6667, tls: tls, nick: nick, password: password, sasl: sasl,
            channels: channels, flood: flood)
        self.machine = IRCStateMachine(settings: settings, memory: memory)
    }

    // MARK: Driving

    func handle(_ input: IRCStateMachine.Input) {
        for action in self.machine.handle(input, at: self.now) {
            // What the adapter does on another thread.
            if case .derive(let request) = action {
                self.handle(.derived(request.key()))
            } else {
                self.actions.append(action)
            }
        }
    }

    /// Connects and returns the lines sent.
    func connect(isSecure: Bool = false, id: String = "c1") -> [String] {
        self.handle(.connecting)
        self.handle(.connected(id: id, isSecure: isSecure, nonce: "rOprNGfwEbeRWgbNEkqO"))
        return self.sent()
    }

    /// Feeds lines from the server and returns the lines sent in response.
    @discardableResult func read(_ lines: String...) -> [String] {
        for line in lines { if let line = IRCLine(line) { self.handle(.line(line)) } }
        return self.sent()
    }

    /// Lets time pass, firing every deadline on the way, and returns the lines sent.
    @discardableResult func pass(_ milliseconds: Int64) -> [String] {
        let end = self.now.monotonic + milliseconds
        var steps = 0
        while let deadline = self.machine.deadline, deadline <= end, steps < 100_000 {
            self.move(to: max(deadline, self.now.monotonic))
            self.handle(.time)
            steps += 1
        }
        self.move(to: end)
        return self.sent()
    }

    private func move(to monotonic: Int64) {
        self.now.wall += monotonic - self.now.monotonic
        self.now.monotonic = monotonic
    }

    /// Connects and joins the channels, then discards all actions.
    func start(
        caps: String = "", tokens: String = "NETWORK=Test", channels: [String] = ["#dev"],
        software: String = "InspIRCd-3", isSecure: Bool = false
    ) {
        _ = self.connect(isSecure: isSecure)
        self.read("CAP * LS :\(caps)")
        let names = caps.split(separator: " ").map { $0.prefix { $0 != "=" } }.joined(separator: " ")
        if !caps.isEmpty { self.read("CAP * ACK :\(names)") }
        self.read(
            ":irc.test 001 bot :Welcome bot!~bot@bot.host", ":irc.test 004 bot irc.test \(software) a b",
            ":irc.test 005 bot \(tokens) :are supported", ":irc.test 376 bot :End")
        for channel in channels { self.read(":bot!~bot@bot.host JOIN \(channel)") }
        self.pass(20_000)
        self.actions = []
    }

    // MARK: Results

    /// Takes the lines sent.
    func sent() -> [String] {
        let lines = self.actions.compactMap { if case .send(let line) = $0 { line.text } else { nil } }
        self.actions.removeAll { if case .send = $0 { true } else { false } }
        return lines
    }

    private func take<Value>(_ pick: (IRCStateMachine.Action) -> Value?) -> [Value] {
        let values = self.actions.compactMap(pick)
        self.actions.removeAll { pick($0) != nil }
        return values
    }

    func events() -> [InboundEvent] {
        self.take { if case .deliver(let event) = $0 { event } else { nil } }
    }

    func messages() -> [InboundMessage] {
        self.events().compactMap { if case .message(let message) = $0.kind { message } else { nil } }
    }

    /// Takes the events and returns all but messages, as text.
    func notices() -> [String] {
        self.events().compactMap { event in
            switch event.kind {
            case .message: nil
            case .identityEnded(let identity): "ended \(identity)"
            case .messageEdited, .messageDeleted, .choice, .roomRenamed, .roomReturned: "\(event.kind)"
            }
        }
    }

    func posted() -> [Int: String] {
        let pairs: [(Int, String)] = self.take {
            guard case .posted(let ticket, let reference) = $0 else { return nil }
            // The bot's own ids, where the server gives none.
            return (ticket, reference.id.hasPrefix("local:") ? "" : reference.id)
        }
        return Dictionary(uniqueKeysWithValues: pairs)
    }

    func failed() -> [Int: AdapterError] {
        let pairs: [(Int, AdapterError)] = self.take {
            if case .failed(let ticket, let error) = $0 { (ticket, error) } else { nil }
        }
        return Dictionary(uniqueKeysWithValues: pairs)
    }

    func statuses() -> [String] {
        self.take { if case .status(let state, let detail) = $0 { "\(state) \(detail ?? "")" } else { nil } }
    }

    func isClosed() -> Bool {
        !self.take { if case .close = $0 { true } else { nil } }.isEmpty
    }

    func reconnects() -> [ClosedRange<Int64>] {
        self.take { if case .reconnect(let range) = $0 { range } else { nil } }
    }

    func memories() -> [IRCMemory] {
        self.take { if case .remember(let memory) = $0 { memory } else { nil } }
    }

    // MARK: Posting

    static let adapter = AdapterID("irc:net")

    static func route(
        _ room: String, anchor: String? = nil, addressee: String? = nil, replyTo: String? = nil
    ) -> Route {
        Route(room: RoomID(adapter: Self.adapter, name: room), anchor: anchor, addressee: addressee, replyTo: replyTo)
    }

    @discardableResult func post(
        _ text: String, to room: String = "#dev", ticket: Int = 1, anchor: String? = nil, addressee: String? = nil,
        mentions: [Mention] = []
    ) -> [String] {
        let route = Self.route(room, anchor: anchor, addressee: addressee).mentioning(mentions)
        self.handle(.post(ticket: ticket, OutgoingMessage(text: text, route: route, token: "t\(ticket)")))
        return self.sent()
    }
}
