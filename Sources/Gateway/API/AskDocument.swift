internal import Chat
internal import JSON
internal import Primitives
internal import Sessions

/// An ask in the API's form.
struct AskDocument: Sendable {
    let ask: AskRecord

    var json: JSON {
        [
            "id": .string(self.ask.id), "kind": .string(self.ask.kind.rawValue), "text": .string(self.ask.text),
            "options": .array(
                self.ask.options.map { option in
                    [
                        "key": .string(option.key), "label": .string(option.label),
                        "recommended": .bool(option.isRecommended),
                    ]
                }), "expires_at": .string(CivilTime(milliseconds: self.ask.expiresAt).rfc3339),
        ]
    }

    var decision: JSON {
        [
            "id": .string(self.ask.id), "answer": self.ask.answer.map { .string($0) } ?? .null,
            "outcome": .string(self.ask.outcome), "text": self.ask.reason.map { .string($0) } ?? .null,
            "decided_by": self.ask.decider.map { .string($0.displayName) } ?? .null,
            "decided_at": self.ask.decidedAt.map { .string(CivilTime(milliseconds: $0).rfc3339) } ?? .null,
        ]
    }
}
