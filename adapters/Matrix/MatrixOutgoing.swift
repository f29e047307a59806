package import JSON

/// Something for a room, before it is checked: what ``MatrixSession/send(_:at:)`` makes a request of.
package struct MatrixOutgoing: Sendable, Equatable {
    /// What it is.
    package enum Kind: Sendable, Equatable {
        case event(MatrixEventType, JSON)
        /// Takes an event back.
        case redaction(of: String, reason: String)
    }

    package var room: String
    package var kind: Kind
    /// The same for a repeat and for nothing else: the server takes it once.
    package var transaction: String
    package var priority: MatrixBudget.Priority
    /// The thread that it stands in, whose latest event it will be.
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
