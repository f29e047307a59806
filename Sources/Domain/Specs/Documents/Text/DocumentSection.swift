/// A heading and what is below it.
package struct DocumentSection: Sendable, Hashable {
    /// 1 to 6.
    package let level: Int
    /// The heading's text without its number signs.
    package let title: String
    /// The title for comparisons: lower case, `and` for `&`, without parentheses, marks and emphasis.
    package let key: String
    /// The heading's line; lines count from 0.
    package let line: Int
    /// The line after the section's own text: the next heading, or the end.
    package internal(set) var ownEnd: Int
    /// The line after the section: the next heading of the same or a higher level, or the end.
    package internal(set) var end: Int
    /// The index of the section that contains it.
    package let parent: Int?

    /// The lines below the heading up to the next one.
    package var own: Range<Int> { (self.line + 1)..<self.ownEnd }
    /// The lines below the heading with all subsections.
    package var lines: Range<Int> { (self.line + 1)..<self.end }

    static func key(of title: ArraySlice<UInt8>) -> String {
        var result: [UInt8] = []
        var depth = 0
        for byte in title {
            switch byte {
            case UInt8(ascii: "("): depth += 1
            case UInt8(ascii: ")"): depth = max(0, depth - 1)
            case _ where depth > 0: break
            case UInt8(ascii: "&"): result += " and ".utf8
            case _ where (byte.isWordByte && byte != UInt8(ascii: "_")) || byte >= 0x80: result.append(byte.lowercased)
            default: result.append(0x20)
            }
        }
        let words = result.split(separator: 0x20)
        return String(decoding: Array(words.joined(separator: [0x20])), as: UTF8.self)
    }
}
