/// Why a document was not changed.
package struct DocumentEditError: Error, Sendable, Hashable, CustomStringConvertible {
    /// One line: what failed, why, what to do.
    package let message: String

    package var description: String { self.message }
}
