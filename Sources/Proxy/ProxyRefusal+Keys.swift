internal import HTTP
internal import Primitives

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

    static func bodyTooLarge(_ limit: Int) -> ProxyRefusal {
        ProxyRefusal(
            status: .contentTooLarge,
            message: "This client key may use only certain models, so the proxy reads the whole body before it "
                + "forwards it, up to \(limit >> 20) MiB, and this body is longer. Send less, or use a key without "
                + "--models.",
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
        message: "This client key may see only its models, and the upstream's list of models has an unknown form.",
        type: "upstream_error", code: "models_unreadable")

    static func tokensExhausted(used: Int, of limit: Int, seconds: Int) -> ProxyRefusal {
        ProxyRefusal(
            status: .tooManyRequests,
            message: "This client key has used \(used) of its \(limit) tokens for today. It can be used again after "
                + "midnight UTC, in \(seconds) s.",
            type: "rate_limit_error", code: "tokens_exhausted", headers: ["Retry-After": "\(seconds)"])
    }

    private static func list(_ models: Set<String>) -> String { models.sorted().joined(separator: ", ") }
}
