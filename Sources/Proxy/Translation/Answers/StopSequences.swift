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
