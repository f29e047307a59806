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
        case timeout
        /// Nobody listens on the request's subject.
        case noResponders
        case noJetStream
        /// JetStream's own code of an error.
        case refused(Int)
        case library
    }

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { self.message }

    static let notConnected = NATSError(.disconnected, "not connected to NATS")
    static let noJetStream = NATSError(
        .noJetStream, "the NATS server has no JetStream: start it with -js, or enable it for the account")
}
