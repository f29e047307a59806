extension SharedText {
    /// What somebody who has `vector` has not: Yjs's update of the document's state. Waiting updates are left out.
    package func encode(since vector: [UInt64: Int] = [:]) -> [UInt8] {
        var deletions: [(client: Int, ranges: [Range<Int32>])] = []
        for client in self.clients.indices {
            var ranges: [Range<Int32>] = []
            for index in self.blocks[client] where self.items[Int(index)].isDeleted {
                let item = self.items[Int(index)]
                if let last = ranges.last, last.upperBound == item.clock {
                    ranges[ranges.count - 1] = last.lowerBound..<item.end
                } else {
                    ranges.append(item.clock..<item.end)
                }
            }
            if !ranges.isEmpty { deletions.append((client, ranges)) }
        }
        return self.encode(since: vector, deletions)
    }

    /// What is here: the clock of each client.
    package var stateVector: [UInt8] {
        var writer = UpdateWriter()
        let known = self.clients.indices.filter { !self.blocks[$0].isEmpty }
        writer.number(known.count)
        for client in known {
            writer.number(self.clients[client])
            writer.number(self.clock(of: Int32(client)))
        }
        return writer.bytes
    }

    func encode(since vector: [UInt64: Int], _ deletions: [(client: Int, ranges: [Range<Int32>])]) -> [UInt8] {
        var writer = UpdateWriter()
        let newer = self.clients.indices.filter { vector[self.clients[$0]] ?? 0 < Int(self.clock(of: Int32($0))) }
            // Yjs resolves conflicts faster with the higher numbers first.
            .sorted { self.clients[$0] > self.clients[$1] }
        writer.number(newer.count)
        for client in newer {
            let clock = Int32(vector[self.clients[client]] ?? 0)
            let place = self.place(of: Position(client: Int32(client), clock: clock))
            let runs = self.runs(self.blocks[client][place...])
            writer.number(runs.count)
            writer.number(self.clients[client])
            writer.number(clock)
            for (number, run) in runs.enumerated() {
                let first = self.items[Int(run[run.startIndex])]
                self.write(run, skipping: number == 0 ? clock - first.clock : 0, to: &writer)
            }
        }
        writer.number(deletions.count)
        for (client, ranges) in deletions {
            writer.number(self.clients[client])
            writer.number(ranges.count)
            for range in ranges {
                writer.number(range.lowerBound)
                writer.number(range.count)
            }
        }
        return writer.bytes
    }

    /// Items that are one item for Yjs.
    private func runs(_ list: ArraySlice<Int32>) -> [ArraySlice<Int32>] {
        var runs: [ArraySlice<Int32>] = []
        var start = list.startIndex
        for index in list.indices.dropFirst() {
            let (left, right) = (self.items[Int(list[index - 1])], self.items[Int(list[index])])
            let isOne =
                left.next == list[index] && right.origin == left.last && left.right == right.right
                && left.isDeleted == right.isDeleted
            if !isOne {
                runs.append(list[start..<index])
                start = index
            }
        }
        if start < list.endIndex { runs.append(list[start...]) }
        return runs
    }

    private func write(_ run: ArraySlice<Int32>, skipping offset: Int32, to writer: inout UpdateWriter) {
        let first = self.items[Int(run[run.startIndex])]
        let origin = offset > 0 ? Position(client: first.client, clock: first.clock + offset - 1) : first.origin
        writer.byte((first.isDeleted ? 1 : 4) | (origin.isNone ? 0 : 0x80) | (first.right.isNone ? 0 : 0x40))
        for id in [origin, first.right] where !id.isNone {
            writer.number(self.clients[Int(id.client)])
            writer.number(id.clock)
        }
        if origin.isNone, first.right.isNone {
            writer.number(1)
            writer.string(TextUpdate.root)
        }
        if first.isDeleted {
            writer.number(run.reduce(0) { $0 + self.items[Int($1)].length } - offset)
        } else {
            var units: [UInt16] = []
            for index in run {
                let item = self.items[Int(index)]
                units += self.units[Int(item.start)..<Int(item.start + item.length)]
            }
            writer.string(String(decoding: units.dropFirst(Int(offset)), as: UTF16.self))
        }
    }

    // MARK: Edits of the host

    /// Makes the text `new` by the smallest edits of whole characters, as edits of `client`, so that what others are
    /// typing stays in its place. Returns the update for the others; nil if the text is the same.
    package mutating func replace(with new: String, as client: UInt64) -> [UInt8]? {
        let edits = SharedTextEdit.edits(from: self.visibleUnits, to: Array(new.utf16))
        guard !edits.isEmpty else { return nil }
        let clock = self.clock(of: client)
        var deleted: [TextUpdate.Deletion] = []
        // From the end, so that the places of the others stay.
        for edit in edits.reversed() { self.replace(edit.range, by: edit.text, as: client, deleted: &deleted) }
        var vector: [UInt64: Int] = [:]
        for other in self.clients { vector[other] = Int(self.clock(of: other)) }
        vector[client] = Int(clock)
        let ranges = Dictionary(grouping: deleted) { self.number(of: $0.client) ?? 0 }
        return self.encode(
            since: vector, ranges.map { client, parts in (Int(client), parts.map { $0.clock..<$0.end }) })
    }
}

/// A replacement in a text of UTF-16 units.
struct SharedTextEdit: Equatable {
    /// In the old text.
    var range: Range<Int>
    var text: [UInt16]

    /// More changed lines than this become one edit: finding the fewest takes their square.
    private static let lineLimit = 1_000

    /// What makes `new` of `old`, in the order of the text. No edit begins or ends within a surrogate pair.
    static func edits(from old: [UInt16], to new: [UInt16]) -> [SharedTextEdit] {
        guard let whole = Self.trimmed(old[...], new[...]) else { return [] }
        // Up to the end of a line, which both have, so that the last lines can be the same.
        let end = old[whole.range.upperBound...].firstIndex(of: 10).map { $0 + 1 } ?? old.count
        let before = Self.lines(of: old[whole.range.lowerBound..<end])
        let after = Self.lines(of: whole.text[...] + old[whole.range.upperBound..<end])
        guard before.count > 1 || after.count > 1, before.count + after.count <= Self.lineLimit else { return [whole] }
        var removed: Set<Int> = []
        var inserted: Set<Int> = []
        for change in after.difference(from: before) {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): inserted.insert(offset)
            }
        }
        var edits: [SharedTextEdit] = []
        var (i, j, at) = (0, 0, whole.range.lowerBound)
        while i < before.count || j < after.count {
            let (firstOld, firstNew) = (i, j)
            while removed.contains(i) { i += 1 }
            while inserted.contains(j) { j += 1 }
            if i > firstOld || j > firstNew {
                let length = before[firstOld..<i].reduce(0) { $0 + $1.count }
                let text = Array(after[firstNew..<j].joined())
                if let edit = Self.trimmed(old[at..<(at + length)], text[...]) { edits.append(edit) }
                at += length
            } else {
                at += before[i].count
                i += 1
                j += 1
            }
        }
        return edits
    }

    /// Without what both begin and end with; nil if they are the same.
    private static func trimmed(_ old: ArraySlice<UInt16>, _ new: ArraySlice<UInt16>) -> SharedTextEdit? {
        let limit = min(old.count, new.count)
        var head = zip(old, new).prefix { $0 == $1 }.count
        if head == old.count, head == new.count { return nil }
        if head > 0, UTF16.isLeadSurrogate(old[old.startIndex + head - 1]) { head -= 1 }
        var tail = 0
        while tail < limit - head, old[old.endIndex - 1 - tail] == new[new.endIndex - 1 - tail] { tail += 1 }
        if tail > 0, UTF16.isTrailSurrogate(old[old.endIndex - tail]) { tail -= 1 }
        return SharedTextEdit(
            range: (old.startIndex + head)..<(old.endIndex - tail), text: Array(new.dropFirst(head).dropLast(tail)))
    }

    /// With their line feeds.
    private static func lines(of units: ArraySlice<UInt16>) -> [ArraySlice<UInt16>] {
        var lines: [ArraySlice<UInt16>] = []
        var start = units.startIndex
        for index in units.indices where units[index] == 10 {
            lines.append(units[start...index])
            start = index + 1
        }
        if start < units.endIndex { lines.append(units[start...]) }
        return lines
    }
}
