/// Collects the head of a server's answer from pieces of any size.
struct AnswerHeadReader: Sendable {
    private static let limit = 64 * 1024

    private var bytes: [UInt8] = []

    /// Returns the head once it is complete, and the bytes after it.
    mutating func parse(
        _ piece: [UInt8]
    ) throws(AnswerHead.Problem) -> (head: AnswerHead, rest: [UInt8])? {
        let checked = max(0, self.bytes.count - 3)
        self.bytes += piece
        guard let end = Self.end(of: self.bytes[checked...]) else {
            guard self.bytes.count <= Self.limit else { throw AnswerHead.Problem("its head is too long") }
            return nil
        }
        guard end <= Self.limit else { throw AnswerHead.Problem("its head is too long") }
        let head = try AnswerHead(self.bytes[..<end])
        let rest = Array(self.bytes[end...])
        self.bytes = []
        return (head, rest)
    }

    /// The index after the first empty line.
    private static func end(of bytes: ArraySlice<UInt8>) -> Int? {
        guard bytes.count >= 4 else { return nil }
        return bytes.indices.dropLast(3).first { start in
            bytes[start] == 0x0D && bytes[start + 1] == 0x0A && bytes[start + 2] == 0x0D && bytes[start + 3] == 0x0A
        }.map { $0 + 4 }
    }
}
