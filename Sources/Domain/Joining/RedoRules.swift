package import Chat
package import Threads

/// When a question may be asked again after an edit, and by whom. Pure; times in milliseconds.
package enum RedoRules {
    /// How long after an answer an edit of its question offers to ask again.
    package static let offerTime: Int64 = 60_000
    /// How long after an answer its question may be asked again.
    package static let time: Int64 = 86_400_000

    /// Whether the edit of a turn's question offers to ask it again: while the answer is written or was just read.
    package static func isOffered(_ turn: TurnRecord, isLast: Bool, at now: Int64) -> Bool {
        guard isLast else { return false }
        return turn.endedAt.map { now - $0 <= Self.offerTime } ?? (turn.state == .running)
    }

    package enum Refusal: Sendable, Equatable {
        /// A turn runs or waits.
        case busy
        case nothing
        /// The question was deleted.
        case deleted
        case tooOld
        /// Somebody else asked.
        case notYours(String)
    }

    /// Why `sender` may not have the question of the thread's last answer asked again.
    ///
    /// - Parameters:
    ///   - question: the turn that asked it; `last` may have continued that.
    package static func refusal(
        of question: TurnRecord?, answeredBy last: TurnRecord?, for sender: Sender, as role: Role?, isBusy: Bool,
        at now: Int64
    ) -> Refusal? {
        if isBusy { return .busy }
        guard let question, let last, question.kind == .chat, question.ask == nil else { return .nothing }
        if question.text.utf8.elementsEqual(TurnTexts.deletedByAuthor.utf8) { return .deleted }
        guard question.sender.id == sender.id || role == .owner else { return .notYours(question.sender.displayName) }
        return now - (last.endedAt ?? last.queuedAt) > Self.time ? .tooOld : nil
    }
}
