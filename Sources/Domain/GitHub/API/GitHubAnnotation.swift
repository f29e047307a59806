package import JSON

/// What a check run says about a line.
package struct GitHubAnnotation: Sendable, Hashable {
    package let path: String
    package let line: Int
    /// `notice`, `warning`, `failure`.
    package let level: String
    package let message: String

    package init?(_ json: JSON?) {
        guard let json, let path = json["path"]?.stringValue else { return nil }
        self.path = path
        self.line = json["start_line"]?.intValue ?? 1
        self.level = json["annotation_level"]?.stringValue ?? "failure"
        self.message = String((json["message"]?.stringValue ?? "").prefix(2_000))
    }
}
