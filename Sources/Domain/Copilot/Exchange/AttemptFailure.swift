internal import HTTPClient

/// Why one try failed, and whether another one may help.
struct AttemptFailure: Error, Sendable {
    let error: ModelError
    /// Half a sentence for ``RetryNotice``; nil when trying again is of no use.
    let retryReason: String?

    init(_ error: ModelError, retryReason: String?) {
        self.error = error
        self.retryReason = retryReason
    }

    /// What the endpoint answered.
    init(_ error: ModelError) {
        self.error = error
        let status = error.status.map { " (\($0))" } ?? ""
        switch error.code {
        case .rateLimited: self.retryReason = "the model is busy" + status
        case .unavailable:
            let isOverloaded = error.status == 503 || error.status == 529
            self.retryReason = (isOverloaded ? "the model is overloaded" : "the model endpoint failed") + status
        case .interrupted: self.retryReason = "the connection to the model broke"
        default: self.retryReason = nil
        }
    }

    /// What became of the connection.
    init(_ error: HTTPClientError, context: EndpointContext, hasAnswer: Bool) {
        let host = context.host
        let key = context.service == .copilot ? "copilot.api_url" : "model.base_url"
        // The message may begin with the host; the sentence does already.
        let cause =
            error.message.hasPrefix(host + ": ") ? String(error.message.dropFirst(host.count + 2)) : error.message
        switch error.code {
        case .resolve, .connect, .connectTimeout:
            self.error = ModelError(
                .unreachable,
                "\(host) cannot be reached (\(cause)); check the network\(context.service == .copilot ? "" : " and model.base_url")."
            )
            self.retryReason = "the model endpoint cannot be reached"
        case .idleTimeout:
            self.error = ModelError(
                .timedOut, "\(host) went silent; try again, or choose another model with `model`.")
            self.retryReason = nil
        case .totalTimeout:
            self.error = ModelError(
                .timedOut, "The answer took longer than a turn may; ask for less at once or raise model.turn_timeout.")
            self.retryReason = nil
        case .closed, .local:
            self.error = ModelError(
                hasAnswer ? .interrupted : .unavailable,
                "\(host) closed the connection before the end; try again in a minute.")
            self.retryReason = "the connection to the model broke"
        case .invalidResponse, .tooLarge:
            self.error = ModelError(
                hasAnswer ? .interrupted : .invalidResponse,
                "\(host) answered with something that is no HTTP; check \(key).")
            self.retryReason = nil
        case .plainHTTPRefused:
            self.error = ModelError(
                .refused, "\(host) would be asked over plain HTTP; set \(key) to an https address.")
            self.retryReason = nil
        default:  // certificates and files: waiting mends none of them
            self.error = ModelError(
                .unreachable, "\(host) cannot be asked safely (\(cause)); check \(key).")
            self.retryReason = nil
        }
    }
}
