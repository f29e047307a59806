/// One configured repository.
package struct RepositorySetting: Sendable, Hashable {
    package enum Place: Sendable, Hashable {
        /// A directory of this machine, absolute; made where it is missing.
        case local(path: String)
        /// Somewhere that documents can't be written to yet; the text says where: "GitHub".
        case elsewhere(String)
    }

    /// As commands and links name it.
    package var name: String
    package var place: Place
    /// The branch that new ones grow from; nil for the one that HEAD names.
    package var branch: String?

    package init(name: String, place: Place, branch: String? = nil) {
        self.name = name
        self.place = place
        self.branch = branch
    }
}
