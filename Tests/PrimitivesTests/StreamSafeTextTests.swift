import JSON
import Primitives
import TestSupport
import Testing

@Suite("Text without endless runs of marks", .timeLimit(.minutes(1)))
struct StreamSafeTextTests {
    /// Marks of several classes, which sorting has to move.
    private static func marks(_ count: Int) -> String {
        let marks: [Unicode.Scalar] = ["\u{345}", "\u{35C}", "\u{315}", "\u{301}", "\u{316}", "\u{334}"]
        var text = ""
        for index in 0..<count { text.unicodeScalars.append(marks[index % marks.count]) }
        return text
    }

    private static func longestRun(_ text: String) -> Int {
        var (longest, run) = (0, 0)
        for scalar in text.unicodeScalars {
            run = scalar.properties.canonicalCombiningClass == .notReordered ? 0 : run + 1
            longest = max(longest, run)
        }
        return longest
    }

    @Test("a run of marks is broken after 30, in one text and over the pieces of a stream")
    func runs() {
        let whole = StreamSafeText.of("a" + Self.marks(100_000))
        expectEqual(Self.longestRun(whole), 30)
        expectEqual(whole.unicodeScalars.count { $0 != "\u{34F}" }, 100_001)
        var stream = StreamSafeText()
        let pieces = (0..<1_000).map { _ in stream.next(Self.marks(7)) }.joined()
        expectEqual(Self.longestRun(pieces), 30)
    }

    @Test(
        "what is often taken out of a text breaks no run",
        arguments: ["\n", "\u{1}", "\t", "\u{2028}", "\u{200B}", "\u{FEFF}"])
    func removed(between: String) {
        let text = Array(repeating: Self.marks(30), count: 100).joined(separator: between)
        let left = StreamSafeText.of("a" + text).unicodeScalars.filter { String($0) != between }
        expectEqual(Self.longestRun(String(String.UnicodeScalarView(left))), 30)
        var stream = StreamSafeText()
        let pieces = (0..<100).flatMap { _ in [stream.next(Self.marks(30)), stream.next(between)] }.joined()
        let rest = pieces.unicodeScalars.filter { String($0) != between }
        expectEqual(Self.longestRun(String(String.UnicodeScalarView(rest))), 30)
        #expect(StreamSafeText.of(pieces).utf8.elementsEqual(pieces.utf8))
    }

    @Test("flags stay whole, and a run of them is broken")
    func flags() {
        let flags = StreamSafeText.of(String(repeating: "🇦🇶", count: 1_000))
        expectEqual(flags.count { $0 == "🇦🇶" }, 1_000)
        expectEqual(flags.unicodeScalars.count { $0 == "\u{200B}" }, 9)
    }

    @Test(
        "writings keep every byte",
        arguments: [
            "Tiếng Việt ", "te\u{302}\u{301}n ", "ภาษาไทยที่นี่ ", "हिन्दी में ", "עִבְרִית ", "العَرَبِيَّة ", "日本語が゛ ", "한국어 ", "👩‍👩‍👧🇩🇪 ",
        ])
    func writings(text: String) {
        let long = String(repeating: text, count: 200)
        #expect(StreamSafeText.of(long).utf8.elementsEqual(long.utf8))
    }

    @Test("a key and a text of a megabyte of marks are looked up and compared at once")
    func json() throws {
        let text = "a" + Self.marks(500_000)
        let json = try JSON.parse("{\"\(text)\":1,\"b\":\"\(text)\"}")
        expectEqual(json["x"], nil)
        expectEqual(json["b"]?.stringValue == "!", false)
        expectEqual(json["b"]?.stringValue?.first == "!", false)
    }
}
