internal import HTTPClient

/// Why one try failed, and whether another one may help.
package struct AttemptFailure: Error, Sendable {
    let error: ModelError
    /// The reason for ``RetryNotice``, as a clause; nil when a retry cannot help.
    let retryReason: String?

    package init(_ error: ModelError, retryReason: String?) {
        self.error = error
        self.retryReason = retryReason
    }

    /// The endpoint's refusal.
    init(_ error: ModelError) {
        self.error = error
        let status = error.status.map { " (\($0))" } ?? ""
        switch error.code {
        case .rateLimited: self.retryReason = "the model is busy" + status
        case .unavailable:
            let isOverloaded = error.status == 503 || error.status == 529
            self.retryReason = (isOverloaded ? "the model is overloaded" : "the model endpoint failed") + status
        case .malformed: self.retryReason = "the model's stream contained a malformed event"
        case .interrupted: self.retryReason = "the connection to the model broke"
        default: self.retryReason = nil
        }
    }

    /// A failure of the connection.
    init(_ error: HTTPClientError, context: EndpointContext, hasAnswer: Bool) {
        let host = context.host
        let key = context.service.addressKey
        // Our sentence begins with the host, so the message must not repeat it.
        let cause =
            error.message.hasPrefix(host + ": ") ? String(error.message.dropFirst(host.count + 2)) : error.message
        switch error.code {
        case .resolve, .connect, .connectTimeout:
            self.error = ModelError(
                .unreachable,
                "\(host) cannot be reached (\(cause)); \(context.service.networkAdvice).")
            self.retryReason = "the model endpoint cannot be reached"
        case .idleTimeout:
            self.error = ModelError(
                .timedOut, "\(host) stopped responding; try again, or choose another model with `model`.")
            self.retryReason = nil
        case .totalTimeout:
            self.error = ModelError(
                .timedOut,
                "The answer exceeded the time limit of a turn; ask for less at a time, or raise model.turn_timeout.")
            self.retryReason = nil
        case .closed, .local:
            self.error = ModelError(
                hasAnswer ? .interrupted : .unavailable,
                "\(host) closed the connection before the answer was complete; try again in a minute.")
            self.retryReason = "the connection to the model broke"
        case .invalidResponse, .tooLarge:
            self.error = ModelError(
                hasAnswer ? .interrupted : .invalidResponse,
                "\(host) sent an invalid HTTP response; check \(key).")
            self.retryReason = nil
        case .plainHTTPRefused:
            self.error = ModelError(
                .refused, "\(host) would be contacted over plain HTTP; set \(key) to an https address.")
            self.retryReason = nil
        case .badCertificateFile:
            // libcurl's message contains the file's path, which must not appear in a thread.
            self.error = ModelError(
                .unreachable,
                "\(host) cannot be contacted securely (the file in \(context.section).ca_file is unreadable or invalid); "
                    + "check \(context.section).ca_file.")
            self.retryReason = nil
        default:  // Certificates: waiting fixes none of them.
            self.error = ModelError(
                .unreachable, "\(host) cannot be contacted securely (\(cause)); check \(key).")
            self.retryReason = nil
        }
    }
}
