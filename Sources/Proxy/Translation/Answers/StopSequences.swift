/// Ends the text of an answer before the first of its request's stop sequences, for models that refuse those. Pure.
///
/// A text that arrives in pieces has the same end as the whole one: what may be the beginning of a sequence is held
/// back. Each byte costs one step for each sequence, whatever they are.
struct StopSequences: Sendable {
    private var searches: [StopSearch]
    /// The end of the text so far, if it may be the beginning of a sequence.
    private var held: [UInt8] = []
    /// The sequence that ended the text.
    private(set) var found: String?

    init(_ sequences: [String]) {
        // The longest first, so that it is found where another one is its end.
        self.searches = sequences.map { Array($0.utf8) }.filter { !$0.isEmpty }.sorted { $0.count > $1.count }
            .map(StopSearch.init)
    }

    /// Returns the text that surely belongs to the answer.
    mutating func feed(_ text: String) -> String {
        guard self.found == nil else { return "" }
        let bytes = self.held + Array(text.utf8)
        for end in self.held.count..<bytes.count {
            for index in self.searches.indices where self.searches[index].isAtEnd(after: bytes[end]) {
                let sequence = self.searches[index].sequence
                self.held = []
                self.found = String(decoding: sequence, as: UTF8.self)
                return String(decoding: bytes[..<(end + 1 - sequence.count)], as: UTF8.self)
            }
        }
        let start = bytes.count - (self.searches.map(\.length).max() ?? 0)
        self.held = Array(bytes[start...])
        return String(decoding: bytes[..<start], as: UTF8.self)
    }

    /// Returns what was held back, at the end of a text.
    mutating func flush() -> String {
        defer { self.held = [] }
        for index in self.searches.indices { self.searches[index].length = 0 }
        return String(decoding: self.held, as: UTF8.self)
    }
}

/// Searches a text for one sequence (Knuth, Morris, Pratt). Pure.
private struct StopSearch: Sendable {
    let sequence: [UInt8]
    /// For each length of a match, the length of its longest beginning that is also its end.
    private let shorter: [Int]
    /// How much of the sequence the text ends with.
    var length = 0

    /// - Parameter sequence: not empty.
    init(_ sequence: [UInt8]) {
        self.sequence = sequence
        var shorter = [0]
        var length = 0
        for byte in sequence.dropFirst() {
            while length > 0, byte != sequence[length] { length = shorter[length - 1] }
            if byte == sequence[length] { length += 1 }
            shorter.append(length)
        }
        self.shorter = shorter
    }

    /// Whether the text ends with the sequence after this byte. It must not be asked again once it does.
    mutating func isAtEnd(after byte: UInt8) -> Bool {
        while self.length > 0, byte != self.sequence[self.length] { self.length = self.shorter[self.length - 1] }
        if byte == self.sequence[self.length] { self.length += 1 }
        return self.length == self.sequence.count
    }
}

extension ModelAnswer {
    /// Ends the answer before the first stop sequence in its text.
    mutating func stop(at sequences: [String]) {
        guard !sequences.isEmpty else { return }
        let prepared = StopSequences(sequences)
        for (index, piece) in self.pieces.enumerated() {
            guard case .text(let text) = piece else { continue }
            var stops = prepared
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
