import TestSupport
import Testing

@testable import GitHub

@Suite("Marks in what is posted at GitHub")
struct OwnMarkTests {
    @Test("are found by their kind at the beginning of a line, not in a quotation")
    func found() {
        let text = "Fixed.\r\n\r\n\(OwnMark.of("fix", "op_1"))"
        #expect(OwnMark.isIn(text) && OwnMark.isIn(text, kind: "fix") && !OwnMark.isIn(text, kind: "review"))
        #expect(OwnMark.isIn(OwnMark.plain) && !OwnMark.isIn(OwnMark.plain, kind: "fix"))
        #expect(!OwnMark.isIn("> Fixed.\n> \(OwnMark.of("fix", "op_1"))\n\nNo."))
    }

    @Test("cannot be ended by what they name")
    func names() {
        expectEqual(OwnMark.of("fix", "a-->b<é\nc_1"), "<!-- jetbridge:fix:abc_1 -->")
        expectEqual(OwnMark.name(String(repeating: "a", count: 100)).count, 80)
    }
}
