/// A received message.
package struct NATSMessage: Sendable, Equatable {
    package let subject: String
    package let reply: String?
    package let payload: [UInt8]
    /// The code of a server's own message, such as 503 when nobody listens to a request.
    let status: String?
    let statusText: String?
}
