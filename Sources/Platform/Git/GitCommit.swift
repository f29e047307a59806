package struct GitCommit: Hashable, Sendable {
    package let id: GitObjectID
    package let parents: [GitObjectID]
    package let author: GitSignature
    package let committer: GitSignature
    package let message: String

    /// The first line.
    package var subject: String {
        String(self.message.drop { $0.isNewline }.prefix { !$0.isNewline })
    }

    /// The text after the first line, without surrounding blank lines.
    package var body: String {
        let rest = self.message.drop { $0.isNewline }.drop { !$0.isNewline }
        let text = rest.drop { $0.isNewline }
        guard let last = text.lastIndex(where: { !$0.isNewline }) else { return "" }
        return String(text[...last])
    }

    /// The `Key: value` lines of the last paragraph, unless the whole message is that paragraph.
    package var trailers: [GitTrailer] {
        let lines = self.body.split(separator: "\n", omittingEmptySubsequences: false)
        let last = lines.suffix(from: lines.lastIndex(of: "").map { $0 + 1 } ?? 0)
        var trailers: [GitTrailer] = []
        for line in last {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let key = line[..<colon]
            guard !key.isEmpty, key.utf8.allSatisfy(Self.isKeyByte) else { continue }
            trailers.append(GitTrailer(String(key), String(line[colon...].dropFirst().drop { $0 == " " })))
        }
        return trailers
    }

    private static func isKeyByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
