import Crypto
import JSON
import TestSupport
import Testing

@testable import Documents

/// The shared text against Yjs itself.
@Suite("The shared text", .timeLimit(.minutes(2)))
struct SharedTextTests {
    private static func updates(_ json: JSON) throws -> [[UInt8]] {
        try #require(json["updates"]?.arrayValue).map { try #require(decodeBase64($0.stringValue ?? "")) }
    }

    private static func vector(_ json: JSON) throws -> [UInt64: Int] {
        try TextUpdate.stateVector(try #require(decodeBase64(json["vector"]?.stringValue ?? "")))
    }

    private static func read(_ updates: [[UInt8]], since vector: [UInt8]? = nil, _ yjs: YjsProgram) async throws -> JSON
    {
        var order: JSONObject = ["read": .array(updates.map { .string(base64($0)) })]
        if let vector { order["vector"] = .string(base64(vector)) }
        return try await yjs.ask(.object(order))
    }

    @Test("concurrent edits in any order make the text that Yjs makes, and Yjs reads what we write")
    func fuzz() async throws {
        try await YjsProgram.run { yjs in
            for seed in 1...40 {
                var random = SeededGenerator(state: UInt64(seed))
                let order: JSON = [
                    "seed": .integer(Int64(seed)), "clients": .integer(Int64(2 + seed % 6)), "edits": 250,
                    "cuts": .bool(seed % 4 == 0),
                ]
                let made = try await yjs.ask(["make": order])
                let expected = try #require(made["text"]?.stringValue)
                let updates = try Self.updates(made)
                var text = SharedText()
                for update in updates { try text.apply(TextUpdate(update)) }
                guard text.text == expected, text.pendingCount == 0 else {
                    Issue.record("seed \(seed): \(text.pendingCount) wait, \(text.text.debugDescription.prefix(300))")
                    return
                }
                expectEqual(text.byteCount, expected.utf8.count, "seed \(seed)")

                // Yjs reads our snapshot, which is as small as its own.
                let snapshot = text.encode()
                #expect(snapshot.count <= made["size"]?.intValue ?? 0, "seed \(seed)")
                let read = try await Self.read(
                    [snapshot], since: try #require(decodeBase64(made["vector"]?.stringValue ?? "")), yjs)
                #expect(read["text"]?.stringValue == expected && read["waits"] == false, "seed \(seed)")
                try expectEqual(Self.vector(read), Self.vector(made), "seed \(seed)")

                // Somebody who has a part gets the rest.
                var part = SharedText()
                for update in updates.prefix(updates.count / 2) { try part.apply(TextUpdate(update)) }
                let rest = text.encode(since: try TextUpdate.stateVector(part.stateVector))
                try part.apply(TextUpdate(rest))
                #expect(part.text == expected && part.pendingCount == 0, "seed \(seed)")
                let half = Array(updates.prefix(updates.count / 2))
                try await expectEqual(Self.read(half + [rest], yjs)["text"]?.stringValue, expected, "seed \(seed)")

                // Our own edits, which Yjs gets as updates.
                var own = updates
                for number in 0..<5 {
                    let now = Self.edited(text.text, &random)
                    guard let update = text.replace(with: now, as: 77) else { continue }
                    own.append(update)
                    expectEqual(text.text, now, "seed \(seed), edit \(number)")
                    expectEqual(text.byteCount, now.utf8.count)
                }
                try await expectEqual(Self.read(own, yjs)["text"]?.stringValue, text.text, "seed \(seed)")
                try await expectEqual(Self.read([text.encode()], yjs)["text"]?.stringValue, text.text, "seed \(seed)")
            }
        }
    }

    /// Some lines changed, added and dropped.
    private static func edited(_ text: String, _ random: inout SeededGenerator) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        for _ in 0..<3 {
            let at = Int.random(in: lines.indices, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: lines.insert("new 😀 line", at: at)
            case 1 where lines.count > 1: lines.remove(at: at)
            case 2: lines[at] = String(lines[at].reversed())
            default: lines[at] += "😁"
            }
        }
        return lines.joined(separator: "\n")
    }

    @Test("an edit makes less than one item, whose place is found in less than one step")
    func steps() async throws {
        let made = try await YjsProgram.run { yjs in
            try await yjs.ask(["make": ["seed": 7, "clients": 5, "edits": 1_000, "cuts": false, "inOrder": true]])
        }
        let updates = try Self.updates(made)
        var text = SharedText()
        for update in updates { try text.apply(TextUpdate(update)) }
        var opened = SharedText()
        try opened.take(TextUpdate(text.encode()))
        #expect(opened.text == text.text && text.text == made["text"]?.stringValue)
        // On average: what somebody types is one item, and only what others insert in the same place is passed.
        for text in [text, opened] {
            #expect(updates.count > 3_000 && text.itemCount < updates.count && text.pass < updates.count)
        }
    }

    @Test(
        "what is no plain text is refused",
        arguments: ["map", "array", "other root", "format", "embed", "type", "document", "v2"])
    func foreign(kind: String) async throws {
        let update = try await YjsProgram.run { yjs in
            try await yjs.ask(["foreign": .string(kind)])["update"]?.stringValue ?? ""
        }
        let bytes = try #require(decodeBase64(update))
        #expect(throws: SharedTextError.self) { try TextUpdate(bytes) }
    }

    @Test("damaged updates are refused or harmless")
    func damaged() async throws {
        let made = try await YjsProgram.run {
            try await $0.ask(["make": ["seed": 3, "clients": 4, "edits": 120, "cuts": true]])
        }
        var random = SeededGenerator(state: 5)
        var refused = 0
        for update in try Self.updates(made) {
            for _ in 0..<40 {
                var bytes = update
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
                case 1: bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
                default:
                    bytes.insert(
                        UInt8.random(in: 0...255, using: &random), at: Int.random(in: bytes.indices, using: &random))
                }
                var text = SharedText()
                do {
                    try text.apply(TextUpdate(bytes))
                    // Whatever it was, what is here can be written and read again.
                    var again = SharedText()
                    try again.take(TextUpdate(text.encode()))
                    expectEqual(again.text, text.text)
                } catch { refused += 1 }
            }
        }
        #expect(refused > 1_000)
    }

    private static func edit(_ text: inout SharedText, _ new: String) throws -> [UInt8] {
        let update = text.replace(with: new, as: 2)
        return try #require(update)
    }

    @Test("an update is taken whole or not at all")
    func whole() throws {
        var text = SharedText()
        _ = text.replace(with: "one\ntwo\n", as: 1)
        var other = text
        let first = try Self.edit(&other, "one\n1.5\ntwo\n")
        let second = try Self.edit(&other, "one\n1.75\ntwo\n")
        let incomplete = #expect(throws: SharedTextError.self) { try text.take(TextUpdate(second)) }
        #expect(incomplete?.code == .incomplete && text.text == "one\ntwo\n" && text.pendingCount == 0)
        try text.take(TextUpdate(first))
        try text.take(TextUpdate(second))
        expectEqual(text.text, other.text)
        let long = try Self.edit(&other, String(repeating: "ä", count: SharedText.sizeLimit / 2 + 1))
        let tooLarge = #expect(throws: SharedTextError.self) { try text.take(TextUpdate(long)) }
        #expect(tooLarge?.code == .tooLarge && text.text == "one\n1.75\ntwo\n")
        let full = try Self.edit(&other, String(repeating: "ä", count: SharedText.sizeLimit / 2))
        var copy = text
        try copy.apply(TextUpdate(long))
        try copy.apply(TextUpdate(full))
        expectEqual(copy.byteCount, SharedText.sizeLimit)
    }

    /// An insertion after the client's last unit, of which some units may be deleted at once.
    private static func update(
        _ client: UInt64, at clock: Int, _ text: String, deleting count: Int = 0
    ) throws -> TextUpdate {
        var writer = UpdateWriter()
        for number in [1, 1, Int(client), clock] { writer.number(number) }
        writer.byte(clock > 0 ? 0x84 : 4)
        if clock > 0 {
            writer.number(client)
            writer.number(clock - 1)
        } else {
            writer.number(1)
            writer.string(TextUpdate.root)
        }
        writer.string(text)
        let deletions = count > 0 ? [1, Int(client), 1, clock, count] : [0]
        for number in deletions { writer.number(number) }
        return try TextUpdate(writer.bytes)
    }

    @Test("what a client sends again is taken, and another text under the same ids is refused")
    func known() throws {
        var text = SharedText()
        try text.take(Self.update(9, at: 0, "one 😀"))
        let changes = text.changeCount
        try text.take(Self.update(9, at: 0, "one 😀"))
        try text.take(Self.update(9, at: 2, "e 😀"))
        expectEqual(text.changeCount, changes)
        for (clock, other) in [(0, "two"), (2, "e 😁"), (5, "x"), (2, "e..and more")] {
            let error = #expect(throws: SharedTextError.self) { try text.take(Self.update(9, at: clock, other)) }
            #expect(error?.code == .foreignClient && text.text == "one 😀", "\(other)")
        }
        try text.take(Self.update(9, at: 2, "e 😀 and more"))
        expectEqual(text.text, "one 😀 and more")
        // Deleted text is not here to be compared.
        _ = text.replace(with: "one", as: 2)
        try text.take(Self.update(9, at: 3, "..."))
        expectEqual(text.text, "one")
    }

    @Test("deleted text takes no memory, and the text stays what its editors have")
    func deleted() throws {
        var text = SharedText()
        _ = text.replace(with: "one\ntwo 😀\n", as: 1)
        var (other, clock) = (text, 0)
        for _ in 0..<5 {
            // The second one is longer than a document may be, until its own deletion.
            for (length, rest) in [(90_000, "\n"), (900_000, "")] {
                let update = try Self.update(
                    9, at: clock, String(repeating: "a", count: length) + rest, deleting: length)
                try text.take(update)
                try other.apply(update)
                clock += length + rest.utf16.count
            }
            #expect(text.units.count < 100_000)
        }
        #expect(text.text == "one\ntwo 😀\n" + String(repeating: "\n", count: 5) && other.text == text.text)
        expectEqual(text.byteCount, text.text.utf8.count)
        _ = text.replace(with: text.text.replacing("two 😀", with: "2"), as: 1)
        var again = SharedText()
        try again.take(TextUpdate(text.encode()))
        #expect(again.text == text.text && again.text.hasPrefix("one\n2\n\n"))
    }

    @Test(
        "edits are the smallest ones of whole characters",
        arguments: [
            ("", "", 0), ("a", "a", 0), ("", "abc", 1), ("abc", "", 1), ("a\nb\nc\n", "A\nb\nC\n", 2),
            ("x😀y", "x😁y", 1), ("😀😀", "😀", 1), ("1\n2\n3\n4\n5\n", "1\n3\nfour\n5\n6\n", 3), ("aa", "aaa", 1),
        ])
    func edits(old: String, new: String, count: Int) {
        let (before, after) = (Array(old.utf16), Array(new.utf16))
        let edits = SharedTextEdit.edits(from: before, to: after)
        expectEqual(edits.count, count)
        var result = before
        for edit in edits.reversed() {
            result.replaceSubrange(edit.range, with: edit.text)
            #expect(String(decoding: edit.text, as: UTF16.self).utf16.elementsEqual(edit.text))
        }
        expectEqual(result, after)
    }
}
