/// A feature's number that nobody else gets.
package struct Reservation: Sendable, Hashable {
    /// Tells two reservations of one number apart, one given back and one that came after it.
    struct Ticket: Sendable, Hashable {
        let number: Int
    }

    package let name: NumberedName
    let ticket: Ticket
}
