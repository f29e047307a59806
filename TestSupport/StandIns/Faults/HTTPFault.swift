package import HTTP
package import JSON

/// What a ``FaultingProxy`` does with a request instead of simply forwarding it.
package enum HTTPFault: Sendable {
    /// Answers itself; the upstream never sees the request.
    case answer(HTTPStatus, headers: HTTPHeaders = HTTPHeaders(), body: JSON = .null)
    /// Ends the connection; the upstream never sees the request.
    case cut
    /// Forwards the request, reads the complete answer, and ends the connection: the response is lost.
    case loseAnswer
    /// Forwards the request and this many bytes of the answer's body, then ends the connection.
    case cutAnswer(after: Int)
    /// Holds the request until ``FaultingProxy/release()``, then forwards it: a half-open socket.
    case hold
    /// Forwards the request and holds the answer until ``FaultingProxy/release()``.
    case holdAnswer
    /// Waits before it forwards the request.
    case delay(Duration)
    /// Replaces a JSON answer: events repeated, dropped, reordered.
    case rewrite(@Sendable (JSON) -> JSON)
}
