/// One try of a request: what is sent, how its answer is read, and what may be done when it is refused.
struct PreparedRequest: Sendable {
    /// Does something about a refusal. Returns whether the request should be made anew at once; what it did is
    /// remembered in the set, so that it is done once.
    typealias Mending = @Sendable (EndpointRefusal, inout Set<Mend>) async throws -> Bool

    var request: TransportRequest
    /// Its `retryAfter` and `requestID` are filled in from the answer.
    var context: EndpointContext
    var format: AnswerFormat
    var mend: Mending
}
