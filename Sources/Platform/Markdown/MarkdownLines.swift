/// The lines of a text, without losing a byte: each with its content, and the end of what ends it (`\n`, `\r\n`, `\r`, or
/// nothing in a last line).
package struct MarkdownLines: Sequence, IteratorProtocol {
    private let bytes: [UInt8]
    private var position: Int

    package init(_ bytes: [UInt8], from start: Int = 0) {
        self.bytes = bytes
        self.position = start
    }

    package mutating func next() -> (content: Range<Int>, end: Int)? {
        let start = self.position
        guard start < self.bytes.count else { return nil }
        while self.position < self.bytes.count {
            let (index, byte) = (self.position, self.bytes[self.position])
            self.position += 1
            if byte == UInt8(ascii: "\r"), self.position < self.bytes.count,
                self.bytes[self.position] == UInt8(ascii: "\n")
            {
                self.position += 1
            }
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") { return (start..<index, self.position) }
        }
        return (start..<self.position, self.position)
    }

    /// Where a text begins: after its byte order mark.
    package static func start(of bytes: [UInt8]) -> Int { bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0 }

    /// In lines. What is longer is not metadata.
    private static let frontMatterLimit = 60

    /// Where the metadata at a text's beginning ends, which is between lines `---`, or up to `...`; 0 without any. Before a
    /// heading, the first line was a rule.
    package static func frontMatterEnd(of bytes: [UInt8]) -> Int {
        for (index, line) in Self(bytes, from: Self.start(of: bytes)).prefix(Self.frontMatterLimit).enumerated() {
            let text = MarkdownLine(bytes[line.content]).text
            let isMark = text.elementsEqual("---".utf8)
            if index == 0 {
                guard isMark else { return 0 }
            } else if isMark || text.elementsEqual("...".utf8) {
                return line.end
            } else if text.first == UInt8(ascii: "#") {
                return 0
            }
        }
        return 0
    }
}
