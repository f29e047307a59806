/// Why a piece of text could not be replaced. The text says what the model can do about it.
package struct EditFailure: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        case notFound
        /// It is in the file several times.
        case several(Int)
        /// The new text is there already; the line.
        case alreadyThere(Int)
        /// The old and the new text are the same.
        case unchanged
        case invalid
    }

    package let kind: Kind
    package let text: String

    init(_ kind: Kind, _ text: String) {
        self.kind = kind
        self.text = text
    }

    package var description: String { self.text }

    /// The turn was cancelled.
    static let cancelled = EditFailure(.invalid, "The change was stopped.")

    /// The first places of a text that is not unique.
    static func several(_ lines: [Int], _ advice: String) -> EditFailure {
        let shown = lines.prefix(10).map(String.init).joined(separator: ", ") + (lines.count > 10 ? ", …" : "")
        return EditFailure(
            .several(lines.count), "The text is there \(lines.count) times, at lines \(shown). \(advice)")
    }
}
