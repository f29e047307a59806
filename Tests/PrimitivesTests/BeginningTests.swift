import Primitives
import TestSupport
import Testing

@Suite("The beginning of a text")
struct BeginningTests {
    @Test(
        "has at most so many bytes, and no part of a character",
        arguments: [(0, ""), (1, "a"), (2, "a"), (3, "aé"), (6, "aé"), (7, "aé😀"), (8, "aé😀"), (-1, "")])
    func cut(bytes: Int, expected: String) {
        expectEqual(String("aé😀\u{301}b".beginning(bytes: bytes).unicodeScalars.filter { $0 != "\u{301}" }), expected)
    }

    @Test("texts that are equal only as Unicode sees it have other bytes")
    func bytes() {
        #expect("e\u{301}" == "\u{E9}" && !"e\u{301}".hasBytes(of: "\u{E9}"))
        #expect("aé".hasBytes(of: "aé") && "".hasBytes(of: "") && !"a".hasBytes(of: "b") && !"a".hasBytes(of: "aa"))
    }

    @Test("is the text itself where it is short enough")
    func whole() { #expect("aé".beginning(bytes: 3) == "aé" && "".beginning(bytes: 5).isEmpty) }
}
