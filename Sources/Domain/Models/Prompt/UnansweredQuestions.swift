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
        Self.resolved(history, before: question).history
    }

    /// ``marked(in:before:)``, and what was said beside the question when it was asked before.
    static func resolved(
        _ history: [HistoryEntry], before question: String
    ) -> (history: [HistoryEntry], surroundings: String) {
        var marked: [HistoryEntry] = []
        marked.reserveCapacity(history.count + 1)
        var carried = ""
        for (index, old) in history.enumerated() {
            let entry = carried.isEmpty ? old : old.with(surroundings: old.besides(carried))
            carried = ""
            let next = index + 1 < history.count ? history[index + 1] : nil
            guard entry.role == .user, next?.role != .assistant else {
                marked.append(entry)
                continue
            }
            if Self.isSame(entry.text, next?.text ?? question) {
                carried = entry.surroundings
                continue
            }
            marked.append(entry)
            // Questions have even positions, and their answers follow them directly.
            marked.append(HistoryEntry(id: entry.id + 1, role: .assistant, text: Self.note))
        }
        return (marked, carried)
    }

    private static func isSame(_ first: String, _ second: String) -> Bool {
        first.split(whereSeparator: \.isWhitespace) == second.split(whereSeparator: \.isWhitespace)
    }
}

extension HistoryEntry {
    /// What was said beside it, after `earlier`.
    fileprivate func besides(_ earlier: String) -> String {
        self.surroundings.isEmpty ? earlier : earlier + "\n\n" + self.surroundings
    }
}
