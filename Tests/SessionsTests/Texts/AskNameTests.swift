import Chat
import TestSupport
import Testing

@testable import Threads

@Suite("Names in asks")
struct AskNameTests {
    @Test(
        "a name that a person chose comes with the identity, and one that is the identity does not",
        arguments: [
            ("slack:T1/U1", "Ada", "Ada (`slack:T1/U1`)"), ("telegram:1001", "Ada", "Ada (`telegram:1001`)"),
            ("matrix:@ada:example.org", "ada", "ada (`matrix:@ada:example.org`)"),
            ("github:octocat", "Mona *Lisa*", "Mona \\*Lisa\\* (`github:octocat`)"),
            ("irc:local/nick:ada", "Ada", "Ada"), ("irc:local/account:ada", "ada", "ada"),
            ("irc:local/mask:ada!~a@127.0.0.1", "ada", "ada"),
            ("irc:local/account:mallory", "ada", "ada (`irc:local/account:mallory`)"),
            ("github:octocat", "octocat", "octocat"),
            ("web:k_45e8", "ada", "ada"), ("host:root", "root", "root"), ("x:`/b", "Ada", "Ada (``x:`/b``)"),
        ])
    func identified(id: String, name: String, expected: String) {
        let sender = Sender(id: id, identities: [Identity(id)], displayName: name)
        expectEqual(AskTexts.identified(sender), expected)
    }

    @Test("an approval for the model says who asked it")
    func lead() {
        let request = ApprovalRequest(action: .run, subject: "make", directory: "", tool: "shell", approver: .requester)
        let ada = Sender(id: "slack:T1/U1", identities: [], displayName: "Ada")
        let text = AskTexts.lead([request], id: "a1", for: ada, until: 0)
        #expect(text.hasPrefix("Approval `a1`: the model (asked by Ada, `slack:T1/U1`) wants to run\n"), "\(text)")
    }
}
