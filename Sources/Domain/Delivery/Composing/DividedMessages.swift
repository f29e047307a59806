/// The messages of an answer that other messages divide.
package struct DividedMessages: Sendable, Equatable {
    package let texts: [String]
    /// How many of ``texts`` belong above an entry of the outbox.
    package let above: [Int64: Int]

    /// Undivided.
    package init(_ texts: [String] = []) {
        self.texts = texts
        self.above = [:]
    }

    /// - Parameter parts: the messages of each part before a division.
    init(parts: [[String]], last: [String], _ divisions: AnswerDivisions) {
        self.texts = parts.flatMap(\.self) + last
        let counts = parts.map(\.count)
        self.above = divisions.partsAbove.mapValues { counts.prefix($0).reduce(0, +) }
    }
}
