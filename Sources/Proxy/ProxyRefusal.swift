internal import HTTP
internal import HTTPClient
internal import HTTPServer
internal import JSON
internal import Logging
internal import Primitives

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

    static let tooManyTranslations = ProxyRefusal(
        status: .tooManyRequests,
        message: "Too many long requests for other forms of the API are being translated. Try again in 5 s.",
        type: "rate_limit_error", code: "translations_busy", headers: ["Retry-After": "5"])

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

/// What the limits of a client key forbid.
extension ProxyRefusal {
    /// - Parameter time: Milliseconds since 1970.
    static func expiredKey(_ time: Int64) -> ProxyRefusal {
        ProxyRefusal(
            status: .unauthorized,
            message: "This client key expired at \(CivilTime(milliseconds: time).rfc3339Seconds). "
                + "'jetbridge token create --scope proxy' creates a new one.",
            type: "invalid_request_error", code: "expired_api_key", headers: ["WWW-Authenticate": "Bearer"])
    }

    static func modelNotAllowed(_ model: String, _ models: Set<String>) -> ProxyRefusal {
        ProxyRefusal(
            status: .forbidden,
            message: "This client key may not use the model '\(model.prefix(200))', only \(Self.list(models)).",
            type: "invalid_request_error", code: "model_not_allowed")
    }

    static func pathNotAllowed(_ models: Set<String>) -> ProxyRefusal {
        let paths = ["/models"] + ModelSource.bodyPaths.sorted()
        return ProxyRefusal(
            status: .forbidden,
            message: "This client key may use only \(Self.list(models)), and the model of this request cannot be "
                + "determined. Such a key may use GET with \(paths[0]) and POST with "
                + "\(paths.dropFirst().joined(separator: ", ")).",
            type: "invalid_request_error", code: "model_not_allowed")
    }

    static func modelUnreadable(_ models: Set<String>) -> ProxyRefusal {
        ProxyRefusal(
            status: .badRequest,
            message: "This client key may use only \(Self.list(models)), and the model of this request cannot be "
                + "read. Send valid JSON in UTF-8, uncompressed, with 'Content-Type: application/json' and one member "
                + "\"model\" that is a string.",
            type: "invalid_request_error", code: "model_unreadable")
    }

    static func bodyTooLarge(limit: String) -> ProxyRefusal {
        ProxyRefusal(
            status: .contentTooLarge,
            message: "This client key may use only certain models, so the proxy reads the whole body before it "
                + "forwards it, up to \(limit), and this body is longer. Send less, or use a key without --models.",
            type: "invalid_request_error", code: "request_too_large")
    }

    static func modelNotFound(_ model: String) -> ProxyRefusal {
        ProxyRefusal(
            status: .notFound,
            message: "The model '\(model.prefix(200))' does not exist, or this client key may not use it.",
            type: "invalid_request_error", code: "model_not_found")
    }

    static let modelsUnreadable = ProxyRefusal(
        status: .badGateway,
        message: "The upstream's list of models has an unknown form or is too long to be read; this client key may see "
            + "only its models, or the list lacks the proxy's aliases.",
        type: "upstream_error", code: "models_unreadable")

    static func tokensExhausted(used: Int, of limit: Int, seconds: Int) -> ProxyRefusal {
        ProxyRefusal(
            status: .tooManyRequests,
            message: "This client key has used \(used) of its \(limit) tokens for today. It can be used again after "
                + "midnight UTC, in \(seconds) s.",
            type: "rate_limit_error", code: "tokens_exhausted", headers: ["Retry-After": "\(seconds)"])
    }

    static func tokensCharged(_ charged: Int, used: Int, of limit: Int) -> ProxyRefusal {
        ProxyRefusal(
            status: .tooManyRequests,
            message: "This client key has used \(used) of its \(limit) tokens for today, and its requests in progress "
                + "may use the rest (about \(charged)). Try again when one of them has ended.",
            type: "rate_limit_error", code: "tokens_exhausted", headers: ["Retry-After": "5"])
    }

    private static func list(_ models: Set<String>) -> String { models.sorted().joined(separator: ", ") }
}

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

extension ProxyRefusal {
    /// A request that cannot be translated into the form that the upstream has for the model.
    ///
    /// - Parameter message: What the request contains, why that has no counterpart, and what to do.
    static func untranslatable(_ message: String) -> ProxyRefusal {
        ProxyRefusal(
            status: .badRequest, message: message, type: "invalid_request_error", code: "untranslatable_request")
    }

    /// A request that is not valid in the client's own form.
    static func malformed(_ place: String, _ wanted: String, found value: JSON?) -> ProxyRefusal {
        .untranslatable(
            "\(place) must be \(wanted), but it is \(value.map(\.kind) ?? "missing"). Correct the request.")
    }

    /// - Parameter member: Whose name it is: `name` of a tool, or `namespace`.
    static func toolNameTooLong(_ member: String, limit: Int) -> ProxyRefusal {
        .untranslatable(
            "The \(member) of a tool is longer than \(limit) bytes, which no other API accepts. Shorten it.")
    }

    static func tooManyTools(limit: Int) -> ProxyRefusal {
        .untranslatable("The request has more than \(limit) tools whose names are changed for another API. Send fewer.")
    }

    static let translationGrows = ProxyRefusal.untranslatable(
        "The upstream lacks this API, or does not offer it for this model, and in the other one this request would be more "
            + "than twice as long. Send fewer tools or messages, or use a model that has this API itself.")

    static func translationTooLong(limit: String) -> ProxyRefusal {
        ProxyRefusal(
            status: .contentTooLarge,
            message: "The upstream lacks this API, or does not offer it for this model, and this body is too long to "
                + "be translated to another one: the limit is \(limit). Send less, or use a model that has this API "
                + "itself.",
            type: "invalid_request_error", code: "request_too_large")
    }

    static func aliasTooLong(_ alias: String, of model: String, limit: String) -> ProxyRefusal {
        ProxyRefusal(
            status: .contentTooLarge,
            message: "'\(alias.prefix(200))' is the proxy's alias for '\(model)', and this body is too long for the "
                + "name to be replaced: the limit is \(limit). Send less, or ask for '\(model)'.",
            type: "invalid_request_error", code: "request_too_large")
    }

    static func unknown(_ what: String, _ type: String?, in place: String) -> ProxyRefusal {
        .untranslatable(
            "\(place) contains \(what) of type '\((type ?? "").prefix(60))', which has no counterpart in the API of "
                + "this model's upstream. Remove it, or use a model that has this API itself.")
    }

    /// A tool that only the servers of the client's API provide.
    static func serverTool(_ type: String) -> ProxyRefusal {
        .untranslatable(
            "The tool of type '\(type.prefix(60))' runs at the provider of another API, and this model's upstream "
                + "lacks it. Remove it from tools, or use a model that has this API itself.")
    }

    static func fileReference(in place: String) -> ProxyRefusal {
        .untranslatable(
            "\(place) refers to a file by its id or address, which this model's upstream cannot read. Send the "
                + "content itself, as base64.")
    }

    /// A setting without a counterpart.
    static func unsupported(_ setting: String, _ reason: String, _ advice: String) -> ProxyRefusal {
        .untranslatable("The request sets \(setting), but \(reason). \(advice)")
    }
}
