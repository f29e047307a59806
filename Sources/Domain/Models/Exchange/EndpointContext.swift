internal import Glibc
internal import HTTP

/// What an error message about an exchange can name.
package struct EndpointContext: Sendable {
    package var service: EndpointService
    /// The section of the configuration that has its settings.
    package var section: String
    /// The endpoint's name for people.
    package var host: String
    package var model: String
    /// Whether an API key is configured.
    package var hasKey: Bool
    package var retryAfter: Duration?
    /// The endpoint's id of the request, which its support asks for.
    package var requestID: String?
    /// The limit that was exceeded, as the endpoint names it.
    package var exceededLimit: String?

    package init(
        service: EndpointService = .openAI, section: String = "model", host: String = "The model endpoint",
        model: String = "the model",
        hasKey: Bool = true, retryAfter: Duration? = nil, requestID: String? = nil, exceededLimit: String? = nil
    ) {
        self.service = service
        self.section = section
        self.host = host
        self.model = model
        self.hasKey = hasKey
        self.retryAfter = retryAfter
        self.requestID = requestID
        self.exceededLimit = exceededLimit
    }
}

extension EndpointContext {
    /// The context with details from the response's headers.
    func with(_ headers: HTTPHeaders) -> EndpointContext {
        var context = self
        context.retryAfter = RetryAfter.read(headers, now: time(nil))
        let names = ["x-github-request-id", "x-copilot-service-request-id", "x-request-id"]
        context.requestID = names.lazy.compactMap { headers[$0] }.first.map { String($0.prefix(80)) }
        context.exceededLimit = headers["x-ratelimit-exceeded"].map { String($0.prefix(60)) }
        return context
    }

    /// The error when something other than the API answered.
    package var noAPI: ModelError {
        ModelError(
            .invalidResponse, "\(self.host) answers with something other than its API; \(self.service.addressAdvice)."
        )
    }

    /// The error for an event or answer that is larger than Jetbridge accepts.
    func tooLarge(limit: Int, hasAnswer: Bool) -> ModelError {
        ModelError(
            hasAnswer ? .interrupted : .invalidResponse,
            "\(self.host) sent a single piece of more than \(limit >> 20) MB, which was not accepted; choose another "
                + "model with `model`, or \(self.service.addressAdvice).")
    }

    /// The error for events that are not valid JSON.
    func malformed(_ count: Int, hasAnswer: Bool) -> ModelError {
        let events = count == 1 ? "a malformed event" : "\(count) malformed events"
        guard hasAnswer else {
            return ModelError(
                .invalidResponse,
                "The stream of \(self.host) contained \(events) (not valid JSON), and no answer; try again, or "
                    + "\(self.service.addressAdvice).")
        }
        return ModelError(
            .malformed,
            "Parts of the answer were lost: the stream of \(self.host) contained \(events) (not valid JSON); try again."
        )
    }
}
