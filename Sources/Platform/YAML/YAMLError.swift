/// Why a document cannot be read, and where.
package struct YAMLError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: Sendable {
        /// Not YAML.
        case syntax
        /// An unsupported feature: several documents, aliases, tags, keys that are not strings.
        case unsupported
        /// A key occurs twice in one mapping.
        case duplicateKey
        /// Larger or deeper than the limits.
        case tooLarge
    }

    package let code: Code
    /// One line: what is wrong and, if known, what to do.
    package let message: String
    /// The first line is 1.
    package let line: Int
    /// In characters; the first is 1.
    package let column: Int

    package var description: String { "line \(self.line), column \(self.column): \(self.message)" }
}
