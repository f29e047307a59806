package import JSON
internal import Logging
internal import Primitives

/// The body of an endpoint's refusal: a nested error object, a flat one, or plain text.
package struct EndpointFailure: Sendable {
    /// In lower case, without the suffix that some endpoints add after a colon.
    package let code: String
    package let type: String
    /// One line of at most 200 characters, with secrets removed.
    package let message: String
    /// Some endpoints give the status as the code of an error inside a stream.
    let statusInBody: Int?
    private let isWebPage: Bool
    /// Where a person has to authorise the app first.
    package let authorizeURL: String?

    /// Reads the body of a failed response.
    package init(body: [UInt8]) {
        if let json = try? JSON.parse(body) {
            self.init(body: json["error"] ?? json)
        } else {
            let text = String(decoding: body.prefix(1024), as: UTF8.self)
            self.init(
                code: "", type: "", message: text, status: nil, isWebPage: Self.isWebPage(body),
                authorizeURL: nil)
        }
    }

    /// Reads an error object, or the text in its place.
    package init(body: JSON) {
        let code = body["code"]
        self.init(
            code: code?.stringValue ?? "", type: body["type"]?.stringValue ?? "",
            message: body["message"]?.stringValue ?? body["detail"]?.stringValue ?? body.stringValue ?? "",
            status: code?.intValue ?? code?.stringValue.flatMap { Int($0) } ?? body["status"]?.intValue,
            isWebPage: false,
            authorizeURL: body["authorize_url"]?.stringValue.flatMap {
                $0.hasPrefix("https://") && $0.utf8.count < 500 && !$0.contains(" ") ? $0 : nil
            })
    }

    private init(
        code: String, type: String, message: String, status: Int?, isWebPage: Bool, authorizeURL: String?
    ) {
        self.code = code.beginning(bytes: 200).split(separator: ":").first.map { $0.lowercased() } ?? ""
        self.type = type.beginning(bytes: 200).lowercased()
        self.message = Self.oneLine(message)
        self.statusInBody = status.flatMap { (400...599).contains($0) ? $0 : nil }
        self.isWebPage = isWebPage
        self.authorizeURL = authorizeURL
    }

    /// The message as part of a sentence, or nothing.
    package var quotation: String {
        self.message.isEmpty || self.isWebPage ? "" : ": “\(self.message)”"
    }

    static func isWebPage(_ body: [UInt8]) -> Bool {
        let start = String(decoding: body.prefix(256), as: UTF8.self).lowercased()
        return start.contains("<!doctype html") || start.contains("<html")
    }

    private static func oneLine(_ text: String) -> String {
        // A body may have megabytes, of which 200 characters are shown.
        let words = Redaction.redact(text, upTo: 4 << 10).split(whereSeparator: { $0.isWhitespace || $0.isNewline })
        var line = words.joined(separator: " ")
        line = String(
            String.UnicodeScalarView(line.unicodeScalars.filter { $0.properties.generalCategory != .control }))
        guard line.count > 200 else { return line.hasSuffix(".") ? String(line.dropLast()) : line }
        return line.prefix(199) + "…"
    }
}

extension EndpointFailure {
    /// The error for people: one sentence that says what to do.
    package func modelError(status: Int, context: EndpointContext) -> ModelError {
        let status = status == 500 ? self.statusInBody ?? status : status
        if let error = context.service.explain(self, status, context) { return error }
        let host = context.host
        if self.isAboutLength(status) { return self.tooLong(status, context) }
        if self.isAboutQuota(status) {
            return ModelError(
                .refused,
                "\(host): the account's credit or quota is used up (\(status)); add credit, wait for the "
                    + "reset, or choose another provider.", status: status)
        }
        if self.isAboutContent {
            return ModelError(
                .filtered, "The content filter of \(host) blocked the message (\(status)); rephrase it.", status: status
            )
        }
        if self.isAboutModel(status) {
            return ModelError(
                .unknownModel,
                "\(host) has no model “\(context.model)” for this account; `models` lists the available ones, "
                    + "`model NAME` chooses one.", status: status)
        }
        switch status {
        case 401:
            let what = context.hasKey ? "does not accept the API key" : "requires an API key"
            return ModelError(
                .unauthorized, "\(host) \(what) (401); set \(context.section).api_key to a valid one.", status: 401)
        case 403:
            return ModelError(
                .unauthorized,
                "\(host) does not allow this account to use \(context.model) (403)\(self.quotation); "
                    + "check the permissions of the account and its key.", status: 403)
        case 404, 405, 410:
            return self.notFound(status, context)
        case 429:
            return self.busy(context)
        case 408, 409, 425, 499, 500...599:
            return ModelError(
                .unavailable,
                "\(host) failed (\(status))\(self.quotation)\(Self.mention(context.requestID)); "
                    + "try again in a minute.", retryAfter: context.retryAfter, status: status)
        case 300...399:
            return ModelError(
                .invalidResponse,
                "\(host) redirects to another address (\(status)); set \(context.section).base_url to the API's own address.",
                status: status)
        default:
            return ModelError(
                .refused,
                "\(host) refused the request (\(status))\(self.quotation)\(Self.mention(context.requestID)); "
                    + "check \(context.section).name and \(context.section).base_url.", status: status)
        }
    }

    /// The meaning of an error object inside a stream: a refusal like any other before the answer, an interruption
    /// after a piece of it.
    func modelError(inStream context: EndpointContext, hasAnswer: Bool) -> ModelError {
        let error = self.modelError(status: self.statusInBody ?? self.statusByCode ?? 500, context: context)
        guard hasAnswer, error.code != .filtered else { return error }
        let what = self.message.isEmpty ? self.code : self.message
        return ModelError(
            .interrupted, "\(context.host) ended the answer with an error\(what.isEmpty ? "" : ": “\(what)”").",
            retryAfter: error.retryAfter, status: error.status, cause: what.isEmpty ? nil : what)
    }

    /// Errors in a stream often have no status; this is the one that the code implies.
    private var statusByCode: Int? {
        for name in [self.code, self.type] where !name.isEmpty {
            if name.contains("rate_limit") || name.contains("too_many_requests") || name == "model_overloaded" {
                return 429
            }
            if name.contains("overloaded") { return 503 }
            if name.contains("authentication") || name == "invalid_api_key" { return 401 }
            if name.hasPrefix("invalid_request") || name == "content_filter" || name.contains("context_length") {
                return 400
            }
        }
        return nil
    }

    private func notFound(_ status: Int, _ context: EndpointContext) -> ModelError {
        let words = self.message.lowercased()
        if self.code.hasPrefix("model_") || (status == 404 && words.contains("model")) {
            return ModelError(
                .unknownModel,
                "\(context.host) has no model “\(context.model)”; `models` lists the available ones, "
                    + "`model NAME` chooses one.", status: status)
        }
        return ModelError(
            .invalidResponse,
            "\(context.host) has no chat API at this address (\(status)); \(context.service.addressAdvice).",
            status: status)
    }

    private func busy(_ context: EndpointContext) -> ModelError {
        let when = context.retryAfter.map { "try again in \($0.inWords)" } ?? "try again in a minute"
        return ModelError(
            .rateLimited, "\(context.host) is busy, or this account has reached a rate limit (429); \(when).",
            retryAfter: context.retryAfter, status: 429)
    }

    package func tooLong(_ status: Int, _ context: EndpointContext) -> ModelError {
        let limit = Self.inputLimit(in: self.message)
        let most = limit.map { ": \(context.model) accepts at most \($0) tokens" } ?? " for \(context.model)"
        return ModelError(
            .tooLong, "The conversation is too long\(most); start over with `new` or send less.", status: status,
            inputLimit: limit)
    }

    package func isAboutLength(_ status: Int) -> Bool {
        if status == 413 { return true }
        guard status == 400 || status == 422 else { return false }
        let codes = [
            "context_length_exceeded", "model_max_prompt_tokens_exceeded", "tokens_limit_reached",
            "exceed_context_size_error", "string_above_max_length",
        ]
        let words = self.message.lowercased()
        return codes.contains(self.code) || codes.contains(self.type) || words.contains("context length")
            || words.contains("context window") || words.contains("prompt is too long")
            || (words.contains("token") && words.contains("exceed"))
    }

    private func isAboutQuota(_ status: Int) -> Bool {
        let codes = [
            "insufficient_quota", "quota_exceeded", "free_quota_exceeded", "overage_limit_reached",
            "billing_not_configured", "billing_hard_limit_reached", "billing_not_active",
        ]
        return status == 402 || codes.contains(self.code) || codes.contains(self.type)
    }

    package func isAboutModel(_ status: Int) -> Bool {
        switch status {
        case 400, 403:
            [
                "model_not_found", "model_not_supported", "model_not_accessible", "unknown_model",
                "unsupported_api_for_model",
            ].contains(self.code)
        case 404: self.code.hasPrefix("model") || self.message.lowercased().contains("model")
        default: false
        }
    }

    package var isAboutContent: Bool {
        ["content_filter", "content_policy_violation", "off_topic"].contains(self.code)
    }

    package static func mention(_ requestID: String?) -> String {
        requestID.map { " (request \($0))" } ?? ""
    }

    /// The limit in “maximum context length is 8192 tokens…”, “exceeds the limit of 64000” or “Max size: 8000 tokens”.
    package static func inputLimit(in message: String) -> Int? {
        let words = message.lowercased()
        for mark in ["maximum context length is ", "exceeds the limit of ", "max size: ", "maximum of ", "limit is "] {
            guard let range = words.firstRange(of: mark) else { continue }
            let digits = words[range.upperBound...].prefix { $0.isNumber || $0 == "," }.filter { $0 != "," }
            if let limit = Int(digits), (256...100_000_000).contains(limit) { return limit }
        }
        return nil
    }
}
