internal import Models

/// Estimates the tokens of growing requests: a message that has not changed is not weighed again.
struct TokenCounter: Sendable {
    private var known: [(message: ModelMessage, tokens: Int)] = []

    mutating func count(_ messages: [ModelMessage]) -> Int {
        if self.known.count > messages.count { self.known.removeLast(self.known.count - messages.count) }
        var sum = TokenEstimator.perRequest
        for (index, message) in messages.enumerated() {
            if index < self.known.count, self.known[index].message == message {
                sum += self.known[index].tokens
                continue
            }
            let entry = (message, Self.tokens(in: message))
            if index < self.known.count { self.known[index] = entry } else { self.known.append(entry) }
            sum += entry.1
        }
        return sum
    }

    static func tokens(in message: ModelMessage) -> Int {
        let base = TokenEstimator.perMessage + message.textTokens + message.imageTokens
        return message.toolCalls.reduce(base) {
            $0 + TokenEstimator.perMessage + TokenEstimator.tokens(in: $1.arguments)
        }
    }
}
