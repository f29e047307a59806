internal import Chat
internal import People

/// A message for the bot that is not stored yet.
struct Arrival: Sendable {
    enum Outcome: Sendable {
        /// Stored, with its turn.
        case taken(Submission)
        /// Stored earlier.
        case duplicate
        /// Not stored: the thread is busy.
        case busy
    }

    let event: String
    let adapter: AdapterID
    let message: InboundMessage
    let role: Role?
    /// To be stored with it.
    let sighting: Sighting?
    /// It calls the bot back into a muted thread.
    let endsMute: Bool
    /// Milliseconds since 1970.
    let at: Int64
}
