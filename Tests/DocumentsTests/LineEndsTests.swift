import TestSupport
import Testing

@testable import Documents

@Suite("Line ends of documents", .timeLimit(.minutes(1)))
struct LineEndsTests {
    @Test(
        "a text from an editor gets the file's line ends and its byte order mark",
        arguments: [
            ("a\nb\n", "a\nB\n", "a\nB\n"),
            ("a\r\nb\r\n", "a\nB\nc\n", "a\r\nB\r\nc\r\n"),
            ("a\r\nb", "a\nB", "a\r\nB"),
            ("\u{FEFF}a\n", "a\nb\n", "\u{FEFF}a\nb\n"),
            ("\u{FEFF}a\r\nb\r\n", "\u{FEFF}a\nB\n", "\u{FEFF}a\r\nB\r\n"),
            // Mixed: lines that stay keep their own.
            ("a\r\nb\nc\r\nd\n", "a\nb\nX\nd\n", "a\r\nb\nX\r\nd\n"),
            ("a\nb\nc\r\n", "a\nX\nb\nc\n", "a\nX\nb\nc\r\n"),
            // An editor that knows CR LF means what it says.
            ("a\r\nb\r\n", "a\r\nb\nc\r\n", "a\r\nb\nc\r\n"),
            ("", "a\n", "a\n"), ("a\r\n", "", ""),
        ])
    func restored(old: String, text: String, result: String) {
        expectEqual(Array(DocumentLineEnds.restored(in: text, like: old).utf8), Array(result.utf8))
    }
}
