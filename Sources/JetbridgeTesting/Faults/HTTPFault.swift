package import HTTP
package import JSON

/// What a ``FaultingProxy`` does with a request instead of simply passing it on.
package enum HTTPFault: Sendable {
    /// Answers itself; the server never hears of the request.
    case answer(HTTPStatus, headers: HTTPHeaders = HTTPHeaders(), body: JSON = .null)
    /// Ends the connection; the server never hears of the request.
    case cut
    /// Passes the request on, takes the whole answer, and ends the connection: lost on the way back.
    case loseAnswer
    /// Passes the request on, passes on so many bytes of the answer's body, and ends the connection.
    case cutAnswer(after: Int)
    /// Says nothing until ``FaultingProxy/release()``, then passes the request on: a half-open socket.
    case hold
    /// Passes the request on, and says nothing of the answer until ``FaultingProxy/release()``.
    case holdAnswer
    /// Waits before it passes the request on.
    case delay(Duration)
    /// Passes on another answer in place of a JSON one: events repeated, left out, in another order.
    case rewrite(@Sendable (JSON) -> JSON)
}
