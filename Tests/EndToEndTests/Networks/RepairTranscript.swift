import Glibc
import JSON
import TestSupport

/// A repair on each network, with stable words in the place of ids and times.
struct RepairTranscript {
    /// What a person received on one network.
    struct Room {
        var messages: [RoomMessage] = []
        /// The first ask, while it waited.
        var ask: [RoomMessage] = []
    }

    private static let titles = [
        ("irc", "IRC (ngIRCd)"), ("matrix", "Matrix (Synapse), a thread"), ("slack", "Slack, a thread"),
        ("telegram", "Telegram, a group"), ("web", "Web"),
    ]

    let title: String
    let introduction: String
    var rooms: [String: Room] = [:]

    var text: String {
        "# \(self.title)\n\n\(self.introduction)\n\n"
            + Self.titles.map { name, title in self.section(name, title) }.joined(separator: "\n")
    }

    /// Saves what people received, with each network's markup, in the folder that the environment names.
    func keep(as name: String) throws {
        guard let folder = getenv("JETBRIDGE_TRANSCRIPTS").map({ String(cString: $0) }) else { return }
        let rooms = self.rooms.mapValues { room in
            JSON.array(
                (room.messages + room.ask).map { message in
                    [
                        "author": .string(message.author), "text": .string(message.text),
                        "markup": .string(message.markup), "buttons": .array(message.buttons.map { .string($0) }),
                        "reactions": .array((message.offers + message.reactions).map { .string($0) }),
                    ]
                })
        }
        try TestFile.write(
            JSON.object(JSONObject(members: rooms.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })).text,
            to: "\(folder)/\(name).json")
    }

    private func section(_ network: String, _ title: String) -> String {
        let room = self.rooms[network] ?? Room()
        var names = StableNames(room.messages)
        var text = "## \(title)\n\n````text\n\(Self.lines(room.messages, network, &names))\n````\n"
        if !room.ask.isEmpty {
            text +=
                "\nWhile it waited, the first ask read:\n\n````text\n\(Self.lines(room.ask, network, &names))\n````\n"
        }
        return text
    }

    private static func lines(_ messages: [RoomMessage], _ network: String, _ names: inout StableNames) -> String {
        messages.map { message in
            let author = names.stable(message.author)
            var text = names.stable(message.plain)
            if network == "irc" { return "<\(author)> \(text)" }
            let below = message.buttons.map { "[\($0)]" } + message.offers + message.reactions
            if !below.isEmpty { text += "\n\n" + below.joined(separator: " ") }
            return text.contains("\n") ? "<\(author)>\n\(text)\n" : "<\(author)> \(text)\n"
        }.joined(separator: "\n").trimmingEnd
    }
}

/// Replaces what differs from run to run.
struct StableNames {
    private var hashes: [String] = []
    private var asks: [String] = []

    init(_ messages: [RoomMessage]) {
        for message in messages {
            for match in message.plain.matches(of: /[0-9a-f]{40}/) { self.hashes.append(String(match.0)) }
        }
    }

    mutating func stable(_ text: String) -> String {
        var text = text
        for (number, hash) in self.hashes.enumerated() {
            let name = String(repeating: "0123456789abcdef", count: 3).dropFirst(number).prefix(40)
            text = text.replacing(hash, with: name).replacing(hash.prefix(7), with: name.prefix(7))
        }
        for match in text.matches(of: /\ba\d+\b/) where !self.asks.contains(String(match.0)) {
            self.asks.append(String(match.0))
        }
        let asks = self.asks
        return text.replacing(/\ba\d+\b/) { "a\((asks.firstIndex(of: String($0.0)) ?? 0) + 1)" }
            .replacing(/http:\/\/127\.0\.0\.1:\d+/, with: "https://bot.example.org")
            .replacing(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/, with: "2026-01-31 12:05:00 UTC")
            .replacing(/, \d\d:\d\d UTC/, with: ", 12:03 UTC")
            .replacing(/, \d+ s, \d+( k)? tokens/, with: ", 4 s, 5 k tokens")
            .replacing(/\b(ada|jetbot)-?\d+\b/) { String($0.1) }
            .replacing("Ada 1", with: "Ada").replacing("<@U0LOOPBOT>", with: "@jetbridge")
    }
}

extension String {
    /// Without white space at the end.
    fileprivate var trimmingEnd: String {
        var text = self[...]
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
