/// Why something that exists cannot be shown, in one line for people.
package struct ViewerRefusal: Error, Sendable {
    package let message: String

    package init(_ message: String) { self.message = message }
}

/// The viewer's data source. Nil means not found.
///
/// A ref is a branch, a tag, or a hash of at least four digits. Throws ``ViewerRefusal``.
package protocol ViewerSource: Sendable {
    /// Branches, documents and files of a branch; nil means the default one.
    func overview(_ repository: String, branch: String?) async throws -> ViewerOverview?
    func commit(_ repository: String, _ ref: String) async throws -> ViewerCommit?
    func blob(_ repository: String, _ ref: String, _ path: String) async throws -> ViewerBlob?
    func tree(_ repository: String, _ ref: String, _ path: String) async throws -> ViewerTree?
}
