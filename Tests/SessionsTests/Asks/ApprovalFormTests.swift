import Chat
import Primitives
import TestSupport
import Testing

@testable import Threads

@Suite("What people see before they approve it")
struct ApprovalFormTests {
    @Test(
        "nothing is invisible",
        arguments: [
            ("ls -la\n\techo", "ls -la\n\techo"), ("a\u{1B}[2K\rb", "a\u{241B}[2K\u{240D}b"),
            ("a\r\nb", "a\u{240D}\nb"),
            ("\u{202E}fdp\u{2066}", "<U+202E>fdp<U+2066>"), ("a\u{200B}b\u{FEFF}", "a<U+200B>b<U+FEFF>"),
            ("a\u{A0}b\u{3000}c", "a<U+A0>b<U+3000>c"), ("a\u{2028}b\u{85}c", "a<U+2028>b<U+85>c"),
            ("\u{7F}\u{0}", "\u{2421}\u{2400}"), ("a\u{E0041}b\u{3164}", "a<U+E0041>b<U+3164>"),
            ("größe 日本 🚀", "größe 日本 🚀"),
        ])
    func shown(text: String, shown: String) {
        expectEqual(VisibleText.strict(text), shown)
        let line = shown.replacing("\n", with: "\u{240A}").replacing("\t", with: "\u{2409}")
        expectEqual(VisibleText.strictLine(text), line)
    }

    @Test("a room that shows lines loses nothing")
    func lines() { expectEqual(AskTexts.shownByLine("a\tb  \n\n c"), "a\u{2409}b\u{2420}\u{2420}\n\u{2424}\n c") }

    @Test("a code block and a code span hold any content")
    func fences() {
        expectEqual(EscapedText.fenced("a\n```\nb"), "````\na\n```\nb\n````")
        expectEqual(EscapedText.fenced("`````"), "``````\n`````\n``````")
        expectEqual(EscapedText.code("a`b``c"), "```a`b``c```")
        expectEqual(EscapedText.code("`"), "`` ` ``")
    }

    @Test("the digest differs for every part of what is approved")
    func digests() {
        let base = ApprovalRequest(action: .run, subject: "a", directory: "b", tool: "c", approver: .ownersOnly)
        let others = [
            ApprovalRequest(action: .change, subject: "a", directory: "b", tool: "c", approver: .ownersOnly),
            ApprovalRequest(action: .run, subject: "ab", directory: "", tool: "c", approver: .ownersOnly),
            ApprovalRequest(action: .run, subject: "a", directory: "bc", tool: "", approver: .ownersOnly),
            ApprovalRequest(action: .run, subject: "a", directory: "b", tool: "c", approver: .requester),
            ApprovalRequest(action: .run, subject: "a\",\"b", directory: "", tool: "c", approver: .ownersOnly),
        ]
        let all = ([base] + others).map {
            AskBinding(request: $0, session: "s", turn: "t", requester: "r")
        }
        let more = [
            AskBinding(request: base, session: "s2", turn: "t", requester: "r"),
            AskBinding(request: base, session: "s", turn: "t2", requester: "r"),
            AskBinding(request: base, session: "s", turn: "t", requester: "r2"),
        ]
        expectEqual(Set((all + more).map(\.digest)).count, 9)
        expectEqual(Set((all + more).map(\.standingDigest)).count, 7)
    }
}
