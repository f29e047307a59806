/// A change of one file in a commit.
package struct GitHubFileChange: Sendable, Hashable {
    package let path: String
    /// Nil to delete it.
    package let bytes: [UInt8]?
    package var isExecutable = false

    package init(_ path: String, _ bytes: [UInt8]?, isExecutable: Bool = false) {
        self.path = path
        self.bytes = bytes
        self.isExecutable = isExecutable
    }
}
