package import JSON

/// A workflow of GitHub Actions.
package struct GitHubWorkflow: Sendable, Hashable {
    package let id: Int64
    package let name: String
    /// For example `.github/workflows/ci.yml`.
    package let path: String
    /// `active`, `disabled_manually`, …
    package let state: String

    package init?(_ json: JSON?) {
        guard let json, let id = json["id"]?.intValue, let path = json["path"]?.stringValue else { return nil }
        self.id = Int64(id)
        self.name = json["name"]?.stringValue ?? path
        self.path = path
        self.state = json["state"]?.stringValue ?? "active"
    }

    /// The name of its file, by which it is started.
    package var file: String { self.path.split(separator: "/").last.map(String.init) ?? self.path }

    /// Whether a person means this one: its file with or without the ending, or its name. Case does not count.
    package func isMeant(by text: String) -> Bool {
        let wanted = text.lowercased()
        let file = self.file.lowercased()
        return [self.name.lowercased(), file, file.split(separator: ".").first.map(String.init) ?? file].contains(
            wanted)
    }
}
