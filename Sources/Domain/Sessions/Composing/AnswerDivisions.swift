/// Where other messages of a turn, such as questions and commits, divide its growing answer: what the turn says after one
/// of them is a message below it.
struct AnswerDivisions: Sendable, Equatable {
    /// The bytes of the answer before each division, ascending.
    private(set) var ends: [Int] = []
    /// How many parts of the answer belong above an entry of the outbox.
    private(set) var partsAbove: [Int64: Int] = [:]

    var isEmpty: Bool { self.ends.isEmpty }

    mutating func divide(at end: Int) { self.ends.append(end) }

    /// The parts so far belong above these entries.
    mutating func place(_ items: [OutboxItem]) {
        for item in items { self.partsAbove[item.id] = self.ends.count }
    }

    /// With so many bytes before the answer.
    func moved(by count: Int) -> AnswerDivisions {
        var moved = self
        moved.ends = self.ends.map { $0 + count }
        return moved
    }
}
