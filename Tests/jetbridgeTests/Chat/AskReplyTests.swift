import JSON
import TestSupport
import Testing

@testable import jetbridge

@Suite("Answers to asks in the terminal")
struct AskReplyTests {
    private static func ask(_ kind: String, _ options: (String, String, Bool)...) -> JSON {
        [
            "id": "a1", "kind": .string(kind), "text": "Approval `a1`: Ada wants to run\n```\nmake\n```",
            "options": .array(
                options.map { ["key": .string($0.0), "label": .string($0.1), "recommended": .bool($0.2)] }),
        ]
    }

    private static let approval = Self.ask(
        "approval", ("A", "approve", false), ("B", "always in this thread", false), ("C", "deny", false))
    private static let several = Self.ask(
        "approval", ("A", "approve A", false), ("B", "approve B", false), ("all", "approve all", true),
        ("none", "deny all", false))
    private static let question = Self.ask("question", ("A", "SQLite", false), ("B", "PostgreSQL", true))

    private func expect(_ text: String, _ ask: JSON, _ key: String?, _ words: String? = nil) {
        let answer = AskReply.answer(text, to: ask)
        expectEqual(answer?.key, key, text)
        expectEqual(answer?.words, words, text)
    }

    @Test("a letter, yes or no answers an approval, no may come with a reason, and other words answer nothing")
    func approvals() {
        for (text, key) in [("a", "A"), (" B ", "B"), ("c", "C"), ("yes", "A"), ("Y", "A"), ("NO", "C"), ("deny", "C")]
        {
            self.expect(text, Self.approval, key)
        }
        self.expect("no not on Friday", Self.approval, "C", "not on Friday")
        for text in ["", "maybe", "a b", "d", "yes please", "approve"] { self.expect(text, Self.approval, nil) }
        self.expect("yes", Self.several, "all")
        self.expect("all", Self.several, "all")
        self.expect("no", Self.several, "none")
    }

    @Test("a question takes words, yes is what is recommended, and only where something is")
    func questions() {
        self.expect("a", Self.question, "A")
        self.expect("yes", Self.question, "B")
        self.expect("both of them", Self.question, "", "both of them")
        self.expect("no", Self.question, "", "no")
        self.expect("yes", Self.ask("question", ("A", "one", false)), "", "yes")
        self.expect("done", Self.ask("clarify"), "done")
    }

    @Test("an ask is shown with its exact text and each answer once")
    func text() {
        let terminal = Terminal { _ in }
        expectEqual(
            AskReply.text(of: Self.approval, on: terminal),
            """
            Approval `a1`: Ada wants to run
            ```
            make
            ```
            A. approve
            B. always in this thread
            C. deny
            """)
    }

    @Test("messages that show a command's output", arguments: ["/run make", "!run ls -l", "/jobs 3", "/RUN\nmake"])
    func runs(_ text: String) { #expect(ChatTalk.runs(text)) }

    @Test("messages that do not", arguments: ["/run", "/jobs", "run make", "/status", "make /run x", ""])
    func others(_ text: String) { #expect(!ChatTalk.runs(text)) }
}
