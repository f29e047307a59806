/// The size of changes: files, and lines in them.
package struct ChangeTally: Sendable, Equatable {
    package let files: Int
    package let additions: Int
    package let deletions: Int

    package init(files: Int, additions: Int, deletions: Int) {
        self.files = files
        self.additions = additions
        self.deletions = deletions
    }
}
