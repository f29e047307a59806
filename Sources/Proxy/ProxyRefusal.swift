internal import HTTP
internal import HTTPServer
internal import JSON

/// An answer of the proxy's own, in the form of the OpenAI API's errors, which its clients understand.
struct ProxyRefusal: Error, Sendable {
    let status: HTTPStatus
    /// What, why, what to do.
    let message: String
    let type: String
    let code: String
    var headers = HTTPHeaders()

    var response: HTTPServerResponse {
        var response = HTTPServerResponse.json(
            ["error": ["message": .string(self.message), "type": .string(self.type), "code": .string(self.code)]],
            self.status)
        for (name, value) in self.headers { response.headers.append(name, value) }
        return response
    }

    static let missingKey = ProxyRefusal(
        status: .unauthorized,
        message: "A client key is required here: send 'Authorization: Bearer KEY' with a key of "
            + "'jetbridge token create --scope proxy'.",
        type: "invalid_request_error", code: "missing_api_key", headers: ["WWW-Authenticate": "Bearer"])

    static let invalidKey = ProxyRefusal(
        status: .unauthorized,
        message: "This client key is unknown, revoked or not for the proxy. "
            + "'jetbridge token create --scope proxy' makes one.",
        type: "invalid_request_error", code: "invalid_api_key", headers: ["WWW-Authenticate": "Bearer"])

    static let foreignOrigin = ProxyRefusal(
        status: .forbidden,
        message: "A page of another origin may not use this proxy without a client key.",
        type: "invalid_request_error", code: "forbidden_origin")

    static func tooManyRequests(_ seconds: Int) -> ProxyRefusal {
        ProxyRefusal(
            status: .tooManyRequests,
            message: "This client key has used up its requests for now. Try again in \(seconds) s.",
            type: "rate_limit_error", code: "rate_limit_exceeded", headers: ["Retry-After": "\(seconds)"])
    }

    static let loop = ProxyRefusal(
        status: HTTPStatus(508),
        message: "The proxy forwards to itself. Set JETBRIDGE_PROXY_UPSTREAM to the server behind it.",
        type: "proxy_error", code: "loop_detected")

    static let connect = ProxyRefusal(
        status: .notImplemented, message: "This is a reverse proxy: it makes no tunnels.", type: "proxy_error",
        code: "connect_not_supported")

    static let onlyIfCached = ProxyRefusal(
        status: .gatewayTimeout, message: "The answer is not in the cache, and only-if-cached was asked for.",
        type: "proxy_error", code: "not_cached")

    static func noToken(_ message: String) -> ProxyRefusal {
        ProxyRefusal(status: .badGateway, message: message, type: "proxy_error", code: "no_upstream_token")
    }

    static let failed = ProxyRefusal(
        status: .internalServerError, message: "The proxy failed; its log tells why.", type: "proxy_error",
        code: "internal_error")
}
