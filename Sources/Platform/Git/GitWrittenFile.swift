/// What a commit does to one file.
package struct GitWrittenFile: Sendable, Hashable {
    package let path: String
    /// The new content; nil if the file is deleted.
    package let bytes: [UInt8]?
    /// Whether the file is a plain one afterwards, and was before: no program, link or submodule.
    package let isPlain: Bool
}
