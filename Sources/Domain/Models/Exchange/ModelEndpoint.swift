internal import EventLoop
package import HTTP
internal import Primitives

/// What a provider adds to the shared exchange: addresses, headers, bodies, and how it recovers from refusals.
package protocol ModelEndpoint: Sendable {
    /// Makes the request of one try. Called for each try, so that no try sends an expired token.
    ///
    /// Throws ``AttemptFailure`` when another try may help, ``ModelError`` when none will.
    ///
    /// - Parameters:
    ///   - isRepeat: whether an earlier try failed; a request sent again after ``PreparedRequest/recover`` is not one.
    ///   - timeout: the rest of the turn's time.
    @Net func prepare(_ request: ModelRequest, isRepeat: Bool, timeout: Duration) async throws -> PreparedRequest
    /// Called with the headers of every response, refusals included.
    func received(_ headers: HTTPHeaders)
    /// As OpenTelemetry's `gen_ai.provider.name` has it.
    var providerName: String { get }
}

/// One try of a request: what to send, how to read the answer, and how to recover from a refusal.
package struct PreparedRequest: Sendable {
    /// Recoveries from refusals that this request has already used, so that none is tried twice.
    package enum Recovery: Sendable, Hashable {
        case replacedToken
        case reloadedModels
    }

    package enum AnswerFormat: Sendable {
        case chatCompletions
        case responses
    }

    package var request: TransportRequest
    /// The exchange adds details from the response's headers.
    package var context: EndpointContext
    package var format: AnswerFormat
    /// Reacts to a refusal; returns whether to send the request again at once. The set keeps each recovery to one.
    package var recover: @Sendable (EndpointRefusal, inout Set<Recovery>) async throws -> Bool

    package init(
        request: TransportRequest, context: EndpointContext, format: AnswerFormat,
        recover: @escaping @Sendable (EndpointRefusal, inout Set<Recovery>) async throws -> Bool
    ) {
        self.request = request
        self.context = context
        self.format = format
        self.recover = recover
    }
}

/// A response other than 200, with the start of its body.
package struct EndpointRefusal: Sendable {
    package let status: Int
    package let body: [UInt8]

    /// Searched for words on the event loop.
    var text: String { StreamSafeText.of(String(decoding: self.body, as: UTF8.self)) }
}
