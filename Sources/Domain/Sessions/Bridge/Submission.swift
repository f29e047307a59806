/// The result of submitting a message.
package struct Submission: Sendable, Equatable {
    /// The stored message's number.
    package let message: Int64
    /// The operation that answers it.
    package let operation: String

    package init(message: Int64, operation: String) {
        self.message = message
        self.operation = operation
    }
}
