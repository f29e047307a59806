import Primitives
import TestSupport
import Testing

@Suite("Visible text")
struct VisibleTextTests {
    static let hidden: [(text: String, shown: String)] = [
        ("a\u{0}b", "a␀b"), ("\u{1B}[31mred", "␛[31mred"), ("\u{7}", "␇"), ("a\rb", "a␍b"), ("\u{7F}", "⟨U+7F⟩"),
        ("\u{9B}2J", "⟨U+9B⟩2J"), ("\u{85}", "⟨U+85⟩"), ("a\u{2028}b\u{2029}", "a⟨U+2028⟩b⟨U+2029⟩"),
        ("\u{202E}x", "⟨U+202E⟩x"), ("\u{202A}\u{202D}", "⟨U+202A⟩⟨U+202D⟩"), ("\u{2066}\u{2069}", "⟨U+2066⟩⟨U+2069⟩"),
        ("\u{200E}\u{200F}\u{61C}", "⟨U+200E⟩⟨U+200F⟩⟨U+61C⟩"), ("pass\u{200B}word", "pass⟨U+200B⟩word"),
        ("\u{2060}", "⟨U+2060⟩"), ("\u{FEFF}#!/bin/sh", "⟨U+FEFF⟩#!/bin/sh"),
        ("\u{E0041}\u{E007F}", "⟨U+E0041⟩⟨U+E007F⟩"),
    ]

    static let plain = ["a\tb", "ä € 😀", "naïve 👍🏽", "שלום", "👩‍💻", ""]

    @Test("hidden characters become visible, wherever the text is shown", arguments: Self.hidden)
    func becomesVisible(text: String, shown: String) {
        expectEqual(VisibleText.of(text), shown)
        expectEqual(VisibleText.of(Array(text.utf8)), shown)
        expectEqual(VisibleText.of(text, lineBreaks: .normalized), shown)
        expectEqual(VisibleText.line(text), shown)
        expectEqual(VisibleText.line(Array(text.utf8)), shown)
    }

    @Test("other characters stay", arguments: Self.plain)
    func stays(text: String) {
        #expect(VisibleText.of(text) == text && VisibleText.line(text) == text)
    }

    @Test("line breaks stay, lose their carriage return, or are shown")
    func lineBreaks() {
        expectEqual(VisibleText.of("a\r\nb\n"), "a␍\nb\n")
        expectEqual(VisibleText.of("a\r\nb\rc\n", lineBreaks: .normalized), "a\nb␍c\n")
        expectEqual(VisibleText.line("a\r\nb\n"), "a␍␊b␊")
    }
}
