import Crypto
import Testing

@Suite("Names that look alike")
struct SkeletonTests {
    @Test(
        "names look alike, also in another case and with other blanks",
        arguments: [
            ("Alice", "\u{410}lice"), ("Alice", "ALICE"), ("alice", "AIice"), ("Ruby", "Rub\u{443} "),
            ("mia", "rnia"), ("o0", "0O"),
        ])
    func alike(first: String, second: String) {
        #expect(lookAlike(first, second) == true)
    }

    @Test("others do not", arguments: [("Alice", "Alicia"), ("Bob", "Rob"), ("mia", "nia")])
    func different(first: String, second: String) {
        #expect(lookAlike(first, second) == false)
    }
}
