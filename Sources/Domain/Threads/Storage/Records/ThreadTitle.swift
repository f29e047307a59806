internal import Primitives

/// A title that a person chooses for a thread.
package struct ThreadTitle: Sendable, Equatable {
    package struct Refusal: Error, Sendable {
        /// One line for people.
        package let message: String
    }

    /// In Unicode scalars: a list has room for about fifty.
    package static let limit = 120
    /// In bytes, of any title that is read: older releases stored titles as long as a message.
    static let byteLimit = 4 * Self.limit

    package let text: String

    /// Removes white space at both ends. Throws for an empty or long title, and for characters that break a line, are
    /// invisible or reverse the text's direction: a title is shown in lists, terminals and logs.
    package init(_ text: String) throws(Refusal) {
        let title = text.trimmed
        guard !title.isEmpty else { throw Refusal(message: "The title is empty. Write something.") }
        let count = title.unicodeScalars.count
        guard count <= Self.limit else {
            throw Refusal(message: "The title has \(count) characters, and the limit is \(Self.limit): shorten it.")
        }
        if let wrong = title.unicodeScalars.first(where: Self.isForbidden) {
            let number = String(wrong.value, radix: 16, uppercase: true)
            let digits = String(repeating: "0", count: max(0, 4 - number.utf8.count)) + number
            throw Refusal(
                message: "The title contains the control character U+\(digits) (such as a line break). Remove it.")
        }
        self.text = title
    }

    private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        // Joiners make emoji and are part of several scripts.
        case .format: scalar.value != 0x200C && scalar.value != 0x200D
        default: false
        }
    }
}
