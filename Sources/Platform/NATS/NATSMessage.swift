/// A received message.
package struct NATSMessage: Sendable, Equatable {
    package let subject: String
    package let payload: [UInt8]
}
