internal import Sessions
internal import Store
internal import Threads

/// Where in an operation's answer its asks and commits arose: the transcript has the answer as one message at the end.
struct AnswerPlaces {
    private var places: [Int64: Int] = [:]

    /// Reads the live frames, which tell it as long as they are kept; nothing beyond the budget.
    init(of messages: [MessageRecord], in ledger: Ledger, within budget: FrameBudget) throws {
        let asked = messages.filter { $0.turn != nil && Self.mark(of: $0) != nil }
        let marked = try budget.admitted(asked, in: ledger)
        for (turn, messages) in Dictionary(grouping: marked, by: \.turn) {
            guard let turn else { continue }
            var length = 0
            var found: [String: Int] = [:]
            for frame in try ledger.frames(of: turn, after: 0) {
                switch frame.kind {
                case .execution: length += frame.content.utf16.count
                case .thinking: if let mark = Self.mark(ofNews: frame.content) { found[mark] = found[mark] ?? length }
                case .errorOutput, .reasoning, .error, .complete: break
                }
            }
            for message in messages { self.places[message.id] = Self.mark(of: message).flatMap { found[$0] } }
        }
    }

    /// In UTF-16 units of the answer, as browsers count; nil if it is unknown.
    subscript(message: MessageRecord) -> Int? { self.places[message.id] }

    /// What a message has in common with the frame that told of it: an ask's id or a commit's whole line.
    private static func mark(of message: MessageRecord) -> String? {
        switch message.role {
        case .commit: message.text
        case .note: Self.asks.contains(where: message.text.hasPrefix) ? Self.id(in: message.text) : nil
        case .user, .command, .assistant, .thinking: nil
        }
    }

    private static func mark(ofNews line: String) -> String? {
        if line.hasPrefix("`") { return line }
        return line.hasPrefix("Waiting for ") ? Self.id(in: line) : nil
    }

    /// How the messages of asks begin.
    private static let asks = ["Approval `", "Question `", "Clarify `", "Conflict `"]

    /// The first code span.
    private static func id(in text: String) -> String? {
        let parts = text.split(separator: "`", maxSplits: 2, omittingEmptySubsequences: false)
        return parts.count == 3 ? String(parts[1]) : nil
    }
}
