/// A reserved number for a feature.
package struct Reservation: Sendable, Hashable {
    /// Distinguishes a freed reservation from a later one with the same number.
    struct Ticket: Sendable, Hashable {
        let number: Int
    }

    package let name: NumberedName
    let ticket: Ticket
}
