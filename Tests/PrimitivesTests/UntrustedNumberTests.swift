import Primitives
import TestSupport
import Testing

@Suite("Numbers that somebody else wrote")
struct UntrustedNumberTests {
    @Test("text is a number only as far as sums and a thousandfold fit", arguments: ExtremeNumbers.all)
    func extremes(_ number: Int64) {
        let read = Int64(untrusted: "\(number)")
        expectEqual(read, abs(number / 2) < 1 ? number : nil)
        expectEqual(Int(untrusted: "\(number)").map { Int64($0) }, read)
    }

    @Test(
        "the range is that of JSON's exact numbers",
        arguments: [
            ("9007199254740992", 1 << 53), ("-9007199254740992", -(1 << 53)), ("9007199254740993", nil),
            ("-9007199254740993", nil), ("99999999999999999999", nil), ("", nil), ("x", nil), (" 1", nil), ("1.0", nil),
        ] as [(String, Int64?)])
    func range(_ text: String, _ number: Int64?) {
        expectEqual(Int64(untrusted: text), number)
        guard let number else { return }
        #expect(!number.multipliedReportingOverflow(by: 1_000).overflow)
        #expect(!(number * 1_000).addingReportingOverflow(number.signum() * 253_402_300_799_999).overflow)
    }

    @Test("text that is not a number, or is too large, is refused", arguments: ["nan", "-inf", "1e16", "x", ""])
    func fractions(_ text: String) {
        #expect(Double(untrusted: text) == nil && Double(untrusted: "-1.5") == -1.5)
    }

    @Test("a narrower type refuses what does not fit")
    func narrow() {
        #expect(UInt8(untrusted: "255") == 255 && UInt8(untrusted: "256") == nil && UInt8(untrusted: "-1") == nil)
    }
}
