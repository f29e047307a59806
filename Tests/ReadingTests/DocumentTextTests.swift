import TestSupport
import Testing

@testable import Reading

@Suite("The text of a document as a model gets it")
struct DocumentTextTests {
    @Test(
        "it is cut to the limit, and says of how much",
        arguments: [
            ("Hello", true, "Hello"), ("", true, ""), (" \n\t ", true, ""), ("a\u{0}b\u{8}c\r\n", true, "abc\n"),
            ("0123456789", true, "0123456789"),
            ("0123456789X", true, "0123456789\n[… cut: 10 of 11 characters]"),
            ("0123456789X", false, "0123456789\n[… cut: 10 of more than 11 characters]"),
            ("short", false, "short\n[… cut: 5 of more than 5 characters]"), ("äöü", true, "äöü"),
        ])
    func shown(text: String, isWhole: Bool, wanted: String) {
        expectEqual(DocumentText.shown(Array(text.utf8), isWhole: isWhole, limit: 10), wanted)
    }

    @Test("what is not UTF-8 is replaced, and marks upon marks are bounded")
    func broken() {
        expectEqual(DocumentText.shown([0x61, 0xFF, 0x62], isWhole: true, limit: 10), "a\u{FFFD}b")
        let marks = "a" + String(repeating: "\u{301}", count: 100_000)
        #expect(DocumentText.shown(Array(marks.utf8), isWhole: true, limit: 1_000_000).count < 20_000)
    }
}
