internal import Chat

/// Finds where to cut a line that is too long.
struct LineCutter {
    let unit: RoomTraits.TextUnit
    /// Those from the line's beginning on, or from the last cut on.
    let marks: ArraySlice<RenderedText.Mark>
    let hasReferences: Bool

    init(unit: RoomTraits.TextUnit, marks: ArraySlice<RenderedText.Mark> = [], hasReferences: Bool = false) {
        self.unit = unit
        self.marks = marks
        self.hasReferences = hasReferences
    }

    /// Where the head of `bytes` ends that measures at most `limit`: after the last space of its second half, else
    /// between graphemes, else (a single grapheme over the limit) between scalars. Not within a mark, unless that begins
    /// the line and is over the limit.
    func cut(_ bytes: ArraySlice<UInt8>, limit: Int) -> Int {
        let boundary = self.scalarBoundary(bytes, limit: max(limit, 4))
        var marks = self.marks.prefix { $0.range.lowerBound < boundary }
        let hard = self.before(Self.mark(around: boundary, in: &marks), bytes) ?? self.beforeReference(bytes, boundary)
        let half = bytes.startIndex + (hard - bytes.startIndex) / 2
        // A space directly after the head belongs to it only if it still fits.
        var index = hard
        while index > half {
            index -= 1
            if bytes[index] == UInt8(ascii: " "), Self.mark(around: index + 1, in: &marks) == nil { return index + 1 }
        }
        marks = self.marks.prefix { $0.range.lowerBound < hard }
        let end = Self.graphemeBoundary(bytes, before: hard)
        return self.before(Self.mark(around: end, in: &marks), bytes) ?? end
    }

    /// The last of `marks` if `index` is within it. Those behind `index` are removed.
    private static func mark(around index: Int, in marks: inout ArraySlice<RenderedText.Mark>) -> RenderedText.Mark? {
        while let last = marks.last, last.range.lowerBound >= index { marks.removeLast() }
        return marks.last.flatMap { index < $0.range.upperBound ? $0 : nil }
    }

    private func before(_ mark: RenderedText.Mark?, _ bytes: ArraySlice<UInt8>) -> Int? {
        mark.flatMap { $0.range.lowerBound > bytes.startIndex ? $0.range.lowerBound : nil }
    }

    /// `index`, or the beginning of the reference around it.
    private func beforeReference(_ bytes: ArraySlice<UInt8>, _ index: Int) -> Int {
        let end = bytes[..<index].suffix(6)
        guard self.hasReferences, let start = end.lastIndex(of: UInt8(ascii: "&")), start > bytes.startIndex,
            !end[start...].contains(UInt8(ascii: ";"))
        else { return index }
        return start
    }

    private func scalarBoundary(_ bytes: ArraySlice<UInt8>, limit: Int) -> Int {
        var size = 0
        let over = bytes.indices.first { index in
            size += TextMeasure.size(of: bytes[index], unit: self.unit)
            return size > limit
        }
        guard var end = over else { return bytes.endIndex }
        while end > bytes.startIndex, bytes[end] & 0xC0 == 0x80 { end -= 1 }
        return end
    }

    /// The last grapheme boundary at or before `hard`. Looks only at the last bytes: a grapheme of more than 256 bytes
    /// is an attack and may be cut.
    private static func graphemeBoundary(_ bytes: ArraySlice<UInt8>, before hard: Int) -> Int {
        if hard == bytes.endIndex { return hard }
        var start = max(bytes.startIndex, hard - 256)
        while start < hard, bytes[start] & 0xC0 == 0x80 { start += 1 }
        let end = min(bytes.endIndex, hard + 256)
        let text = String(decoding: bytes[start..<end], as: UTF8.self)
        var offset = start
        var last = start
        for character in text {
            offset += character.utf8.count
            if offset > hard { break }
            last = offset
        }
        return last > bytes.startIndex ? last : hard
    }
}
