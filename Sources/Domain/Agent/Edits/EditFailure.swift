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

    /// How many places of a text that is not unique are named.
    static let shownPlaces = 10

    /// - Parameters:
    ///   - count: Of the places; over ``LineSearch/mostPlaces`` it is not known.
    ///   - lines: Of the first places.
    static func several(_ count: Int, at lines: [Int], _ advice: String) -> EditFailure {
        let most = LineSearch.mostPlaces
        let times = count > most ? "more than \(most)" : "\(count)"
        let shown =
            lines.prefix(Self.shownPlaces).map(String.init).joined(separator: ", ")
            + (count > Self.shownPlaces ? ", …" : "")
        return EditFailure(.several(count), "The text is there \(times) times, at lines \(shown). \(advice)")
    }
}
