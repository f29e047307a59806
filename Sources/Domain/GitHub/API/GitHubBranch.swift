package import JSON

/// A branch and the commit that it points to.
package struct GitHubBranch: Sendable, Hashable {
    package let name: String
    /// The commit's id.
    package let head: String
    package var isProtected = false

    package init(name: String, head: String, isProtected: Bool = false) {
        self.name = name
        self.head = head
        self.isProtected = isProtected
    }

    package init?(_ json: JSON?) {
        guard let name = json?["name"]?.stringValue, let head = json?["commit"]?["sha"]?.stringValue else { return nil }
        self.init(name: name, head: head, isProtected: json?["protected"]?.boolValue ?? false)
    }
}
