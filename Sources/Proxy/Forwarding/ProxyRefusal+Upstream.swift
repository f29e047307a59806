internal import HTTP
internal import HTTPClient
internal import Logging

extension ProxyRefusal {
    /// Explains why the upstream gave no answer.
    init(upstream error: HTTPClientError) {
        let message = Redaction.redact(error.message)
        if error.code.isTimeout {
            self.init(
                status: .gatewayTimeout, message: "The upstream did not answer in time: \(message).",
                type: "upstream_error", code: "upstream_timeout")
        } else if error.code == .invalidRequest {
            self.init(
                status: .badRequest, message: "The request cannot be forwarded: \(message).",
                type: "invalid_request_error", code: "invalid_request")
        } else {
            self.init(
                status: .badGateway, message: "The upstream cannot be reached: \(message).", type: "upstream_error",
                code: error.code.isCertificate ? "upstream_certificate" : "upstream_unreachable")
        }
    }
}
