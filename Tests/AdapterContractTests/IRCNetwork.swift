import Chat
import IRC
import Primitives
import TestSupport

/// A real IRC server with one channel: no event ids, no edits, no history; the PONG after a line proves its arrival.
final class IRCNetwork: ContractNetwork {
    private struct State {
        var peers: [String: IRCPeer] = [:]
        var observer: IRCPeer?
        var transport = CuttableTransport()
        var syncs = 0
        var sink: ContractSink?
        /// Lines for the bot since its host started.
        var said = 0
    }

    let abilities: NetworkAbilities = [.failures, .notes, .limit]
    private let server: any IRCTestServer
    private let state = Protected(State())

    private static let channel = "#team"
    private static let nick = "jetbot"

    convenience init() async throws { self.init(try await NgIRCd(hasPenalty: false)) }

    init(_ server: any IRCTestServer) { self.server = server }

    func identity(of person: String) -> String { "irc:net/mask:\(person)!*@*" }

    func open(to people: [String]) async throws {
        for person in people { try await self.enter(person) }
    }

    private func enter(_ person: String) async throws {
        let peer = try await IRCPeer.connect(to: self.server, nick: person)
        try await peer.join(Self.channel)
        self.state.withLock { state in
            state.peers[person] = peer
            if state.observer == nil { state.observer = peer }
        }
    }

    func makeAdapter() throws -> any ChatAdapter {
        let transport = CuttableTransport()
        self.state.withLock { $0.transport = transport }
        return IRCAdapter(
            IRCSettings(
                id: "net", host: "127.0.0.1", port: self.server.port, tls: .none, nick: Self.nick,
                channels: [.init(Self.channel)], flood: .exempt),
            transport: transport, logger: ContractBench.logger)
    }

    @discardableResult
    func say(_ text: String, as person: String, _ manner: Manner) async throws -> String {
        if self.state.withLock({ $0.peers[person] }) == nil { try await self.enter(person) }
        let peer = try self.peer(person)
        let line = "\(Self.channel) :\(manner.isAddressed ? "\(Self.nick): " : "")\(text)"
        // Programs are recognised by NOTICE, which is never answered.
        guard manner.author == .person else {
            try await peer.send("NOTICE \(line)")
            return ""
        }
        // The bot reads what is not for it, in order, but does not deliver it.
        guard manner.isAddressed || text.hasPrefix("!") else {
            try await peer.send("PRIVMSG \(line)")
            try await self.sync(peer)
            return ""
        }
        let (sink, number) = self.state.withLock { state in
            state.said += 1
            return (state.sink, state.said)
        }
        try await peer.send("PRIVMSG \(line)")
        if let sink { await sink.waitForMessages(number) } else { try await self.sync(peer) }
        return ""
    }

    func connected(to sink: ContractSink?) async throws {
        self.state.withLock { state in
            state.sink = sink
            state.said = 0
        }
    }

    /// Returns when the server has relayed all lines from `peer`, and `peer` has received all lines for it.
    private func sync(_ peer: IRCPeer) async throws {
        let number = self.state.withLock { state in
            state.syncs += 1
            return state.syncs
        }
        try await peer.send("PING sync-\(number)")
        while !peer.received.contains(where: { $0.contains("PONG") && $0.hasSuffix("sync-\(number)") }) {
            _ = try await peer.expect { $0.contains("PONG") }
        }
    }

    private func peer(_ person: String) throws -> IRCPeer {
        guard let peer = self.state.withLock({ $0.peers[person] }) else {
            throw ContractFailure("\(person) is not in the channel")
        }
        return peer
    }

    private var observer: IRCPeer {
        get throws {
            guard let peer = self.state.withLock({ $0.observer }) else { throw ContractFailure("network not open") }
            return peer
        }
    }

    func shown() async throws -> [Shown] {
        let people = self.state.withLock { Array($0.peers.keys) }
        let lines = try self.observer.heard(from: Self.nick, in: Self.channel)
        return IRCPeer.attributed(lines, to: people).map { Shown(person: $0.nick, text: Self.plain($0.text)) }
    }

    /// Without bold, italics and so on, each of which is one byte, as no colours are used.
    private static func plain(_ text: String) -> String {
        String(decoding: text.utf8.filter { $0 >= 0x20 }, as: UTF8.self)
    }

    /// The raw lines, for measuring.
    var rawLines: [String] {
        get throws { try self.observer.received.filter { $0.hasPrefix(":\(Self.nick)!") && $0.contains(" PRIVMSG ") } }
    }

    func settle() async throws { try await self.sync(self.observer) }

    func forget() async throws {
        for peer in self.state.withLock({ $0.peers.values }) { peer.forget() }
    }

    func inject(_ fault: NetworkFault) async throws {
        let transport = self.state.withLock { $0.transport }
        switch fault {
        case .postIsLostOnTheWayBack: transport.meet(.deafAfterwards)
        case .tooFast:
            let text = "Message target change too fast. Please wait."
            transport.meet(.refused(":ng.test 439 \(Self.nick) \(Self.channel) :\(text)"))
        case .away:
            transport.cut()
            _ = try await self.observer.expect { $0.hasPrefix(":\(Self.nick)!") && $0.contains(" QUIT ") }
        case .halfOpen: transport.meet(.deafAfterwards)
        // IRC has no edits, no server errors that a line would reveal, and no repeats.
        case .editIsLostOnTheWayBack, .editTooFast, .serverError, .editServerError, .eventsTwice, .eventsHeld: break
        }
    }

    /// Others see the line, after which the bot receives nothing more.
    func isStuck() async throws -> Bool {
        guard self.state.withLock({ $0.transport }).isDeaf else { return false }
        return try await !self.shown().isEmpty
    }

    /// Ends the deaf connection.
    func mend() async throws {
        let transport = self.state.withLock { $0.transport }
        if transport.isDeaf { transport.cut() }
    }

    func chatter(_ count: Int) async throws {
        let people = self.state.withLock { Array($0.peers.values) }
        for number in 0..<count {
            // What somebody says right after a question would be part of it, unless it is for somebody else.
            let other = people[(number + 1) % people.count].nick
            try await people[number % people.count].say("\(other): chatter \(number)", to: Self.channel)
        }
        for person in people { try await self.sync(person) }
    }

    /// Ends the deaf connection.
    func cut() { self.state.withLock { $0.transport }.cut() }

    func sever() async throws {
        self.state.withLock { $0.transport }.sever()
        // The nick becomes free only when the server notices.
        _ = try await self.observer.expect { $0.hasPrefix(":\(Self.nick)!") && $0.contains(" QUIT ") }
    }

    func close() async {
        for peer in self.state.withLock({ Array($0.peers.values) }) { peer.drop() }
        await self.server.stop()
    }
}
