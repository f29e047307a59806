package import Chat
internal import Primitives

/// A durable question in a thread.
package struct AskRecord: Sendable, Equatable {
    package enum Kind: String, Sendable {
        case approval
        /// Of the model.
        case question
        case clarify
        /// At a conflict of two versions.
        case conflict
    }

    package enum State: String, Sendable {
        case open
        case answered
        /// Nobody answered in time, or its turn ended without an answer.
        case expired
        /// Ended by `stop`.
        case stopped
    }

    package struct Option: Sendable, Equatable {
        /// A capital letter.
        package let key: String
        /// One line of plain text.
        package let label: String
        package var isRecommended = false
    }

    /// Short, because people type it; never given out twice.
    package let id: String
    package let session: String
    /// The operation that asks.
    package let turn: String
    package let kind: Kind
    /// What is asked, Markdown: the message's part before the options.
    package let lead: String
    /// The part after the options, Markdown.
    package let tail: String
    package let options: [Option]
    package let rule: AskRule
    /// The person for whom it is asked.
    package let requester: Sender
    /// What the answer is valid for; nil where it permits nothing.
    package let binding: AskBinding?
    package let digest: String
    /// Where it is posted.
    package var route: Route
    /// Its entry in the transcript.
    package let message: Int64
    /// Milliseconds since 1970, like all times.
    package let createdAt: Int64
    package let expiresAt: Int64
    package var state = State.open
    /// The key of the chosen option.
    package var answer: String?
    /// The answerer's words.
    package var reason: String?
    /// Who ended it.
    package var decider: Sender?
    package var decidedAt: Int64?
    /// When the turn has taken the answer: from then on what it permits may have begun.
    package var takenAt: Int64?

    /// The whole message without its option lines.
    package var text: String { "\(self.lead)\n\n\(self.tail)" }

    /// Who decided what, as plain text: `Approved by NAME`, `Denied by NAME: reason` or `Expired`.
    package var outcome: String { AskTexts.outcome(of: self) }

    /// The option with this key, whatever its case.
    package func option(_ key: String) -> Option? {
        self.options.first { $0.key.utf8.elementsEqual(key.uppercased().utf8) }
    }

    /// Whether its fields are those that it was stored with.
    package var isIntact: Bool { self.binding.map { $0.digest == self.digest } ?? true }
}

extension AskRecord {
    /// The keys of an approval's options.
    package static let approve = "A"
    package static let always = "B"
    package static let deny = "C"

    /// What an approval tells the turn that waits for it; nil while it is open.
    var approvalOutcome: ApprovalOutcome? {
        let name = self.decider.map { AskTexts.name(of: $0) } ?? ""
        switch self.state {
        case .open: return nil
        case .expired: return .expired
        case .stopped: return .denied(by: name, reason: AskTexts.stopped)
        case .answered:
            let isApproved = self.answer == Self.approve || self.answer == Self.always
            return isApproved && self.isIntact
                ? .approved(ask: self.id, by: name) : .denied(by: name, reason: self.reason)
        }
    }
}
