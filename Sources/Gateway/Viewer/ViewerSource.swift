/// Why something that exists cannot be shown: one line for people.
package struct ViewerRefusal: Error, Sendable {
    package let message: String

    package init(_ message: String) { self.message = message }
}

/// Where the viewer gets its data. Nil means that there is no such thing.
///
/// A ref is a branch, a tag, or a hash of at least four digits. Throws ``ViewerRefusal``.
package protocol ViewerSource: Sendable {
    /// The branch that a repository is shown at.
    func defaultRef(of repository: String) async throws -> String?
    func commit(_ repository: String, _ ref: String) async throws -> ViewerCommit?
    func blob(_ repository: String, _ ref: String, _ path: String) async throws -> ViewerBlob?
    func tree(_ repository: String, _ ref: String, _ path: String) async throws -> ViewerTree?
}
