/// Applies the hunks of one file. Line numbers are only hints: the lines themselves decide. Pure.
struct HunkApplier {
    private let file: [FileLine]
    private let search: LineSearch
    private let effort: EditEffort
    private let style: FileLine.End
    /// In the order of the file; an insertion, whose range is empty, before a change of the lines below it. No two
    /// overlap.
    private var changes: [(range: Range<Int>, lines: [FileLine])] = []
    /// Where the last hunk ended, and how far it was from its hint.
    private var cursor = 0
    private var shift = 0

    private init(_ bytes: [UInt8], _ effort: EditEffort) throws(EditFailure) {
        self.file = try FileLine.split(file: bytes)
        self.search = LineSearch(file: self.file, effort)
        self.effort = effort
        self.style = FileLine.style(of: self.file)
    }

    /// The most lines that are searched: each hunk is looked for in the whole file. Sixteen bytes count as one more.
    private static let mostLines = 50_000_000

    /// - Parameter effort: Of all files together.
    static func apply(
        _ hunks: [PatchHunk], to bytes: [UInt8], _ effort: EditEffort = EditEffort()
    ) throws(EditFailure) -> [UInt8] {
        var applier = try HunkApplier(bytes, effort)
        guard hunks.count * (applier.file.count + bytes.count / 16) <= Self.mostLines else {
            throw EditFailure(
                .invalid,
                "\(hunks.count) hunks are too many for a file of \(applier.file.count) lines and \(bytes.count) bytes: "
                    + "send several patches.")
        }
        for (index, hunk) in hunks.enumerated() {
            if Task.isCancelled { throw .cancelled }
            do throws(EditFailure) {
                try applier.apply(hunk)
            } catch {
                let name = hunks.count == 1 ? "" : "hunk \(index + 1) of \(hunks.count): "
                throw EditFailure(error.kind, name + error.text)
            }
        }
        return applier.result()
    }

    private func result() -> [UInt8] {
        var lines: [FileLine] = []
        var end = 0
        for (range, new) in self.changes {
            lines += self.file[end..<range.lowerBound]
            lines += new
            end = range.upperBound
        }
        lines += self.file[end...]
        for index in lines.indices.dropLast() where lines[index].end == .none { lines[index].end = self.style }
        return FileLine.join(lines)
    }

    private mutating func apply(_ hunk: PatchHunk) throws(EditFailure) {
        let old = PatchHunk.fileLines(hunk.old)
        guard !old.isEmpty else { return try self.insert(hunk) }
        let found = try self.search.find(old) { place in !self.isTaken(place..<(place + old.count)) }
        guard let found else {
            if try self.search.find(old, where: { $0 >= 0 }) != nil { throw Self.overlapping }
            throw try self.notFound(hunk, old)
        }
        let place = try self.choose(found, hunk, count: old.count)
        let matched = self.file[place..<(place + old.count)]
        self.add(place..<(place + old.count), self.lines(of: hunk, matched, old, found.rung), hunk)
    }

    /// Whether an earlier hunk changes some of the lines, or inserts between them.
    private func isTaken(_ range: Range<Int>) -> Bool {
        let index = self.firstChange { $0.upperBound > range.lowerBound }
        return index < self.changes.count && self.changes[index].range.lowerBound < range.upperBound
    }

    /// The index of the first change for whose range `isBehind` is true, as it is for all later ones. It is asked for
    /// each place of each hunk, so it does not look at all of them.
    private func firstChange(where isBehind: (Range<Int>) -> Bool) -> Int {
        var (low, high) = (0, self.changes.count)
        while low < high {
            let middle = (low + high) / 2
            if isBehind(self.changes[middle].range) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private static let overlapping = EditFailure(
        .invalid, "An earlier hunk of the patch changes the same lines. Put both changes into one hunk.")

    private mutating func add(_ range: Range<Int>, _ lines: [FileLine], _ hunk: PatchHunk) {
        let index = self.firstChange {
            ($0.lowerBound, $0.upperBound) > (range.lowerBound, range.upperBound)
        }
        self.changes.insert((range, lines), at: index)
        self.cursor = range.upperBound
        if let hint = hunk.hint { self.shift = range.lowerBound - (hint - 1) }
    }

    // MARK: The place

    private func choose(_ found: LineSearch.Found, _ hunk: PatchHunk, count: Int) throws(EditFailure) -> Int {
        var places = found.places
        // What the patch says is the end of the file is it, if it can be.
        if hunk.isAtEnd || hunk.old.last?.isUnfinished == true {
            let last = places.filter { $0 + count == self.file.count }
            if !last.isEmpty { places = last }
        }
        if let only = places.first, places.count == 1 { return only }
        if let hint = hunk.hint {
            for wanted in [hint - 1, hint - 1 + self.shift] where places.contains(wanted) { return wanted }
        }
        let after = places.filter { $0 >= self.cursor }
        if let line = try self.line(of: hunk.anchors), let first = places.first(where: { $0 >= line }) { return first }
        if let only = after.first, after.count == 1 { return only }
        throw .several(places.count, at: places.map { $0 + 1 }, "Take more lines around the change.")
    }

    /// The line after the anchors, each looked for below the one before; nil if one is not in the file.
    private func line(of anchors: [String]) throws(EditFailure) -> Int? {
        guard !anchors.isEmpty else { return nil }
        var line = self.cursor
        for anchor in anchors {
            let wanted = Array(anchor.utf8)
            let equal = self.file[line...].firstIndex { EditRung.indent.key(of: $0).elementsEqual(wanted) }
            let found = equal ?? self.file[line...].firstIndex { EditRung.indent.key(of: $0).starts(with: wanted) }
            let end = equal ?? self.file.count
            try self.effort.take(end - line + FileLine.bytes(of: self.file[line..<end]) / 16)
            guard let found else { return nil }
            line = found + 1
        }
        return line
    }

    /// A block without old lines.
    private mutating func insert(_ hunk: PatchHunk) throws(EditFailure) {
        var place = self.file.count
        if let hint = hunk.hint {
            place = min(max(0, hint - 1 + (self.changes.isEmpty ? 0 : self.shift)), self.file.count)
        } else if !hunk.anchors.isEmpty {
            guard let line = try self.line(of: hunk.anchors) else {
                throw EditFailure(
                    .notFound, "The line after @@ is not in the file: \(hunk.anchors.joined(separator: " "))")
            }
            place = line
        }
        // An earlier hunk may replace the lines on both sides.
        let isInside = self.changes.contains { $0.range.lowerBound < place && place < $0.range.upperBound }
        guard !isInside else { throw Self.overlapping }
        let isCRLF = self.style == .carriageReturn
        var lines = PatchHunk.fileLines(hunk.lines)
        for index in lines.indices where isCRLF && lines[index].end == .lineFeed { lines[index].end = self.style }
        self.add(place..<place, lines, hunk)
    }

    // MARK: The new lines

    private func lines(
        of hunk: PatchHunk, _ matched: ArraySlice<FileLine>, _ old: [FileLine], _ rung: EditRung
    ) -> [FileLine] {
        let change = rung == .indent ? IndentChange(text: old[...], file: matched) : nil
        var lines: [FileLine] = []
        var place = matched.startIndex
        for line in hunk.lines {
            switch line.kind {
            case .context:
                lines.append(self.file[place])
                place += 1
            case .removed:
                place += 1
            case .added:
                guard var made = PatchHunk.fileLines([line]).first else { continue }
                if rung != .exact {
                    made = change?.applied(to: made) ?? made
                    if made.end != .none { made.end = self.style }
                }
                lines.append(made)
            }
        }
        // A patch with marks says itself how the file ends; without any, the file's end stays as it is.
        let isEnd = matched.endIndex == self.file.count && self.file.last?.end == FileLine.End.none
        if isEnd, !hunk.hasMarks, !lines.isEmpty { lines[lines.count - 1].end = .none }
        return lines
    }

    private func notFound(_ hunk: PatchHunk, _ old: [FileLine]) throws(EditFailure) -> EditFailure {
        let new = PatchHunk.fileLines(hunk.new)
        if hunk.lines.contains(where: { $0.kind == .added && $0.text.count > 1 }),
            let place = try self.search.find(new, where: { $0 >= 0 })?.places.first
        {
            return EditFailure(
                .alreadyThere(place + 1),
                "The old lines are not in the file, but the new ones are already there, line \(place + 1).")
        }
        return EditFailure(
            .notFound, "The old lines are not in the file. \(NearestPlace.text(of: old, in: self.file))")
    }
}
