internal import Chat
internal import Memory
internal import Surroundings
internal import Threads

/// The result of the transaction that stores a turn. A class, because every step of the turn carries it along.
final class Admission: Sendable {
    let turn: TurnRecord
    /// Notes to be posted.
    let items: [OutboxItem]
    let session: SessionRecord
    /// The turn's number, and that of its predecessor in the session's history; 0 for none.
    let number: Int64
    let previous: Int64
    /// The question, as the history shows it.
    let question: HistoryEntry?
    /// What the person who asks has set for all answers.
    let instructions: String?
    let memory: [MemoryNote]
    let beside: QuestionContext

    init(
        turn: TurnRecord, items: [OutboxItem], session: SessionRecord, number: Int64, previous: Int64,
        question: HistoryEntry?, instructions: String?, memory: [MemoryNote], beside: QuestionContext
    ) {
        self.turn = turn
        self.items = items
        self.session = session
        self.number = number
        self.previous = previous
        self.question = question
        self.instructions = instructions
        self.memory = memory
        self.beside = beside
    }
}
