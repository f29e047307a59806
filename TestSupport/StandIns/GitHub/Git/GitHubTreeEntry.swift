/// A line of `git ls-tree -l`.
struct GitHubTreeEntry: Sendable, Hashable {
    let mode: String
    let type: String
    let id: String
    /// Nil for a tree.
    let size: Int?
    let path: String

    init?(line: [UInt8]) {
        guard let tab = line.firstIndex(of: 9) else { return nil }
        let words = String(decoding: line[..<tab], as: UTF8.self).split(separator: " ").map(String.init)
        guard words.count == 4 else { return nil }
        (self.mode, self.type, self.id, self.size) = (words[0], words[1], words[2], Int(words[3]))
        self.path = String(decoding: line[(tab + 1)...], as: UTF8.self)
    }
}
