/// An entry of a directory in a commit.
package struct GitTreeEntry: Hashable, Sendable {
    package enum Kind: String, Sendable {
        case directory, file, executable, symbolicLink, submodule
    }

    package let name: String
    package let kind: Kind
    package let id: GitObjectID
    /// In bytes; nil unless it is a file.
    package let size: Int64?
}
