internal import Primitives

/// A path below the workspace, from what a model writes.
enum WorkspacePath {
    private static let root = "/workspace"

    /// The path as ``QuotedPath`` spells it; "" for the workspace itself. What only the file system can decide (links,
    /// devices) is checked when it is opened.
    static func of(_ written: String) throws(ToolFailure) -> String {
        guard var bytes = QuotedPath.bytes(of: written) else {
            throw Self.failure(written, "it is wrongly quoted")
        }
        if bytes == Array(self.root.utf8) || bytes.starts(with: "\(self.root)/".utf8) {
            bytes.removeFirst(self.root.utf8.count)
        } else if bytes.first == UInt8(ascii: "/") {
            throw Self.failure(written, "it is outside of /workspace")
        } else if bytes.starts(with: "~".utf8), bytes.count == 1 || bytes[1] == UInt8(ascii: "/") {
            throw Self.failure(written, "~ is outside of /workspace")
        }
        var parts: [ArraySlice<UInt8>] = []
        for part in bytes.split(separator: UInt8(ascii: "/")) where part != [UInt8(ascii: ".")] {
            guard part != [UInt8(ascii: "."), UInt8(ascii: ".")] else { throw Self.failure(written, "it contains ..") }
            guard part.count <= 255, !part.contains(0) else {
                throw Self.failure(written, "a part of it is not a valid file name")
            }
            parts.append(part)
        }
        return QuotedPath.text(of: Array(parts.joined(separator: [UInt8(ascii: "/")])))
    }

    /// The path of a file, which "" is not.
    static func ofFile(_ written: String) throws(ToolFailure) -> String {
        let path = try Self.of(written)
        guard !path.isEmpty else { throw Self.failure(written, "it is the workspace itself, not a file") }
        return path
    }

    private static func failure(_ written: String, _ reason: String) -> ToolFailure {
        ToolFailure(
            "The path \(VisibleText.line(written.beginning(bytes: 200))) can't be used because \(reason). Give a path "
                + "relative to /workspace.")
    }
}
