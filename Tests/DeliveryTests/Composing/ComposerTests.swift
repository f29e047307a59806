import Chat
import TestSupport
import Testing

@testable import Delivery
@testable import Threads

@Suite("Composer", .timeLimit(.minutes(1)))
struct ComposerTests {
    private static let mark = TurnTexts.repeatMark.utf8.count

    private static func composer(limit: Int, unit: RoomTraits.TextUnit = .bytes, isMultiline: Bool = true) -> Composer {
        Composer(
            traits: RoomTraits(textLimit: limit + Self.mark, textUnit: unit, isMultiline: isMultiline),
            renderer: PlainMarkdownRenderer())
    }

    @Test("text that fits stays one message")
    func fits() {
        expectEqual(Self.composer(limit: 100).messages(for: "one\ntwo"), ["one\ntwo"])
        expectEqual(Self.composer(limit: 100).messages(for: "\n\n"), [])
    }

    @Test(
        "no message exceeds the limit, in any unit, and nothing is lost",
        arguments: [
            RoomTraits.TextUnit.bytes, .utf16, .characters,
        ])
    func limits(unit: RoomTraits.TextUnit) {
        let text = (0..<60).map { "word\($0) 👩‍👩‍👧 größer naïve 漢字" }.joined(separator: " ")
        let messages = Self.composer(limit: 64, unit: unit, isMultiline: false).messages(for: text)
        #expect(messages.allSatisfy { TextMeasure.size(of: Array($0.utf8)[...], unit: unit) <= 64 })
        expectEqual(messages.joined(), text)
    }

    @Test("text is never cut inside a grapheme")
    func graphemes() {
        let family = "👩‍👩‍👧‍👦"
        let messages = Self.composer(limit: 64, isMultiline: false).messages(for: String(repeating: family, count: 20))
        expectEqual(messages.joined(), String(repeating: family, count: 20))
        #expect(messages.allSatisfy { $0.allSatisfy { String($0) == family } })
    }

    @Test("a fence is closed at a cut and reopened")
    func fences() {
        let code = (1...12).map { "line \($0)" }.joined(separator: "\n")
        let messages = Self.composer(limit: 60).messages(for: "before\n```swift\n\(code)\n```\nafter")
        #expect(messages.count > 1)
        for message in messages {
            expectEqual(message.components(separatedBy: "```").count % 2, 1, "unbalanced: \(message)")
            #expect(message.utf8.count <= 60)
        }
        #expect(messages.joined().contains("line 12"))
    }

    @Test("markup that leaves no room for text is left out instead of being repeated for ever")
    func largeMarkup() {
        let fence = "```" + String(repeating: "x", count: 200)
        let messages = Self.composer(limit: 100).messages(for: "\(fence)\n\n\(String(repeating: "y", count: 300))\n```")
        #expect(messages.count <= 5)
        expectEqual(messages.joined().filter { $0 == "y" }.count, 300)
    }

    /// Shows every byte as a line, all of them in a frame of a megabyte.
    private struct Framing: MessageRenderer {
        func render(_ markdown: String) -> RenderedText {
            let bytes = Array(markdown.utf8)
            return RenderedText(
                bytes: bytes, lines: bytes.indices.map { RenderedText.Line(range: $0..<($0 + 1), frame: 0) },
                frames: [RenderedText.Frame(open: Array(repeating: 0x60, count: 1 << 20), close: [0x60])])
        }
    }

    @Test("long markup is not measured again for each line, whether it is kept or not", arguments: [12_000, 4 << 20])
    func longMarkup(limit: Int) {
        let composer = Composer(traits: RoomTraits(textLimit: limit, textUnit: .utf16), renderer: Framing())
        let messages = composer.messages(for: String(repeating: "x", count: 60_000))
        expectEqual(messages.reduce(0) { $0 + $1.utf8.count { $0 == UInt8(ascii: "x") } }, 60_000)
        expectEqual(messages.allSatisfy { $0.utf8.first == UInt8(ascii: "`") }, limit > 2 << 20)
    }

    /// Shows every byte as a mark that nothing closes.
    private struct Opening: MessageRenderer {
        func render(_ markdown: String) -> RenderedText {
            var text = RenderedText()
            for byte in markdown.utf8 { text.open([byte]) }
            text.lines = [RenderedText.Line(range: 0..<text.bytes.count)]
            return text
        }
    }

    @Test("marks that would fill a message are not reopened in the next")
    func manyMarks() {
        let composer = Composer(traits: RoomTraits(textLimit: 100 + Self.mark, textUnit: .bytes), renderer: Opening())
        let messages = composer.messages(for: String(repeating: "z", count: 10_000))
        #expect((100...400).contains(messages.count), "\(messages.count)")
    }

    @Test("one line of a megabyte is cut quickly")
    func longLine() {
        let messages = Self.composer(limit: 400, isMultiline: false).messages(
            for: String(repeating: "x", count: 1_000_000))
        expectEqual(messages.count, 2_500)
    }

    @Test("a commit is one line with link, hash, subject and diffstat")
    func commitLine() {
        let commit = CommitNotice(
            repository: "notes", sha: "0123456789abcdef0123456789abcdef01234567", branch: "001-login",
            subject: "spec: *login*",
            files: 2, additions: 57, deletions: 3)
        expectEqual(
            CommitLine.text(for: commit, pages: RepositoryPages(viewer: "http://127.0.0.1:8787")),
            "`0123456` spec: \\*login\\* (2 files changed, +57 −3) "
                + "http://127.0.0.1:8787/r/notes/commit/0123456789abcdef0123456789abcdef01234567")
    }
}

extension String {
    fileprivate func components(separatedBy separator: String) -> [Substring] {
        var parts: [Substring] = []
        var rest = self[...]
        while let range = rest.firstRange(of: separator) {
            parts.append(rest[..<range.lowerBound])
            rest = rest[range.upperBound...]
        }
        return parts + [rest]
    }
}
