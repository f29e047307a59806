/// The rehearsal's summaries: the first sentence of each message, preferring the newest.
enum RehearsalSummary {
    static func text(of messages: [ModelMessage], limit: Int?) -> String {
        let source = messages.last { $0.role == .user }?.text ?? ""
        let budget = Double(limit ?? 1024) * 0.9
        var weight = 0.0
        var points: [String] = []
        for block in source.split(separator: "\n\n").reversed() {
            let point = "- " + self.firstSentence(of: block)
            weight += TokenEstimator.weight(of: point) + 1
            if weight > budget { break }
            points.append(point)
        }
        return points.reversed().joined(separator: "\n")
    }

    private static func firstSentence(of block: Substring) -> String {
        var sentence = ""
        for character in block.rehearsedLine {
            if character == " ", let last = sentence.last, ".!?".contains(last), sentence.count > 20 { break }
            sentence.append(character)
            if sentence.count >= 160 { return sentence + "…" }
        }
        return sentence
    }
}
