/// The end of a growing Markdown text, cut so that it can be rendered by itself. Pure.
enum DraftTail {
    /// The last lines of `answer` that have at most `limit` bytes; a code block that they begin in is opened again.
    static func text(of answer: [UInt8], limit: Int) -> String {
        guard answer.count > limit else { return String(decoding: answer, as: UTF8.self) }
        let newline = UInt8(ascii: "\n")
        var start = answer.count - limit
        if let line = answer[start...].dropLast().firstIndex(of: newline) {
            start = line + 1
        } else {
            while start < answer.count, answer[start] & 0xC0 == 0x80 { start += 1 }
        }
        let fence = Self.openFence(in: answer[..<start]).map { $0 + "\n" } ?? ""
        return "…\n\n" + fence + String(decoding: answer[start...], as: UTF8.self)
    }

    /// The line that opens the code block which `head` ends in; nil when it ends in none.
    private static func openFence(in head: ArraySlice<UInt8>) -> String? {
        var open: ArraySlice<UInt8>?
        for line in head.split(separator: UInt8(ascii: "\n")) {
            let text = line.drop { $0 == UInt8(ascii: " ") }
            guard let mark = text.first, mark == UInt8(ascii: "`") || mark == UInt8(ascii: "~") else { continue }
            let length = text.prefix { $0 == mark }.count
            guard length >= 3 else { continue }
            if let fence = open {
                let isClosing = fence.first == mark && fence.prefix { $0 == mark }.count <= length
                if isClosing, text.dropFirst(length).allSatisfy({ $0 == UInt8(ascii: " ") }) { open = nil }
            } else {
                open = text
            }
        }
        return open.map { String(decoding: $0, as: UTF8.self) }
    }
}
