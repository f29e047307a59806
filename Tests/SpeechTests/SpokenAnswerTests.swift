import TestSupport
import Testing

@testable import Speech

@Suite("An answer that is read aloud")
struct SpokenAnswerTests {
    @Test(
        "has words, and no markup, code or tables",
        arguments: [
            ("Hello **there**.", "Hello there."), ("# Title\n\nText", "Title.\nText."),
            ("See [the page](https://example.org/x).", "See the page."),
            ("- one\n- two\n", "one.\ntwo."), ("Run `make`:\n\n```sh\nmake\n```\n", "Run make:\n(code left out)"),
            ("a\n\n```\nx\n```\n\n```\ny\n```\n\nb", "a.\n(code left out)\nb."),
            ("Sums:\n\n| a | b |\n|---|---|\n| 1 | 2 |\n", "Sums:\n(table left out)"), ("Line\nbreak", "Line break."),
        ])
    func text(markdown: String, spoken: String) {
        expectEqual(SpokenAnswer.text(of: markdown), spoken)
    }

    @Test("without words is not read", arguments: ["", "```\ncode\n```", "---"])
    func wordless(markdown: String) {
        expectEqual(SpokenAnswer.text(of: markdown), nil)
    }

    @Test("is cut after a sentence, and says so")
    func cut() throws {
        let long = String(repeating: "A sentence of some words 🙂. ", count: 400)
        let text = try #require(SpokenAnswer.text(of: long))
        #expect(text.unicodeScalars.count <= SpokenAnswer.limit)
        #expect(text.hasSuffix("🙂.\nThe rest is in the conversation."))
        let word = try #require(SpokenAnswer.text(of: String(repeating: "x", count: 9_000)))
        expectEqual(word.unicodeScalars.count, SpokenAnswer.limit)
    }
}
