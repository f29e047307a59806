import Testing

@testable import Git

@Suite("Commit messages")
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
}
