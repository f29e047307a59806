import Chat
import TestSupport
import Testing

@Suite("Contract: long answers", .timeLimit(.minutes(1)))
struct SplitTests {
    /// A network with a room of one limit and unit.
    struct Room: Sendable, CustomTestStringConvertible {
        let kind: NetworkKind
        var unit = RoomTraits.TextUnit.bytes
        var limit = 0

        var testDescription: String { self.limit == 0 ? "\(self.kind)" : "\(self.kind), \(self.limit) \(self.unit)" }

        static let all =
            [.irc, .web, .matrix, .matrixEncrypted, .slack, .telegram].map { Room(kind: $0) }
            + [NetworkKind.editing, .appending].flatMap { kind in
                [RoomTraits.TextUnit.bytes, .utf16, .characters].map { Room(kind: kind, unit: $0, limit: 240) }
            }

        func make() async throws -> any ContractNetwork {
            switch self.kind {
            case .editing: FakeNetwork(isEditing: true, limit: self.limit, unit: self.unit)
            case .appending: FakeNetwork(isEditing: false, limit: self.limit, unit: self.unit)
            default: try await self.kind.make()
            }
        }

        /// How many times the texts are repeated: platforms with larger messages get a longer answer, which must not be
        /// so long that it becomes a file.
        var copies: (long: Int, unbroken: Int) {
            switch self.kind {
            case .matrix, .slack: (14, 30)
            // Its limit is lower: ciphertext is longer.
            case .matrixEncrypted: (9, 19)
            case .telegram: (5, 10)
            default: (1, 1)
            }
        }

        /// Whether the text shows code between fences.
        var hasFences: Bool { [.editing, .appending, .web, .slack].contains(self.kind) }

        /// The size of a message as the platform counts it.
        func size(of text: String) -> Int {
            switch self.unit {
            case .bytes: text.utf8.count
            case .utf16: text.utf16.count
            case .characters: text.unicodeScalars.count
            }
        }
    }

    /// Paragraphs longer than a message, a list, and a fence longer than a message.
    private static let long: String = {
        let sentence =
            "Größe und Übermaß: a message is stored before the network is told, so that a restart in the middle of an "
            + "answer loses nothing; 長い文章 is cut where a word ends, and 👩‍👩‍👧‍👦 stays one sign. "
        let paragraphs = (1...6).map { number in
            String("Part \(number). " + String(repeating: sentence, count: 1 + number % 3)).trimmed
        }
        let list = (1...8).map { "- item \($0) of the list, which has a few words of its own" }.joined(separator: "\n")
        let code = (["```swift"] + (1...24).map { "let value\($0) = compute(step: \($0))" } + ["```"])
            .joined(separator: "\n")
        return (paragraphs[..<3] + [code, list] + paragraphs[3...] + ["The end."]).joined(separator: "\n\n")
    }()

    /// Offers no natural place to split.
    private static let unbroken = String(repeating: "長い👩‍👩‍👧‍👦e\u{301}x", count: 90)

    @Test("a long answer with code and a list arrives complete, in order, in messages that fit", arguments: Room.all)
    func long(_ room: Room) async throws {
        let text = Array(repeating: Self.long, count: room.copies.long).joined(separator: "\n\n")
        try await self.answer(text, in: room) { parts in
            expectEqual(self.words(of: parts), self.words(of: [text]))
            let lines = Self.long.split(separator: "\n").map(String.init)
            for line in parts.flatMap({ $0.split(separator: "\n") }) where !line.hasPrefix("```") {
                let piece = String(line.hasPrefix("• ") ? line.dropFirst(2) : line).trimmed
                #expect(lines.contains { $0.contains(piece) }, "joined from two places: \(piece)")
            }
            if room.hasFences { for part in parts { self.expectWholeFences(part) } }
            if room.hasFences, room.kind != .web { #expect(parts.filter { $0.contains("```swift") }.count > 1) }
        }
    }

    @Test("a text without a place to split is split between characters", arguments: Room.all)
    func unbroken(_ room: Room) async throws {
        let text = String(repeating: Self.unbroken, count: room.copies.unbroken)
        try await self.answer(text, in: room) { parts in
            expectEqual(parts.joined(), text)
            expectEqual(parts.map { Array($0) }.flatMap { $0 }, Array(text))
        }
    }

    private func answer(_ text: String, in room: Room, _ check: ([String]) throws -> Void) async throws {
        let worker = ContractWorker { _ in Self.pieces(text).map { .text($0) } }
        try await ContractBench.run(try await room.make(), worker: worker) { bench in
            try await bench.say("tell me")
            let parts = try await bench.settled()
            try check(parts)
            if bench.network.abilities.contains(.limit) {
                #expect(parts.count > 3)
            } else {
                expectEqual(parts, [text])
            }
            if let irc = bench.network as? IRCNetwork {
                // RFC 2812 §2.3: 512 bytes with CR LF.
                for line in try irc.rawLines { #expect(line.utf8.count <= 510) }
            } else if room.limit > 0 {
                for part in parts { #expect(room.size(of: part) <= room.limit) }
            }
        }
    }

    /// Streamed in pieces, as by a model.
    private static func pieces(_ text: String) -> [String] {
        var pieces: [String] = []
        var rest = text[...]
        while !rest.isEmpty {
            pieces.append(String(rest.prefix(23)))
            rest = rest.dropFirst(23)
        }
        return pieces
    }

    private func words(of parts: [String]) -> [Substring] {
        parts.flatMap { $0.split(whereSeparator: \.isWhitespace) }
            .filter { !$0.hasPrefix("```") && $0 != "-" && $0 != "•" }
    }

    /// Fences open with their language and close within the message.
    private func expectWholeFences(_ part: String) {
        let fences = part.split(separator: "\n").filter { $0.hasPrefix("```") }
        #expect(fences.count.isMultiple(of: 2))
        for (index, fence) in fences.enumerated() { expectEqual(fence, index.isMultiple(of: 2) ? "```swift" : "```") }
    }
}

extension String {
    /// Without leading and trailing spaces.
    fileprivate var trimmed: String {
        String(self.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
