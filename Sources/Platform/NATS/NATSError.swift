/// Why something could not be done over NATS.
package struct NATSError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: Sendable, Equatable {
        case disconnected
        /// The server refuses the credentials, or does not permit the subject.
        case unauthorized
        /// The message exceeds the server's `max_payload`.
        case tooLarge
        /// More is published than the connection can write.
        case full
        case invalidSubject
        case invalidSettings
        case timeout
        /// The server, or something else at its address, does not speak NATS.
        case invalidAnswer
    }

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { self.message }

    static let notConnected = NATSError(.disconnected, "not connected to NATS")
}
