/// Looks for whole lines in a file's lines, rung by rung.
struct LineSearch {
    /// Where the lines are, and how they were found.
    struct Found {
        let rung: EditRung
        /// Indices of the first line of each place.
        let places: [Int]
    }

    /// More places than this are not looked at.
    static let mostPlaces = 10_000
    /// Nor more lines of them, where the indentation of each is compared.
    private static let mostLines = 2_000_000

    let file: [FileLine]
    private let effort: EditEffort
    /// Of all lines: each rung reads their text, 16 bytes in the time of one comparison.
    private let bytes: Int

    /// - Parameter effort: Of all searches together.
    init(file: [FileLine], _ effort: EditEffort = EditEffort()) {
        self.file = file
        self.bytes = FileLine.bytes(of: file)
        self.effort = effort
    }

    /// The places of the first rung that has any; `isWanted` may exclude some. Nil without any.
    func find(
        _ lines: [FileLine], from first: EditRung = .exact, where isWanted: (Int) -> Bool = { _ in true }
    ) throws(EditFailure) -> Found? {
        guard !lines.isEmpty, lines.count <= self.file.count else { return nil }
        for rung in EditRung.allCases where rung.rawValue >= first.rawValue {
            // On the looser ones, more is made of each line.
            try self.effort.take((rung == first ? self.file.count / 4 : self.file.count) + self.bytes / 16)
            let all = try self.places(of: lines, rung)
            try self.effort.take(all.count)
            let places = all.filter(isWanted)
            if !places.isEmpty { return Found(rung: rung, places: places) }
        }
        return nil
    }

    private func places(of lines: [FileLine], _ rung: EditRung) throws(EditFailure) -> [Int] {
        // Lines that are equal on this rung get the same number.
        var numbers: [ArraySlice<UInt8>: Int] = [:]
        var pattern: [Int] = []
        for (index, line) in lines.enumerated() {
            // The last line may lack its line break on either side.
            let isLast = index == lines.count - 1
            let key = rung == .exact && isLast && line.end == .none ? line.text : rung.key(of: line)
            pattern.append(numbers[key] ?? numbers.count)
            if numbers[key] == nil { numbers[key] = numbers.count }
        }
        // A block of blank lines is nowhere in particular.
        if rung != .exact, numbers.count == 1, numbers.keys.first?.isEmpty == true { return [] }
        // Each place compares the indentation of all lines.
        if rung == .indent, lines.contains(where: \.isIndentedTooFar) { return [] }
        let limit = rung == .indent ? min(Self.mostPlaces, max(1, Self.mostLines / lines.count)) : Self.mostPlaces
        let sequence = self.file.map { line in
            rung == .indent && line.isIndentedTooFar ? -1 : numbers[rung.key(of: line)] ?? -1
        }
        let found = occurrences(of: pattern, in: sequence, limit: limit)
        guard rung == .indent else { return found }
        try self.effort.take(found.count * lines.count * EditEffort.indentation)
        return found.filter { IndentChange(text: lines[...], file: self.file[$0..<($0 + lines.count)]) != nil }
    }
}
