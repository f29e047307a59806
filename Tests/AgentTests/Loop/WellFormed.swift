import Models

/// The rules that endpoints and chat templates have for a conversation with calls.
enum WellFormed {
    /// The first broken rule; nil when all are kept.
    static func problem(in messages: [ModelMessage]) -> String? {
        var open: [String] = []
        var last: ModelMessage.Role?
        for (index, message) in messages.enumerated() {
            switch message.role {
            case .tool:
                guard let id = message.toolCallID, open.first == id else {
                    return "message \(index): a result without its call, or out of order"
                }
                open.removeFirst()
            case .system, .user, .assistant:
                guard open.isEmpty else { return "message \(index): results are missing for \(open)" }
                if message.role == last, message.toolCalls.isEmpty || message.role == .user {
                    return "message \(index): two messages of one role in a row"
                }
                if message.text.isEmpty, message.toolCalls.isEmpty { return "message \(index): empty" }
                open = message.toolCalls.map(\.id)
                guard Set(open).count == open.count else { return "message \(index): an id twice" }
            }
            last = message.role
        }
        return open.isEmpty ? nil : "results are missing for \(open)"
    }
}
