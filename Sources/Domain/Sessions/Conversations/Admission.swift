internal import Chat

/// What the transaction knows that stores a turn. A class, because it is carried along by every step of the turn.
final class Admission: Sendable {
    let turn: TurnRecord
    /// Notes to be posted.
    let items: [OutboxItem]
    let session: SessionRecord
    /// The turn's number, and that of the one before it in the session's history; 0 for none.
    let number: Int64
    let previous: Int64
    /// What the turn adds to the history before its answer.
    let question: HistoryEntry?

    init(
        turn: TurnRecord, items: [OutboxItem], session: SessionRecord, number: Int64, previous: Int64,
        question: HistoryEntry?
    ) {
        self.turn = turn
        self.items = items
        self.session = session
        self.number = number
        self.previous = previous
        self.question = question
    }
}
