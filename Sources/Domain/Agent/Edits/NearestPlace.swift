internal import Primitives

/// The place of a file that is most like a text that was not found.
enum NearestPlace {
    /// Lines shown.
    static let most = 20

    /// A sentence, and at most 20 lines with their numbers.
    static func text(of wanted: [FileLine], in file: [FileLine]) -> String {
        guard let start = Self.start(of: wanted, in: file) else { return "Nothing in the file is like it." }
        let first = max(0, start - 2)
        let last = min(file.count, max(first + Self.most / 2, min(first + Self.most, start + wanted.count + 2)))
        let width = String(last).count
        let lines = file[first..<last].enumerated().map { index, line in
            let number = String(first + index + 1)
            let text = VisibleText.of(line.text.prefix(300)) + (line.text.count > 300 ? "…" : "")
            return String(repeating: " ", count: width - number.count) + "\(number)\t\(text)"
        }
        return "The nearest place, lines \(first + 1) to \(last):\n" + lines.joined(separator: "\n")
    }

    private static func start(of wanted: [FileLine], in file: [FileLine]) -> Int? {
        // Each equal line votes for a place of the whole.
        var offsets: [ArraySlice<UInt8>: Int] = [:]
        for (index, line) in wanted.enumerated() where !line.isBlank {
            let key = EditRung.indent.key(of: line)
            if offsets[key] == nil { offsets[key] = index }
        }
        var votes: [Int: Int] = [:]
        for (index, line) in file.enumerated() {
            guard let offset = offsets[EditRung.indent.key(of: line)] else { continue }
            // A lone bracket is everywhere.
            votes[max(0, index - offset), default: 0] += min(20, line.text.count { !FileLine.isBlank($0) })
        }
        if let best = votes.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }), best.value > 3 { return best.key }
        guard let longest = wanted.max(by: { $0.text.count < $1.text.count }) else { return nil }
        let words = Self.words(longest)
        guard !words.isEmpty, let place = wanted.firstIndex(of: longest) else { return nil }
        var best: (index: Int, score: Int)?
        for (index, line) in file.prefix(50_000).enumerated() {
            let score = Self.words(line).intersection(words).count
            if score > best?.score ?? 0 { best = (index, score) }
        }
        guard let best, best.score * 3 >= words.count else { return nil }
        return max(0, best.index - place)
    }

    private static func words(_ line: FileLine) -> Set<ArraySlice<UInt8>> {
        Set(
            line.text.prefix(1_000).split { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
                    false
                default: true
                }
            })
    }
}
