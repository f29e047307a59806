/// The model's report about a task at the end of its work.
package enum TaskReport: Sendable, Hashable {
    case done
    /// Nothing had to be changed.
    case alreadyDone
    /// The reason, a clause.
    case failed(String)
    /// The answer contains no result.
    case open

    /// The instruction on how to end the answer.
    package static let instruction = """
        End your last answer with one line of its own: `Result: done`, `Result: already done` if nothing had to be changed, \
        or `Result: failed: REASON` with a reason that helps whoever tries next.
        """

    package init(_ answer: String) {
        let lines = answer.split(whereSeparator: \.isNewline).suffix(12)
        for line in lines.reversed() {
            let words = line.filter { !"*`_#>".contains($0) }.drop(while: \.isWhitespace)
            guard words.lowercased().hasPrefix("result:") else { continue }
            let text = words.dropFirst("result:".count).drop(while: \.isWhitespace)
            let lower = text.lowercased()
            if lower.hasPrefix("already done") {
                self = .alreadyDone
            } else if lower.hasPrefix("done") {
                self = .done
            } else if lower.hasPrefix("failed") {
                let reason = text.dropFirst("failed".count).drop {
                    $0 == ":" || $0 == "," || $0 == "–" || $0.isWhitespace
                }
                self = .failed(reason.isEmpty ? "the model gave no reason" : String(reason))
            } else {
                continue
            }
            return
        }
        self = .open
    }
}
