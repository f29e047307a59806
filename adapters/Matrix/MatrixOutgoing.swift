package import JSON

/// An event for a room, which ``MatrixStateMachine/send(_:at:)`` checks and turns into a request.
package struct MatrixOutgoing: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case event(MatrixEventType, JSON)
        /// Removes an event.
        case redaction(of: String, reason: String)
    }

    package var room: String
    package var kind: Kind
    /// A repeat has the same transaction id, and the server accepts each id only once.
    package var transaction: String
    package var priority: MatrixBudget.Priority
    /// The root of its thread.
    package var thread: String?

    package init(
        room: String, kind: Kind, transaction: String, priority: MatrixBudget.Priority = .final, thread: String? = nil
    ) {
        self.room = room
        self.kind = kind
        self.transaction = transaction
        self.priority = priority
        self.thread = thread
    }
}
