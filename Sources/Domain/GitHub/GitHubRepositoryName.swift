/// A repository on GitHub: `owner/name`.
package struct GitHubRepositoryName: Sendable, Hashable, CustomStringConvertible {
    package let owner: String
    package let name: String

    package init(owner: String, name: String) {
        self.owner = owner
        self.name = name
    }

    package var description: String { "\(self.owner)/\(self.name)" }
}

extension GitHubRepositoryName {
    /// Reads `owner/name`; nil where either has a character that GitHub's names never have.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy(Self.isName), !parts[1].hasSuffix(".git") else { return nil }
        self.init(owner: String(parts[0]), name: String(parts[1]))
    }

    /// Whether both names are the same for GitHub, which ignores case.
    package func isSame(as other: GitHubRepositoryName) -> Bool {
        self.description.lowercased() == other.description.lowercased()
    }

    private static func isName(_ name: Substring) -> Bool {
        guard (1...100).contains(name.utf8.count), name != ".", name != ".." else { return false }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
            default: false
            }
        }
    }
}
