package import Chat
internal import Primitives

/// A person's answer to an ask.
package struct AskAnswer: Sendable {
    package let ask: String
    package let sender: Sender
    /// The sender's role now.
    package let role: Role?
    /// An option's key, letters of a batch such as `A,C`, `yes`, `no` or `done`; empty for the words alone.
    package let key: String
    /// The person's own words: an answer, or the reason for one.
    package let reason: String?

    package init(ask: String, sender: Sender, role: Role?, key: String, reason: String? = nil) {
        self.ask = ask
        self.sender = sender
        self.role = role
        self.key = key
        self.reason = reason.flatMap { $0.trimmed.isEmpty ? nil : $0.trimmed }
    }
}

/// What became of an answer. Only ``decided(_:)`` has changed the ask's answer.
package enum AskResult: Sendable, Equatable {
    case decided(AskRecord)
    case unknown
    /// Its rule does not let the person answer.
    case notAllowed(AskRecord)
    /// Somebody was first.
    case settled(AskRecord)
    case expired(AskRecord)
    case noSuchAnswer(AskRecord)
    /// It is not what was stored: nobody can decide it.
    case altered(AskRecord)

    /// A label of the metric.
    var label: String {
        switch self {
        case .decided(let ask): ask.resultLabel
        case .unknown: "unknown"
        case .notAllowed: "not allowed"
        case .settled: "late"
        case .expired: "expired"
        case .noSuchAnswer: "no such answer"
        case .altered: "altered"
        }
    }
}

extension AskRecord {
    /// A label of the metric.
    package var resultLabel: String {
        switch self.state {
        case .answered:
            self.kind == .approval || self.kind == .extension ? (self.isDenied ? "denied" : "approved") : "answered"
        default: self.state.rawValue
        }
    }
}
