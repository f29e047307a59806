package import Threads

/// Where other messages of a turn, such as questions and commits, divide its growing answer: what the turn says after one
/// of them is a message below it.
package struct AnswerDivisions: Sendable, Equatable {
    /// The bytes of the answer before each division, ascending.
    package private(set) var ends: [Int] = []
    /// How many parts of the answer belong above an entry of the outbox.
    private(set) var partsAbove: [Int64: Int] = [:]

    package init() {}

    var isEmpty: Bool { self.ends.isEmpty }

    package mutating func divide(at end: Int) { self.ends.append(end) }

    /// The parts so far belong above these entries.
    package mutating func place(_ items: [OutboxItem]) {
        for item in items { self.partsAbove[item.id] = self.ends.count }
    }

    /// With so many bytes before the answer.
    package func moved(by count: Int) -> AnswerDivisions {
        var moved = self
        moved.ends = self.ends.map { $0 + count }
        return moved
    }
}
