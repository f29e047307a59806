/// Keeps the beginning and the end of a text that comes in pieces, in bounded memory. The end matters most: it says
/// whether a build failed. Pure.
package struct OutputCut: Sendable {
    private let limit: Int
    private var head: [UInt8] = []
    private var tail: [UInt8] = []
    /// Bytes that came.
    package private(set) var total = 0

    /// - Parameter limit: Bytes that are kept.
    package init(limit: Int = ToolLimits.resultBytes) {
        self.limit = limit
    }

    private var headLimit: Int { self.limit / 4 }
    private var tailLimit: Int { self.limit - self.headLimit }

    package mutating func append(_ text: String) { self.append(Array(text.utf8)) }

    package mutating func append(_ bytes: [UInt8]) {
        self.total += bytes.count
        var rest = bytes[...]
        if self.head.count < self.headLimit {
            let part = rest.prefix(self.headLimit - self.head.count)
            self.head += part
            rest = rest.dropFirst(part.count)
        }
        self.tail += rest
        // Twice the limit, so that bytes are moved seldom.
        if self.tail.count > 2 * self.tailLimit { self.tail.removeFirst(self.tail.count - self.tailLimit) }
    }

    package var isCut: Bool { self.total > self.limit }

    /// The kept text, with a line in the place of what is missing.
    ///
    /// - Parameter advice: How to get at the rest; a sentence.
    package func text(advice: String) -> String {
        guard self.isCut else { return String(decoding: self.head + self.tail, as: UTF8.self) }
        let end = Self.end(self.tail.suffix(self.tailLimit))
        let start = Self.start(self.head[...])
        let missing = self.total - start.count - end.count
        return Self.line(start) + "[… \(missing) of \(self.total) bytes left out. \(advice) …]\n"
            + String(decoding: end, as: UTF8.self)
    }

    private static func line(_ bytes: ArraySlice<UInt8>) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        return text.utf8.last == UInt8(ascii: "\n") || text.isEmpty ? text : text + "\n"
    }

    /// Up to the last line break if one is near; in a huge line, up to a whole character.
    private static func start(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        if let line = bytes.lastIndex(of: UInt8(ascii: "\n")), bytes.endIndex - line <= bytes.count / 2 {
            return bytes[...line]
        }
        var end = bytes.endIndex
        while end > bytes.startIndex, bytes[end - 1] & 0xC0 == 0x80 { end -= 1 }
        if end > bytes.startIndex, bytes[end - 1] >= 0xC0 { end -= 1 } else { end = bytes.endIndex }
        return bytes[..<end]
    }

    private static func end(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        if let line = bytes.firstIndex(of: UInt8(ascii: "\n")), line - bytes.startIndex <= bytes.count / 2 {
            return bytes[(line + 1)...]
        }
        return bytes.drop { $0 & 0xC0 == 0x80 }
    }
}
