internal import HTTP
internal import HTTPServer
internal import JSON

/// An error of the proxy itself, in the form of the API's errors that the path belongs to: OpenAI's, or Anthropic's
/// for `/v1/messages`.
struct ProxyRefusal: Error, Sendable {
    let status: HTTPStatus
    /// What happened, why, and what to do.
    let message: String
    let type: String
    let code: String
    var headers = HTTPHeaders()

    /// - Parameter path: Of the request, without the proxy's prefix; nil if unknown.
    func response(at path: Substring?) -> HTTPServerResponse {
        var response = HTTPServerResponse.json(
            path.map(Self.isAnthropic) ?? false ? self.anthropicDocument : self.document, self.status)
        for (name, value) in self.headers { response.headers.append(name, value) }
        return response
    }

    private var document: JSON {
        ["error": ["message": .string(self.message), "type": .string(self.type), "code": .string(self.code)]]
    }

    /// https://docs.anthropic.com/en/api/errors
    private var anthropicDocument: JSON {
        let type =
            switch self.status.code {
            case 401: "authentication_error"
            case 403: "permission_error"
            case 404: "not_found_error"
            case 413: "request_too_large"
            case 429: "rate_limit_error"
            case 504: "timeout_error"
            case 400..<500: "invalid_request_error"
            default: "api_error"
            }
        return ["type": "error", "error": ["type": .string(type), "message": .string(self.message)]]
    }

    private static func isAnthropic(_ path: Substring) -> Bool {
        let path = path.hasPrefix("/v1/") ? path.dropFirst(3) : path
        return path == "/messages" || path.hasPrefix("/messages/")
    }

    static let missingKey = ProxyRefusal(
        status: .unauthorized,
        message: "A client key is required. Send 'Authorization: Bearer KEY' with a key from "
            + "'jetbridge token create --scope proxy'.",
        type: "invalid_request_error", code: "missing_api_key", headers: ["WWW-Authenticate": "Bearer"])

    static let invalidKey = ProxyRefusal(
        status: .unauthorized,
        message: "This client key is unknown, revoked, long expired, or lacks the scope proxy. "
            + "'jetbridge token create --scope proxy' creates one.",
        type: "invalid_request_error", code: "invalid_api_key", headers: ["WWW-Authenticate": "Bearer"])

    static let foreignOrigin = ProxyRefusal(
        status: .forbidden,
        message: "A page from another origin needs a client key to use this proxy.",
        type: "invalid_request_error", code: "forbidden_origin")

    static func foreignHost(_ name: String) -> ProxyRefusal {
        ProxyRefusal(
            status: .misdirectedRequest,
            message: "Without a client key, this proxy answers only under 127.0.0.1, localhost and other loopback "
                + "names, not under \(name.prefix(260)). Use one of them, or send a key from "
                + "'jetbridge token create --scope proxy'.",
            type: "invalid_request_error", code: "foreign_host")
    }

    static func tooManyRequests(_ seconds: Int) -> ProxyRefusal {
        ProxyRefusal(
            status: .tooManyRequests,
            message: "This client key has exceeded its request limit. Try again in \(seconds) s.",
            type: "rate_limit_error", code: "rate_limit_exceeded", headers: ["Retry-After": "\(seconds)"])
    }

    static let loop = ProxyRefusal(
        status: HTTPStatus(508),
        message: "The proxy's upstream is the proxy itself. Set JETBRIDGE_PROXY_UPSTREAM to the server behind it.",
        type: "proxy_error", code: "loop_detected")

    static let connect = ProxyRefusal(
        status: .notImplemented, message: "This is a reverse proxy, which does not support CONNECT tunnels.",
        type: "proxy_error",
        code: "connect_not_supported")

    static let onlyIfCached = ProxyRefusal(
        status: .gatewayTimeout, message: "The request says only-if-cached, and the answer is not cached.",
        type: "proxy_error", code: "not_cached")

    static func unreadable(_ reason: String) -> ProxyRefusal {
        ProxyRefusal(
            status: .badRequest,
            message:
                "The upstream has this model in another API, and the request cannot be translated because its body is "
                + "not JSON: \(reason).",
            type: "invalid_request_error", code: "invalid_json")
    }

    static let unreadableAnswer = ProxyRefusal(
        status: .badGateway,
        message:
            "The upstream's answer cannot be translated to the form of this path, because it is not JSON or too long.",
        type: "upstream_error", code: "upstream_answer_unreadable")

    static func noToken(_ message: String) -> ProxyRefusal {
        ProxyRefusal(status: .badGateway, message: message, type: "proxy_error", code: "no_upstream_token")
    }

    static let failed = ProxyRefusal(
        status: .internalServerError, message: "The proxy failed to handle the request. See its log for the reason.",
        type: "proxy_error",
        code: "internal_error")
}

extension ProxyRefusal {
    /// An error of the HTTP server, found before the proxy saw the request or while it forwarded the body.
    init(_ problem: HTTPProblem) {
        let isClientError = problem.status.isClientError
        self.init(
            status: problem.status,
            message: "The request \(isClientError ? "is not valid" : "failed"): \(problem.detail).",
            type: isClientError ? "invalid_request_error" : "proxy_error",
            code: problem.status.reason.lowercased().replacing(" ", with: "_"))
        for (name, value) in problem.headers { self.headers.append(name, value) }
    }
}
