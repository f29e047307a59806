import TestSupport
import Testing
import Threads

@Suite("Sharing by words", .timeLimit(.minutes(1)))
struct ShareWordsTests {
    @Test(
        "what is typed after share",
        arguments: [
            ("", ShareWish(.host)), ("host join", ShareWish(.host, right: .join)), ("bob", ShareWish(.person("bob"))),
            ("bob join", ShareWish(.person("bob"), right: .join)),
            ("Bob Jones READ 2d", ShareWish(.person("Bob Jones"), term: "2d")),
            ("public", ShareWish(.everybody)), ("public 7d", ShareWish(.everybody, term: "7d")),
            ("public join", ShareWish(.everybody, right: .join)), ("join", ShareWish(.person("join"))),
            ("public bob", nil),
        ] as [(String, ShareWish?)])
    func words(text: String, wish: ShareWish?) {
        expectEqual(ShareWish(words: text), wish)
    }

    @Test(
        "a time until which something is shared",
        arguments: [
            ("7d", 604_800_000), ("1m", 60_000), ("12h", 43_200_000), ("2w", 1_209_600_000),
            ("1970-01-02T00:00:00Z", 86_400_000), ("0m", nil), ("-1d", nil), ("367d", nil),
            ("9223372036854775807w", nil),
            ("7", nil), ("d", nil), ("", nil), ("1970-01-01T00:00:01Z", nil), ("2026-01-01T00:00:00Z", nil),
        ] as [(String, Int64?)])
    func terms(text: String, end: Int64?) {
        expectEqual(ShareTerm.end(text, at: 0), end)
    }
}
