/// Keeps a file's line ends and byte order mark when an editor has made each line end in LF, as text fields do.
enum DocumentLineEnds {
    /// The text with line feeds alone.
    static func withFeeds(_ text: String) -> String {
        var bytes: [UInt8] = []
        var isAfterReturn = false
        // Bytes, because the text may be one long run of marks, which is sorted whenever characters are compared.
        for byte in text.utf8 {
            if byte != 10 || !isAfterReturn { bytes.append(byte == 13 ? 10 : byte) }
            isAfterReturn = byte == 13
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let mark: Unicode.Scalar = "\u{FEFF}"

    /// `text` with the line ends of `old`, unless it has CR LF itself.
    ///
    /// Lines that are the same at the beginning and at the end keep their own ends; those between get the most frequent
    /// one of `old`.
    static func restored(in text: String, like old: String) -> String {
        let mark = old.unicodeScalars.first == Self.mark && text.unicodeScalars.first != Self.mark ? "\u{FEFF}" : ""
        guard old.utf8.contains(13), !text.utf8.contains(13) else { return mark + text }
        let before = Self.lines(
            of: old.utf8.starts(with: [0xEF, 0xBB, 0xBF]) ? String(old.unicodeScalars.dropFirst()) : old)
        let after = Self.lines(of: text)
        let limit = min(before.count, after.count)
        func isSame(_ first: Int, _ second: Int) -> Bool {
            before[first].text.utf8.elementsEqual(after[second].text.utf8)
        }
        let head = (0..<limit).first { !isSame($0, $0) } ?? limit
        let tail =
            (0..<(limit - head)).first { !isSame(before.count - 1 - $0, after.count - 1 - $0) } ?? limit - head
        let usual = before.count { $0.end == "\r\n" } * 2 >= before.count - 1 ? "\r\n" : "\n"
        var result = mark
        for (index, line) in after.enumerated() {
            result += line.text
            guard !line.end.isEmpty else { continue }
            let own =
                index < head
                ? before[index].end
                : index >= after.count - tail ? before[before.count - (after.count - index)].end : usual
            result += own.isEmpty ? usual : own
        }
        return result
    }

    /// `text` as editors have it: lines end in LF, and there is no byte order mark. Nil if it has a CR that ends no line.
    static func plain(_ text: String) -> String? {
        var units = Array(text.utf8)
        if units.starts(with: [0xEF, 0xBB, 0xBF]) { units.removeFirst(3) }
        guard units.contains(13) else { return String(decoding: units, as: UTF8.self) }
        var result: [UInt8] = []
        for (index, unit) in units.enumerated() {
            guard unit == 13 else {
                result.append(unit)
                continue
            }
            guard index + 1 < units.count, units[index + 1] == 10 else { return nil }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func lines(of text: String) -> [(text: Substring, end: String)] {
        var lines: [(text: Substring, end: String)] = []
        var rest = text.utf8[...]
        while let feed = rest.firstIndex(of: 10) {
            let isPair = feed > rest.startIndex && rest[rest.index(before: feed)] == 13
            let end = isPair ? rest.index(before: feed) : feed
            lines.append((Substring(rest[..<end]), isPair ? "\r\n" : "\n"))
            rest = rest[rest.index(after: feed)...]
        }
        lines.append((Substring(rest), ""))
        return lines
    }
}
