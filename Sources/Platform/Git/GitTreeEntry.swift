/// One entry of a directory.
package struct GitTreeEntry: Hashable, Sendable {
    package enum Kind: String, Sendable {
        case directory, file, executable, symbolicLink, submodule
    }

    package let name: String
    package let kind: Kind
    package let id: GitObjectID
    /// In bytes; nil for what is no file.
    package let size: Int64?
}
