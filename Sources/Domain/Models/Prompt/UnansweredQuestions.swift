package import Chat

/// Questions in a history that got no answer, because their turns failed or were stopped before the first word. Pure.
package enum UnansweredQuestions {
    /// Stands in the place of the missing answer, so that a question is not read as part of the next one.
    package static let note = "(No answer: this message was not answered.)"

    /// The history with ``note`` after every unanswered question, and without those that were asked again in the same
    /// words.
    ///
    /// - Parameter question: the message that follows the history.
    package static func marked(in history: [HistoryEntry], before question: String) -> [HistoryEntry] {
        var marked: [HistoryEntry] = []
        marked.reserveCapacity(history.count + 1)
        for (index, entry) in history.enumerated() {
            let next = index + 1 < history.count ? history[index + 1] : nil
            guard entry.role == .user, next?.role != .assistant else {
                marked.append(entry)
                continue
            }
            if Self.isSame(entry.text, next?.text ?? question) { continue }
            marked.append(entry)
            // Questions have even positions, and their answers follow them directly.
            marked.append(HistoryEntry(id: entry.id + 1, role: .assistant, text: Self.note))
        }
        return marked
    }

    private static func isSame(_ first: String, _ second: String) -> Bool {
        first.split(whereSeparator: \.isWhitespace) == second.split(whereSeparator: \.isWhitespace)
    }
}
