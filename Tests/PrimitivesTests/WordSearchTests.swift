import Primitives
import TestSupport
import Testing

@Suite("Looking for a word")
struct WordSearchTests {
    @Test("a word is found where it begins, and each byte of a text is read once")
    func wordSearch() {
        let words: [(word: String, text: String, place: Int?)] = [
            ("ab", "aab", 1), ("aab", "aaab", 1), ("abab", "abaabab", 3), ("aabaaa", "aabaabaaa", 3), ("a", "b", nil),
            ("aaab", "aaaa", nil), ("", "a", nil), ("a", "", nil),
        ]
        for (word, text, place) in words {
            expectEqual(WordSearch(word).firstPlace(in: Array(text.utf8)), place, "\(word) in \(text)")
        }
        var read = 0
        let text = (0..<10_000).lazy.map { _ -> UInt8 in
            read += 1
            return UInt8(ascii: "a")
        }
        expectEqual(WordSearch(String(repeating: "a", count: 199) + "b").firstPlace(in: text), nil)
        expectEqual(read, 10_000)
    }
}
