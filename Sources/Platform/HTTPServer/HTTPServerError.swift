package import HTTP

/// A failed request or response, with the status that the client receives.
package struct HTTPServerError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// The request is invalid or ambiguous by RFC 9112.
        case malformedRequest
        case targetTooLong
        case headTooLarge
        case versionNotSupported
        case expectationFailed
        case bodyTooLarge
        /// The client was too slow.
        case timeout
        /// The client left or the connection broke.
        case clientGone
        /// The handler returned a response that can't be sent.
        case invalidResponse
        /// The server couldn't start.
        case cannotListen
    }

    package let code: Code
    /// What happened, why, and what to do, in one line.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    init(_ error: HTTPSyntaxError) {
        switch error.code {
        case .malformed: self.init(.malformedRequest, error.message)
        case .tooLarge: self.init(.headTooLarge, error.message)
        }
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
