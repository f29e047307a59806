/// One configured repository.
package struct RepositorySetting: Sendable, Hashable {
    package enum Place: Sendable, Hashable {
        /// An absolute path on this machine; created if missing.
        case local(path: String)
        /// On a server; the path is that of the mirror on this machine, which is created if missing.
        case mirror(path: String)
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
