/// Why an object store did not do what was asked.
package struct ObjectStoreError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: Sendable {
        /// The same may succeed later: the store cannot be reached, or is overloaded.
        case unavailable
        /// The store or the disk refuses it.
        case refused
        /// No object may have this key.
        case invalid
        /// The object was replaced or deleted while it was read, or its bytes are not those that were stored.
        case damaged
    }

    package let code: Code
    /// What failed, why, and what to do.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { self.message }
}
