/// Why the keys cannot be used: what, why, and what to do.
package struct MatrixKeyStoreError: Error, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
