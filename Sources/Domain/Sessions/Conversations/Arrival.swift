internal import Chat

/// A message that is for us and not stored yet.
struct Arrival: Sendable {
    /// What became of it.
    enum Outcome: Sendable {
        /// Stored, with its turn.
        case taken(Submission)
        /// Stored before.
        case duplicate
        /// Not stored: something else is under way in the thread.
        case busy
    }

    let event: String
    let adapter: AdapterID
    let message: InboundMessage
    let role: Role?
    /// Milliseconds since 1970.
    let at: Int64
}
