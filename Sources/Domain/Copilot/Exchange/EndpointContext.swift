/// What is known about an exchange when its failure has to be told to people.
package struct EndpointContext: Sendable {
    /// What kind of service it is: its refusals mean different things, and other settings mend them.
    package enum Service: Sendable {
        case openAI, copilot, gitHubModels

        /// The setting that holds its address, for a sentence.
        var addressKey: String {
            switch self {
            case .openAI: "model.base_url, which usually ends in /v1"
            case .copilot: "copilot.api_url"
            case .gitHubModels: "model.base_url"
            }
        }
    }

    package var service: Service
    /// The endpoint as people know it.
    package var host: String
    package var model: String
    /// Whether an API key is configured.
    package var hasKey: Bool
    package var retryAfter: Duration?
    /// The endpoint's id of the request: what its support asks for.
    package var requestID: String?
    /// Which limit the endpoint says was exceeded.
    package var exceededLimit: String?

    package init(
        service: Service = .openAI, host: String = "The model endpoint", model: String = "the model",
        hasKey: Bool = true, retryAfter: Duration? = nil, requestID: String? = nil, exceededLimit: String? = nil
    ) {
        self.service = service
        self.host = host
        self.model = model
        self.hasKey = hasKey
        self.retryAfter = retryAfter
        self.requestID = requestID
        self.exceededLimit = exceededLimit
    }
}
