/// What one host asks the owner of a place to do. Each names its object exactly, so a repeated one changes nothing: an
/// inbox row is handled once, a turn stops once, and the first answer to an ask counts.
package enum BusRequest: Sendable, Equatable {
    /// Handle an event that is in the inbox.
    case take(place: String, inboxNumber: Int64)
    case stop(session: String, turn: String, person: String)
    case answer(session: String, ask: String, answer: String, person: String)
}
