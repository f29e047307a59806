/// A validated `mxc://server/id`: anyone can send one, and it becomes part of a path.
struct MatrixMediaAddress: Sendable, Equatable {
    let server: String
    let id: String

    init?(_ text: String) {
        guard text.hasPrefix("mxc://"), text.utf8.count <= 512 else { return nil }
        let parts = text.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let server = parts.first, let id = parts.last, !server.isEmpty, !id.isEmpty,
            server.utf8.allSatisfy({ Self.isWord($0) || ".:[]".utf8.contains($0) }), !server.hasPrefix("."),
            id.utf8.allSatisfy(Self.isWord)
        else { return nil }
        self.server = String(server)
        self.id = String(id)
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) && byte < 0x80
            || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }
}
