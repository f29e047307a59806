/// Whole numbers that somebody else chose: a JSON member, a header, a cursor. Arithmetic that overflows ends the process,
/// so they are limited where they are read, and code that computes with them need not check.
package enum UntrustedNumber {
    /// ±2^53, the integers that every JSON reader represents exactly (RFC 8259 §6). Sums of several fit 64 bits, and so
    /// does a time plus a thousandfold, as from seconds to milliseconds.
    package static let range: ClosedRange<Int64> = -(1 << 53)...(1 << 53)
}

extension FixedWidthInteger {
    /// Reads a decimal number that somebody else wrote; nil outside ``UntrustedNumber/range``.
    package init?(untrusted text: some StringProtocol) {
        guard let number = Int64(text), UntrustedNumber.range.contains(number) else { return nil }
        self.init(exactly: number)
    }
}

extension Double {
    /// Reads a number that somebody else wrote; nil outside ``UntrustedNumber/range``. The standard library's initialiser
    /// also reads `nan` and `inf`, of which no duration and no whole number can be made.
    package init?(untrusted text: some StringProtocol) {
        guard let number = Double(text), number.magnitude <= Double(UntrustedNumber.range.upperBound) else {
            return nil
        }
        self = number
    }
}
