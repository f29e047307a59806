internal import Chat

/// Finds where to cut a line that is too long.
enum LineCutter {
    /// The head ends before `end`, the rest begins at `next`; a space at the cut stays with the head.
    struct Cut: Equatable {
        let end: Int
        let next: Int
    }

    /// The best cut of `bytes` whose head measures at most `limit`: after the last space of its second half, else
    /// between graphemes, else (a single grapheme over the limit) between scalars.
    static func cut(_ bytes: ArraySlice<UInt8>, limit: Int, unit: RoomTraits.TextUnit) -> Cut {
        let hard = Self.scalarBoundary(bytes, limit: max(limit, 4), unit: unit)
        let half = bytes.startIndex + (hard - bytes.startIndex) / 2
        // A space directly after the head belongs to it only if it still fits.
        var index = hard
        while index > half {
            index -= 1
            if bytes[index] == UInt8(ascii: " ") { return Cut(end: index + 1, next: index + 1) }
        }
        let end = Self.graphemeBoundary(bytes, before: hard)
        return Cut(end: end, next: end)
    }

    private static func scalarBoundary(_ bytes: ArraySlice<UInt8>, limit: Int, unit: RoomTraits.TextUnit) -> Int {
        var size = 0
        var index = bytes.startIndex
        while index < bytes.endIndex {
            var next = index + 1
            while next < bytes.endIndex, bytes[next] & 0xC0 == 0x80 { next += 1 }
            size += TextMeasure.size(of: bytes[index..<next], unit: unit)
            if size > limit { break }
            index = next
        }
        return index
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
