/// What a fetch changed.
package struct GitFetched: Sendable, Hashable {
    /// A reference that moved; `old` is nil for a new one, `new` for a deleted one.
    package struct Change: Sendable, Hashable {
        /// A branch's name without `refs/heads/`; another reference in full.
        package let name: String
        package let old: GitObjectID?
        package let new: GitObjectID?

        package init(name: String, old: GitObjectID?, new: GitObjectID?) {
            self.name = name
            self.old = old
            self.new = new
        }
    }

    /// In the order of their names.
    package var changes: [Change] = []
    /// Nil for a repository without branches.
    package var defaultBranch: String?
    /// The bytes of the pack; 0 if nothing was missing.
    package var receivedBytes = 0

    package init(changes: [Change] = [], defaultBranch: String? = nil, receivedBytes: Int = 0) {
        self.changes = changes
        self.defaultBranch = defaultBranch
        self.receivedBytes = receivedBytes
    }
}
