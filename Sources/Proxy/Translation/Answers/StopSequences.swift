/// Ends the text of an answer before the first of its request's stop sequences, for models that refuse those. Pure.
///
/// A text that arrives in pieces has the same end as the whole one: what may be the beginning of a sequence is held
/// back.
struct StopSequences: Sendable {
    private let sequences: [[UInt8]]
    /// The end of the text so far, if it may be the beginning of a sequence.
    private var held: [UInt8] = []
    /// The sequence that ended the text.
    private(set) var found: String?

    init(_ sequences: [String]) {
        // The longest first, so that it is found where another one is its end.
        self.sequences = sequences.map { Array($0.utf8) }.filter { !$0.isEmpty }.sorted { $0.count > $1.count }
    }

    /// Returns the text that surely belongs to the answer.
    mutating func feed(_ text: String) -> String {
        guard self.found == nil else { return "" }
        let bytes = self.held + Array(text.utf8)
        for end in self.held.count..<bytes.count {
            guard let sequence = self.sequences.first(where: { bytes[...end].ends(with: $0) }) else { continue }
            self.held = []
            self.found = String(decoding: sequence, as: UTF8.self)
            return String(decoding: bytes[..<(end + 1 - sequence.count)], as: UTF8.self)
        }
        let longest = min(bytes.count, (self.sequences.first?.count ?? 1) - 1)
        let start = (bytes.count - longest..<bytes.count).first { start in
            self.sequences.contains { $0.starts(with: bytes[start...]) }
        }
        self.held = start.map { Array(bytes[$0...]) } ?? []
        return String(decoding: bytes[..<(start ?? bytes.count)], as: UTF8.self)
    }

    /// Returns what was held back, at the end of a text.
    mutating func flush() -> String {
        defer { self.held = [] }
        return String(decoding: self.held, as: UTF8.self)
    }
}

extension ArraySlice<UInt8> {
    fileprivate func ends(with bytes: [UInt8]) -> Bool { self.suffix(bytes.count).elementsEqual(bytes) }
}

extension ModelAnswer {
    /// Ends the answer before the first stop sequence in its text.
    mutating func stop(at sequences: [String]) {
        guard !sequences.isEmpty else { return }
        for (index, piece) in self.pieces.enumerated() {
            guard case .text(let text) = piece else { continue }
            var stops = StopSequences(sequences)
            let beginning = stops.feed(text)
            guard let found = stops.found else { continue }
            self.pieces[index...] = beginning.isEmpty ? [] : [.text(beginning)]
            self.finish = .stopSequence(found)
            return
        }
    }
}

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
