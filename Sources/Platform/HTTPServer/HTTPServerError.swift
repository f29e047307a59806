package import HTTP

/// What went wrong with a request or a response, with the status that the client gets for it.
package struct HTTPServerError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// The request has no single meaning by RFC 9112.
        case malformedRequest
        case targetTooLong
        case headTooLarge
        case versionNotSupported
        case expectationFailed
        case bodyTooLarge
        /// The client was too slow.
        case timeout
        /// The client has gone or the connection broke.
        case clientGone
        /// The handler gave a response that can't be sent.
        case invalidResponse
        /// The server couldn't be started.
        case cannotListen
    }

    package let code: Code
    /// What, why and what to do, in one line.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var status: HTTPStatus {
        switch self.code {
        case .malformedRequest: .badRequest
        case .targetTooLong: .uriTooLong
        case .headTooLarge: .headersTooLarge
        case .versionNotSupported: .versionNotSupported
        case .expectationFailed: .expectationFailed
        case .bodyTooLarge: .contentTooLarge
        case .timeout, .clientGone: .requestTimeout
        case .invalidResponse, .cannotListen: .internalServerError
        }
    }

    package var description: String { self.message }

    static func malformed(_ message: String) -> HTTPServerError {
        HTTPServerError(.malformedRequest, message)
    }
}
