import Primitives
import TestSupport
import Testing

@Suite("Widths in a monospaced font")
struct DisplayWidthTests {
    @Test(
        "wide characters and emoji take two columns, joined marks and control characters none",
        arguments: [
            ("", 0), ("plain", 5), ("Grüß", 4), ("e\u{301}", 1), ("こんにちは", 10), ("日本", 4), ("→", 1), ("🚀", 2),
            ("👩🏽‍🚀", 2), ("⚠\u{FE0F}", 2), ("🇩🇪", 2), ("a\u{2}b", 2), ("\u{7}", 0),
        ])
    func width(text: String, expected: Int) {
        expectEqual(DisplayWidth.of(text), expected)
        expectEqual(DisplayWidth.of(Array(text.utf8)), expected)
    }
}
