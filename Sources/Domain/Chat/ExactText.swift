/// A text that is compared byte by byte, as platforms and the store do.
///
/// `String` compares by canonical equivalence: the letter K equals the Kelvin sign, and an accent equals its other
/// spelling. Two accounts or rooms whose ids differ only in that way must stay two.
package struct ExactText: Hashable, Sendable, CustomStringConvertible {
    package let text: String
    package init(_ text: String) { self.text = text }
    package var description: String { self.text }

    package static func == (left: Self, right: Self) -> Bool {
        // Most texts that are compared differ, which `String` finds out without looking at each byte.
        left.text == right.text && left.text.utf8.elementsEqual(right.text.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        var text = self.text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        // So that two texts in sequence differ from their concatenation.
        hasher.combine(0xFF as UInt8)
    }
}
