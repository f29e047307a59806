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

    func stop() async {
        for person in self.people { person.drop() }
        await self.server.stop()
    }
}
