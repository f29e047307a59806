import EventLoop
import Primitives
import TestSupport

/// A channel on ngIRCd; each conversation is a person in it.
final class ServedIRC: ServedNetwork {
    private static let channel = "#team"
    private let server: NgIRCd
    private let people: [IRCPeer]
    let name = "irc"

    init(conversations: Int) async throws {
        let server = try await NgIRCd(hasPenalty: false)
        var people: [IRCPeer] = []
        for number in 0..<conversations {
            let peer = try await IRCPeer.connect(to: server, nick: "ada\(number)")
            try await peer.join(Self.channel)
            people.append(peer)
        }
        self.server = server
        self.people = people
    }

    var entry: String {
        """
          irc:
            - id: local
              server: 127.0.0.1:\(self.server.port)
              tls: false
              nick: jetbot
              channels: ["\(Self.channel)"]
              flood: {burst: 1000, interval: 0s}
        """
    }

    let owners = ["irc:local/mask:ada*!*@*"]
    let environment: [String: String] = [:]

    func meet(_ host: HostProcess) async throws {
        // Each join sends the names; waits until the bot is among them.
        for _ in 0..<200 {
            try await self.people[0].send("NAMES \(Self.channel)")
            let line = try await self.people[0].expect { $0.contains(" 353 ") }
            if line.contains("jetbot") { return }
            try await EventLoop.shared.sleep(for: .milliseconds(50))
        }
        throw NetworkFailure("the bot did not join \(Self.channel)")
    }

    func say(_ text: String, in conversation: Int) async throws {
        try await self.people[conversation].say(
            text.hasPrefix("!") ? text : "jetbot: \(text)", to: Self.channel)
    }

    func words(in conversation: Int) async throws -> [String] {
        let person = self.people[conversation]
        let lines = person.heard(from: "jetbot", in: Self.channel)
        return IRCPeer.attributed(lines, to: self.people.map(\.nick)).filter { $0.nick == person.nick }.map(\.text)
    }

    /// The lines of one person and of the bot to that person, as somebody else in the channel sees them.
    func room(_ conversation: Int) async throws -> [RoomMessage] {
        let person = self.people[conversation].nick
        let others = self.people.map(\.nick).filter { $0 != person }
        var addressee = person
        return self.people[conversation == 0 ? 1 : 0].received.compactMap { line in
            let parts = line.split(separator: " ", maxSplits: 3)
            guard parts.count == 4, parts[1] == "PRIVMSG", parts[2] == Self.channel else { return nil }
            let author = String(parts[0].dropFirst().prefix { $0 != "!" })
            let text = String(parts[3].dropFirst())
            guard author == "jetbot" else {
                return author == person ? RoomMessage(author: author, isFromBot: false, text: text) : nil
            }
            if let nick = ([person] + others).first(where: { text.hasPrefix("\($0): ") }) { addressee = nick }
            return addressee == person ? RoomMessage(author: author, isFromBot: true, text: text) : nil
        }
    }

    func decide(_ ask: String, _ decision: AskDecision, in conversation: Int) async throws {
        switch decision {
        case .approve, .deny: try await self.say("!\(decision.command(for: ask))", in: conversation)
        case .approveAll: try await self.say("all", in: conversation)
        case .always: try await self.say("B", in: conversation)
        case .option(let letter): try await self.say(letter, in: conversation)
        }
    }

    func stop() async {
        for person in self.people { person.drop() }
        await self.server.stop()
    }
}
