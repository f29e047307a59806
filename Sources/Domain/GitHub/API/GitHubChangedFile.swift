package import JSON

/// A file that a pull request or a range of commits changes.
package struct GitHubChangedFile: Sendable, Hashable {
    package let path: String
    /// `added`, `modified`, `removed`, `renamed`, …
    package let status: String
    package let additions: Int
    package let deletions: Int
    package let previousPath: String?
    /// Nil for binary and very large files.
    package let patch: String?

    package init?(_ json: JSON?) {
        guard let json, let path = json["filename"]?.stringValue else { return nil }
        self.path = path
        self.status = json["status"]?.stringValue ?? "modified"
        self.additions = json["additions"]?.intValue ?? 0
        self.deletions = json["deletions"]?.intValue ?? 0
        self.previousPath = json["previous_filename"]?.stringValue
        self.patch = json["patch"]?.stringValue
    }
}
