import TestSupport
import Testing

@testable import Git

@Suite("Commit messages", .timeLimit(.minutes(1)))
struct GitMessageTests {
    private static func full(_ message: String) -> String {
        let person = GitSignature(name: "Ada", mail: "ada@example.org", seconds: 0)
        return GitChange(
            files: [:], branch: "main", base: .tip, author: person, committer: person, message: message,
            trailers: [GitTrailer("Jetbridge-Turn", "op_1")]
        ).fullMessage
    }

    @Test(
        "people's messages cannot say who wrote a commit or what it belongs to",
        arguments: [
            "Co-authored-by: Bob <b@example.org>", "signed-off-by : Bob <b@example.org>", "JETBRIDGE-TASK: T1",
            "Jetbridge-Turn: op_2\n  folded", "Original-Author: Bob <b@example.org>\r\nSigned-off-by: Bob",
        ])
    func forged(line: String) {
        #expect(Self.full("Subject\n\nBody\n\n\(line)\n") == "Subject\n\nBody\n\nJetbridge-Turn: op_1\n")
        #expect(Self.full("Subject\n\n\(line)\nFixes: #1") == "Subject\n\nFixes: #1\n\nJetbridge-Turn: op_1\n")
    }

    @Test("control characters are removed, and lines end with LF")
    func controls() {
        #expect(
            Self.full("Sub\u{1B}[31mject\u{7}\r\n\r\na\tb\u{0}\u{9B}1m\u{7F} \n")
                == "Sub[31mject\n\na\tb1m\n\nJetbridge-Turn: op_1\n")
    }

    @Test("everything else stays")
    func unchanged() {
        for message in [
            "Co-authored-by: in the subject", "One\n\nReviewed-by: Bob\n  and more", "One\n\nnote: a\n\n b",
        ] {
            #expect(Self.full(message) == message + "\n\nJetbridge-Turn: op_1\n")
        }
    }

    /// Marks that sorting has to move.
    private static let marks = (0..<400_000).map { ["\u{345}", "\u{301}", "\u{316}", "\u{334}"][$0 % 4] }.joined()

    @Test("marks that a control character parted are parted otherwise, and usual text keeps its bytes")
    func marks() {
        let parted = Self.marks.unicodeScalars.map { "\($0)\u{1}" }.joined()
        let message = GitChange.message("Subject\n\na\(parted)", [], hasTrailers: false)
        expectEqual(message == "Subject", false)
        expectEqual(message.unicodeScalars.contains("\u{34F}"), true)
        let usual = "Te\u{302}\u{301}st\n\n" + String(repeating: "caf\u{e9} cafe\u{301} ", count: 100)
        expectEqual(Array(GitChange.message(usual, [], hasTrailers: false).utf8), Array("\(usual.dropLast())\n".utf8))
    }

    @Test("a name has at most 1,024 bytes, and what was read equals what was written")
    func names() {
        let mail = String(repeating: "m ", count: 1_000)
        let person = GitSignature(name: "a\(Self.marks)", mail: mail, seconds: 0)
        #expect(person.name.utf8.count <= 1_024 && person.mail.utf8.count <= 1_024)
        expectEqual(GitSignature(name: person.name, mail: person.mail, seconds: 0), person)
        expectEqual(GitSignature(name: "Ada", mail: "a@b.org", seconds: 0).name, "Ada")
    }
}
