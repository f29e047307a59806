import TestSupport
import Testing

@testable import Threads

@Suite("The card of a diff")
struct DiffTextTests {
    private static func file(_ name: String, _ count: Int) -> String {
        "diff --git a/\(name) b/\(name)\n--- a/\(name)\n+++ b/\(name)\n@@ -0,0 +1,\(count) @@\n"
            + String(repeating: "+x\n", count: count)
    }

    @Test("sizes and link first, then a line for each file, then a small diff")
    func card() {
        let diff = Self.file("a.txt", 2) + "diff --git a/old b/new\nrename from old\nrename to new\n"
        expectEqual(
            DiffTexts.card(of: diff, in: "s_1", publicURL: "http://bot.example"),
            """
            2 files changed, +2 −0 http://bot.example/t/s_1/diff

            - `a.txt` +2 −0
            - `new` +0 −0, from `old`

            ```diff
            \(diff.dropLast())
            ```
            """)
    }

    @Test("eight files are named, and a longer diff is left to the viewer")
    func many() {
        let diff = (1...11).map { Self.file("f\($0)", 1) }.joined()
        let card = DiffTexts.card(of: diff, in: "s_1", publicURL: "http://bot.example")
        #expect(card.hasPrefix("11 files changed, +11 −0 http"))
        #expect(card.contains("- `f8` +1 −0\n- +3 more") && card.hasSuffix("+3 more"))
    }

    @Test("names and contents are text, and a cut diff counts what it has")
    func hostile() {
        let diff = "diff --git a/x b/x\n--- a/x\n+++ \"b/`*[a](http://evil)\\n\\033\"\n@@ -1 +1,9 @@\n+```\u{202E}\n"
        let card = DiffTexts.card(of: diff, in: "s_1", publicURL: "http://bot.example")
        #expect(card.contains("+1 −0 or more http://bot.example/t/s_1/diff"))
        #expect(card.contains("- `` `*[a](http://evil)␊␛ `` +1 −0"))
        #expect(card.contains("````diff\n") && card.contains("+```<U+202E>\n"))
    }
}
