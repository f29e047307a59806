import TestSupport
import Testing

@testable import Sessions

@Suite("A title that a person chooses")
struct ThreadTitleTests {
    @Test(
        "a short line of text is taken, without white space at its ends",
        arguments: [
            ("Login page", "Login page"), ("  a \n", "a"), ("日本語", "日本語"), ("👩‍💻 tools", "👩‍💻 tools"),
            ("می‌خواهم", "می‌خواهم"),
            (String(repeating: "x", count: 120), String(repeating: "x", count: 120)),
        ])
    func taken(text: String, title: String) throws {
        try expectEqual(ThreadTitle(text).text, title)
    }

    @Test(
        "anything else is refused with the reason",
        arguments: [
            ("", "empty"), (" \n\t", "empty"), (String(repeating: "x", count: 121), "121 characters"),
            ("a\nb", "U+000A"), ("a\u{1B}[31mb", "U+001B"), ("a\u{202E}b", "U+202E"), ("a\u{2028}b", "U+2028"),
            ("\u{FEFF}a", "U+FEFF"), ("a\u{0}b", "U+0000"),
        ])
    func refused(text: String, reason: String) {
        do {
            Issue.record("taken as \(try ThreadTitle(text).text)")
        } catch {
            #expect(error.message.contains(reason), "\(error.message)")
        }
    }
}
