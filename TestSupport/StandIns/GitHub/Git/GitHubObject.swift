/// An object of a repository.
package struct GitHubObject: Sendable, Hashable {
    package let id: String
    /// `commit`, `tree`, `blob` or `tag`.
    package let type: String
    package let bytes: [UInt8]
}
