/// Why a text is not valid JSON, and where.
package struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: Sendable, Equatable {
        case syntax
        /// The text ends inside a value; a stream may still deliver the rest.
        case incomplete
        case encoding
        case depth
        /// Too many values.
        case size
        case number
    }

    package let code: Code
    /// Offset in bytes from the start of the text.
    package let offset: Int
    package let message: String

    /// The text may be valid, but holds more than is read.
    package var isOfLimits: Bool { [.depth, .size, .number].contains(self.code) }

    package var description: String { "not valid JSON at byte \(self.offset): \(self.message)" }
}
