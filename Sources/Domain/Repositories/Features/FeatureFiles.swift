package import Git

/// A feature's documents as one commit of its branch has them.
package struct FeatureFiles: Sendable, Hashable {
    /// The folder's name below `specs/`, such as `007-login-page`.
    package let name: String
    /// Where changes go; normally named like the folder. It need not exist yet: the first change begins it at ``head``.
    package let branch: String
    /// The branch that was read: ``branch``, or the default branch or a remote one while that does not exist.
    package let source: String
    /// The commit that was read. A change that is based on these files names it, so that nothing is overwritten.
    package let head: GitObjectID
    /// Contents by path: the documents below ``folder``, the constitution and the repository's own templates. Files over
    /// ``Document/sizeLimit`` are left out.
    package let files: [String: [UInt8]]
    /// Paths that were left out for their size.
    package let tooLarge: [String]

    package init(
        name: String, branch: String, source: String? = nil, head: GitObjectID, files: [String: [UInt8]],
        tooLarge: [String] = []
    ) {
        self.name = name
        self.branch = branch
        self.source = source ?? branch
        self.head = head
        self.files = files
        self.tooLarge = tooLarge
    }

    /// `specs/007-login-page`.
    package var folder: String { "specs/\(self.name)" }

    /// A file's text; nil where it does not exist.
    package func text(_ path: String) -> String? { self.files[path].map { String(decoding: $0, as: UTF8.self) } }
}
