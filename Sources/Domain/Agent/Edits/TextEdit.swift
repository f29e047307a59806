/// Replaces a piece of a file's text, found exactly or by the rungs of ``EditRung``. Changes no byte outside of it. Pure.
package struct TextEdit: Sendable, Equatable {
    package struct Result: Sendable, Equatable {
        package let bytes: [UInt8]
        /// The number of the first line of each place.
        package let lines: [Int]
        package let rung: EditRung
    }

    package let old: String
    package let new: String
    /// Replaces every place, not the only one.
    package var all = false

    package func apply(to bytes: [UInt8]) throws(EditFailure) -> Result {
        try self.apply(to: bytes, EditEffort())
    }

    /// - Parameter effort: Of all edits together.
    func apply(to bytes: [UInt8], _ effort: EditEffort) throws(EditFailure) -> Result {
        guard !self.old.isEmpty else {
            throw EditFailure(.invalid, "The old text is empty. Give the text to replace; a new file is made by write.")
        }
        guard self.old.utf8.elementsEqual(self.new.utf8) == false else {
            throw EditFailure(.unchanged, "The old and the new text are the same: nothing to change.")
        }
        // Some bytes are compared as fast as one line.
        try effort.take(bytes.count / 16)
        let hasReturns = bytes.contains(0x0D)
        let old = Array(self.old.utf8)
        if let result = try self.replaced(old, in: bytes, hasReturns, .exact) { return result }
        for variant in [Self.withReturns(old), Self.withoutReturns(old)] where variant != old {
            if let result = try self.replaced(variant, in: bytes, hasReturns, .lineEnds) { return result }
        }
        return try self.replacedLines(in: bytes, effort)
    }

    // MARK: Bytes

    private func replaced(
        _ old: [UInt8], in bytes: [UInt8], _ hasReturns: Bool, _ rung: EditRung
    ) throws(EditFailure) -> Result? {
        let places = occurrences(of: old, in: bytes, limit: LineSearch.mostPlaces + 1)
        guard !places.isEmpty else { return nil }
        guard self.all || places.count == 1 else {
            let shown = Array(places.prefix(EditFailure.shownPlaces))
            throw .several(places.count, at: Self.lines(of: shown, in: bytes), Self.severalAdvice)
        }
        guard places.count <= LineSearch.mostPlaces else {
            throw EditFailure(
                .invalid,
                "The text is there more than \(LineSearch.mostPlaces) times, and so many are not replaced. Take more "
                    + "text around it, or use shell.")
        }
        let new = Self.newBytes(Array(self.new.utf8), in: bytes, hasReturns)
        try Self.checkSize(places.count, new.count)
        var result: [UInt8] = []
        var taken: [Int] = []
        var end = 0
        for place in places where place >= end {
            result += bytes[end..<place]
            result += new
            end = place + old.count
            taken.append(place)
        }
        result += bytes[end...]
        guard result != bytes else {
            throw EditFailure(.unchanged, "The old and the new text differ only in line breaks: nothing to change.")
        }
        return Result(bytes: result, lines: Self.lines(of: taken, in: bytes), rung: rung)
    }

    /// Before it is built: many places of a long text are more than any memory.
    private static func checkSize(_ places: Int, _ new: Int) throws(EditFailure) {
        guard places * new <= sizeLimit || places == 1 && new <= 8 * sizeLimit else {
            throw EditFailure(
                .invalid,
                "The file would become too large: \(places) places with a new text of \(new) bytes each. Change "
                    + "fewer places, or write a shorter text.")
        }
    }

    /// In bytes, of what is written into all places.
    private static let sizeLimit = 16 << 20

    private static let severalAdvice = "Take more lines around it, or set all to true."

    /// The new text with the file's line breaks, if they are all of one kind.
    private static func newBytes(_ new: [UInt8], in bytes: [UInt8], _ hasReturns: Bool) -> [UInt8] {
        guard hasReturns else { return bytes.contains(0x0A) ? Self.withoutReturns(new) : new }
        var last: UInt8 = 0
        for byte in bytes {
            if byte == 0x0A, last != 0x0D { return new }
            last = byte
        }
        return Self.withReturns(new)
    }

    private static func withoutReturns(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.contains(0x0D) else { return bytes }
        return FileLine.join(
            FileLine.split(bytes).map { FileLine(text: $0.text, end: $0.end == .none ? .none : .lineFeed) })
    }

    private static func withReturns(_ bytes: [UInt8]) -> [UInt8] {
        FileLine.join(
            FileLine.split(bytes).map { FileLine(text: $0.text, end: $0.end == .none ? .none : .carriageReturn) })
    }

    private static func lines(of places: [Int], in bytes: [UInt8]) -> [Int] {
        var (line, position) = (1, 0)
        return places.map { place in
            while position < place {
                if bytes[position] == 0x0A { line += 1 }
                position += 1
            }
            return line
        }
    }

    // MARK: Lines

    private func replacedLines(in bytes: [UInt8], _ effort: EditEffort) throws(EditFailure) -> Result {
        let file = try FileLine.split(file: bytes)
        let old = FileLine.split(self.old)
        let search = LineSearch(file: file, effort)
        guard let found = try search.find(old, from: .lineEnds) else { throw try self.notFound(old, search, bytes) }
        guard self.all || found.places.count == 1 else {
            throw .several(found.places.count, at: found.places.map { $0 + 1 }, Self.severalAdvice)
        }
        let new = FileLine.split(self.new)
        try Self.checkSize(found.places.count, self.new.utf8.count + new.count * IndentChange.longestIndent)
        var lines: [FileLine] = []
        var taken: [Int] = []
        var end = 0
        for place in found.places where place >= end {
            lines += file[end..<place]
            let matched = file[place..<(place + old.count)]
            lines += Self.replacement(old, new, matched, FileLine.style(of: file), found.rung)
            end = place + old.count
            taken.append(place + 1)
        }
        lines += file[end...]
        let result = FileLine.join(lines)
        guard result != bytes else {
            throw EditFailure(.unchanged, "The file has this text already, but for blanks: nothing to change.")
        }
        return Result(bytes: result, lines: taken, rung: found.rung)
    }

    /// The lines in the place of `matched`. What old and new have in common at both ends stays as the file has it.
    private static func replacement(
        _ old: [FileLine], _ new: [FileLine], _ matched: ArraySlice<FileLine>, _ style: FileLine.End, _ rung: EditRung
    ) -> [FileLine] {
        let most = min(old.count, new.count)
        let head = zip(old, new).prefix { $0.0.text == $0.1.text }.count
        let tail = min(zip(old.reversed(), new.reversed()).prefix { $0.0.text == $0.1.text }.count, most - head)
        let change = rung == .indent ? IndentChange(text: old[...], file: matched) : nil
        let middle = new[head..<(new.count - tail)].map { line in
            let line = change?.applied(to: line) ?? line
            return FileLine(text: line.text, end: style)
        }
        var lines = Array(matched.prefix(head)) + middle + Array(matched.suffix(tail))
        let isUnfinished = matched.last?.end == FileLine.End.none
        for index in lines.indices {
            if index == lines.count - 1, isUnfinished {
                lines[index].end = .none
            } else if lines[index].end == .none {
                lines[index].end = style
            }
        }
        return lines
    }

    private func notFound(
        _ old: [FileLine], _ search: LineSearch, _ bytes: [UInt8]
    ) throws(EditFailure) -> EditFailure {
        let new = FileLine.split(self.new)
        // A lone bracket is everywhere.
        if self.new.count(where: { !$0.isWhitespace }) >= 4 {
            if let place = occurrences(of: Array(self.new.utf8), in: bytes, limit: 1).first {
                return Self.alreadyThere(Self.lines(of: [place], in: bytes).first ?? 1)
            }
            if let place = try search.find(new, from: .lineEnds)?.places.first {
                return Self.alreadyThere(place + 1)
            }
        }
        return EditFailure(
            .notFound, "The old text is not in the file. \(NearestPlace.text(of: old, in: search.file))")
    }

    private static func alreadyThere(_ line: Int) -> EditFailure {
        EditFailure(
            .alreadyThere(line),
            "The old text is not in the file, but the new text is already there, line \(line): it may be done.")
    }
}
