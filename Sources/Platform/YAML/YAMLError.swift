/// Why a document cannot be read, and where.
package struct YAMLError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of mistake it is.
    package enum Code: Sendable {
        /// Not YAML.
        case syntax
        /// YAML that is not taken: several documents, aliases, tags, keys that are no texts.
        case unsupported
        /// A key stands twice in one mapping.
        case duplicateKey
        /// Larger or deeper than the limits.
        case tooLarge
    }

    package let code: Code
    /// One line: what is wrong and, where it is known, what to do.
    package let message: String
    /// The first line is 1.
    package let line: Int
    /// In characters; the first is 1.
    package let column: Int

    package var description: String { "line \(self.line), column \(self.column): \(self.message)" }
}
