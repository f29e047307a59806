internal import JSON
internal import Primitives
internal import TestSupport

/// A real ngIRCd, with people who ask in queries or in a channel: each room is somebody else, because what a person adds at
/// once belongs to their question. The server may be shared with other bots; whoever created it stops it.
final class BenchIRC: BenchNetwork {
    private let server: NgIRCd
    private let nick: String
    private let place: BenchPlace
    private let rooms: Int
    /// The last one talks without asking.
    private let people = Protected<[IRCPeer]>([])
    let connection: JSONObject

    init(_ server: NgIRCd, rooms: Int, bot: String, place: BenchPlace) {
        self.server = server
        self.rooms = rooms
        self.nick = bot
        self.place = place
        self.connection = [
            "port": JSON(server.port), "nick": .string(bot), "channel": .string("#\(bot)"),
            "members": [.string("irc:irc/mask:\(bot)-*!*@*")],
        ]
    }

    func open() async throws {
        var people: [IRCPeer] = []
        for number in 0...self.rooms {
            let peer = try await IRCPeer.connect(to: self.server, nick: "\(self.nick)-\(number)")
            try await peer.join("#\(self.nick)")
            people.append(peer)
        }
        while let peer = people.last {
            try await peer.send("NAMES #\(self.nick)")
            let names = try await peer.expect { $0.contains(" 353 ") }.split(separator: ":").last ?? ""
            if names.split(separator: " ").contains(where: { $0.drop { $0 == "@" } == self.nick[...] }) { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        self.people.withLock { [people] in $0 = people }
    }

    func ask(_ text: String, in room: Int) async throws -> BenchQuestion {
        let peer = try self.peer(room)
        let question = BenchQuestion(room: room, id: String(self.heard(by: peer).count))
        switch self.place {
        case .direct: try await peer.say(text, to: self.nick)
        case .room: try await peer.say("\(self.nick): \(text)", to: "#\(self.nick)")
        }
        return question
    }

    func talk(_ text: String, in room: Int) async throws {
        try await self.peer(self.rooms).say(text, to: "#\(self.nick)")
    }

    func wait(
        _ question: BenchQuestion, within limit: Duration, until isMet: @escaping @Sendable ([BenchWords]) -> Bool
    ) async throws -> [BenchWords] {
        let target = self.place == .room ? "#\(self.nick)" : nil
        let lines = try await self.peer(question.room).listen(to: self.nick, in: target, within: limit) {
            isMet(Self.words($0, after: question))
        }
        return Self.words(lines, after: question)
    }

    func words(after question: BenchQuestion) async -> [BenchWords] {
        guard let peer = try? self.peer(question.room) else { return [] }
        return Self.words(self.heard(by: peer), after: question)
    }

    private static func words(_ lines: [String], after question: BenchQuestion) -> [BenchWords] {
        lines.dropFirst(Int(question.id) ?? 0).map { BenchWords(text: $0, isGrowing: false) }
    }

    private func heard(by peer: IRCPeer) -> [String] {
        peer.heard(from: self.nick, in: self.place == .room ? "#\(self.nick)" : nil)
    }

    private func peer(_ room: Int) throws -> IRCPeer {
        let people = self.people.withLock { $0 }
        guard people.indices.contains(room) else { throw BenchFailure("not connected to IRC") }
        return people[room]
    }

    /// The server was started without limits.
    func leastSeconds(for answers: Int) -> Double { 0 }

    var calls: [String: Int] { self.counts }

    /// The lines that people see.
    var counts: [String: Int] {
        let people = self.people.withLock { $0 }
        let seen = self.place == .room ? people.suffix(1) : people[...]
        return ["PRIVMSG": seen.reduce(0) { $0 + self.heard(by: $1).count }]
    }

    var refusals: Int { 0 }

    func stop() async {
        for peer in self.people.withLock({ $0 }) { await peer.quit() }
    }
}
