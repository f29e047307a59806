/// One configured repository.
package struct RepositorySetting: Sendable, Hashable {
    package enum Place: Sendable, Hashable {
        /// An absolute path on this machine; created if missing.
        case local(path: String)
        /// A place that does not support writing yet, by its name: "GitHub".
        case elsewhere(String)
    }

    /// The name in commands and links.
    package var name: String
    package var place: Place
    /// The base of new branches; nil for HEAD's branch.
    package var branch: String?

    package init(name: String, place: Place, branch: String? = nil) {
        self.name = name
        self.place = place
        self.branch = branch
    }
}
