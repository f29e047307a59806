/// Slack's id of a message within its channel: `1700000001.123456`, seconds since 1970 with six decimals.
enum SlackTimestamp {
    /// Whether `text` has that form; a peer's other texts never become ids or arguments.
    static func isValid(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 2 && (1...12).contains(parts[0].count) && (1...9).contains(parts[1].count)
            && parts.allSatisfy { $0.allSatisfy { (0x30...0x39).contains($0) } }
    }

    /// Milliseconds since 1970.
    static func milliseconds(_ text: String) -> Int64? {
        guard self.isValid(text), let dot = text.firstIndex(of: "."), let seconds = Int64(text[..<dot]) else {
            return nil
        }
        let fraction = (text[text.index(after: dot)...] + "000").prefix(3)
        return seconds * 1_000 + (Int64(fraction) ?? 0)
    }

    /// Formats a moment, for `oldest`.
    static func text(milliseconds: Int64) -> String {
        let fraction = String(milliseconds % 1_000)
        return "\(milliseconds / 1_000)." + String(repeating: "0", count: 3 - fraction.count) + fraction + "000"
    }

    /// Whether `left` is earlier; both must be valid.
    static func isEarlier(_ left: String, _ right: String) -> Bool {
        let (a, b) = (left.prefix { $0 != "." }, right.prefix { $0 != "." })
        if a.count != b.count { return a.count < b.count }
        return left < right
    }
}
