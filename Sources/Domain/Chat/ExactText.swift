/// A text that equals another byte by byte, as platforms and the store compare.
///
/// `String` compares what people read: the letter K equals the Kelvin sign, and an accent equals its two spellings. Two
/// accounts or two rooms whose ids differ in that way only must not become one.
public struct ExactText: Hashable, Sendable, CustomStringConvertible {
    /// The text.
    public let text: String
    /// Wraps `text`.
    public init(_ text: String) { self.text = text }
    /// The text.
    public var description: String { self.text }

    /// Whether the bytes are the same.
    public static func == (left: Self, right: Self) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    /// Hashes the bytes.
    public func hash(into hasher: inout Hasher) {
        for byte in self.text.utf8 { hasher.combine(byte) }
        // So that two texts behind each other are not one.
        hasher.combine(0xFF as UInt8)
    }
}
