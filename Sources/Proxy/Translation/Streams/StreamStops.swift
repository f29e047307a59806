/// Ends a stream's text before the first stop sequence. Pure.
///
/// The rest of the upstream's stream is still read, because the usage is at its end.
struct StreamStops: Sendable {
    private var sequences: StopSequences

    init(_ sequences: [String]) {
        self.sequences = StopSequences(sequences)
    }

    /// The parts for the client instead of this one.
    mutating func parts(for part: AnswerPart) -> [AnswerPart] {
        switch part {
        case .begin, .usage, .alive, .done, .fault: return [part]
        case .text(let text):
            guard self.sequences.found == nil else { return [.alive] }
            let text = self.sequences.feed(text)
            return text.isEmpty ? [.alive] : [.text(text)]
        case .finish:
            if let found = self.sequences.found { return [.finish(.stopSequence(found))] }
            return self.rest() + [part]
        case .reasoning, .refusal, .call, .arguments: return self.sequences.found == nil ? self.rest() + [part] : []
        }
    }

    private mutating func rest() -> [AnswerPart] {
        let text = self.sequences.flush()
        return text.isEmpty ? [] : [.text(text)]
    }
}
