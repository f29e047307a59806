/// Cuts a line that no longer fits because our prefix or the addressee's nick is longer than was assumed.
package enum IRCCut {
    /// Pieces of at most `limit` bytes, cut after a space if possible, else between graphemes, else (if one grapheme
    /// exceeds the limit) between code points. Open formats are closed at a cut and reopened after it.
    package static func pieces(_ bytes: [UInt8], limit: Int) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var rest = bytes[...]
        var open: [UInt8] = []
        while open.count + rest.count > limit {
            // One byte is for the reset code that the cut may need.
            let end = Self.end(rest, room: max(8, limit - open.count - 1))
            let piece = open + rest[..<end]
            open = IRCIncomingFormatting.dropping(.max, of: piece[...])
            pieces.append(piece + (open.isEmpty ? [] : [IRCCode.reset]))
            rest = rest[end...]
        }
        if !rest.isEmpty { pieces.append(open + rest) }
        return pieces
    }

    private static func end(_ bytes: ArraySlice<UInt8>, room: Int) -> Int {
        guard bytes.count > room else { return bytes.endIndex }
        let window = bytes.prefix(room)
        if let space = window.lastIndex(of: 0x20), space > window.startIndex { return space + 1 }
        let whole = IRCText.droppingCutCharacter(window)
        // If the window's last grapheme continues after it, the whole grapheme moves to the next piece.
        let text = String(decoding: whole, as: UTF8.self)
        let isCutInside = Self.joins(whole, bytes[whole.endIndex...])
        guard isCutInside, let last = text.last, text.count > 1 else {
            return whole.isEmpty ? bytes.startIndex + room : whole.endIndex
        }
        return whole.endIndex - last.utf8.count
    }

    /// Whether the last grapheme of `left` continues in `right`.
    private static func joins(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Bool {
        let text = String(decoding: left, as: UTF8.self)
        let next = String(decoding: IRCText.droppingCutCharacter(right.prefix(8)), as: UTF8.self)
        guard let scalar = next.unicodeScalars.first else { return false }
        return (text + String(scalar)).count == text.count
    }
}
