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
