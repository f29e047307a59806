internal import HTTP
internal import HTTPClient
internal import JSON
internal import Models

/// Why GitHub issued no Copilot token.
struct ExchangeFailure: Error, Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        /// GitHub issues no token for this sign-in, now or later; another sign-in may work.
        case signIn
        /// Retry after this time at the earliest.
        case rateLimited(Duration)
        /// A retry may succeed.
        case passing
    }

    let kind: Kind
    /// For people: what failed, why, what to do.
    let error: ModelError

    init(_ kind: Kind, _ error: ModelError) {
        self.kind = kind
        self.error = error
    }

    /// The meaning of a response without a token.
    init(status: Int, headers: HTTPHeaders, body: [UInt8], source: SignInSource, now: Double) {
        let json = try? JSON.parse(body)
        let refusal = EndpointFailure(body: body)
        if let wait = Self.rateLimit(status, headers, refusal.message, now: now) {
            self.init(
                .rateLimited(wait),
                ModelError(
                    .rateLimited, "GitHub's rate limit has been reached (\(status)); try again in \(wait.inWords).",
                    retryAfter: wait, status: status))
            return
        }
        switch status {
        case 401:
            self.init(
                .signIn,
                ModelError(
                    .unauthorized,
                    "GitHub no longer accepts the sign-in of \(source.name) (401); \(source.remedy).", status: 401))
        case 403:
            self.init(.signIn, Self.refused(json, refusal, source))
        case 404:
            self.init(
                .signIn,
                ModelError(
                    .unauthorized,
                    "GitHub issues no Copilot token for the sign-in of \(source.name) (404)\(refusal.quotation); its app has no "
                        + "permission, so sign in with an editor's Copilot plug-in or 'gh auth login', or check "
                        + "copilot.api_url.", status: 404))
        case 500...:
            self.init(
                .passing,
                ModelError(
                    .unavailable,
                    "GitHub's token service failed (\(status)); Jetbridge will retry, see "
                        + "https://www.githubstatus.com.", status: status))
        default:
            self.init(
                .passing,
                ModelError(
                    .invalidResponse,
                    "GitHub's token service answered without a token (\(status))\(refusal.quotation); check "
                        + "copilot.api_url.", status: status))
        }
    }

    /// A failure of the connection to `host`.
    init(_ error: HTTPClientError, host: String) {
        let prefix = host + ": "
        // libcurl's message contains the file's path.
        let isFile = error.code == .badCertificateFile
        let cause =
            isFile
            ? "the file in model.ca_file is unreadable or invalid"
            : error.message.hasPrefix(prefix) ? String(error.message.dropFirst(prefix.count)) : error.message
        let advice =
            error.code == .plainHTTPRefused
            ? "set copilot.api_url to an https address" : "check the network and copilot.api_url"
        let code: ModelError.Code = error.code.isTimeout ? .timedOut : .unreachable
        self.init(.passing, ModelError(code, "\(host) cannot be reached for a Copilot token (\(cause)); \(advice)."))
    }

    /// A 403 is GitHub's decision about the account, which the response may explain.
    private static func refused(_ json: JSON?, _ refusal: EndpointFailure, _ source: SignInSource) -> ModelError {
        let details = json?["error_details"]
        let texts = [details?["title"], details?["message"]].compactMap { $0?.stringValue }.filter { !$0.isEmpty }
        guard !texts.isEmpty else {
            let advice = "see https://github.com/settings/copilot, or sign in with another account"
            return ModelError(
                .unauthorized,
                "GitHub refuses to issue a Copilot token for the sign-in of \(source.name) (403)\(refusal.quotation); \(advice).",
                status: 403)
        }
        let words = EndpointFailure(body: ["message": .string(texts.joined(separator: ": "))]).message
        let address = (details?["url"]?.stringValue).flatMap { try? HTTPURL($0) }
        let advice =
            switch details?["notification_id"]?.stringValue {
            case "server_error": "try again in a few minutes"
            case "programmatic_token_generation", "spammy_user", "billing_locked":
                "see \(address?.description ?? "https://support.github.com")"
            default: "see \(address?.description ?? "https://github.com/settings/copilot")"
            }
        return ModelError(
            .unauthorized,
            "GitHub refuses to issue a Copilot token for the sign-in of \(source.name) (403): \(words); \(advice).",
            status: 403)
    }

    /// The wait when the response is about a rate limit, for which GitHub also uses 403.
    private static func rateLimit(
        _ status: Int, _ headers: HTTPHeaders, _ message: String, now: Double
    ) -> Duration? {
        guard status == 429 || status == 403 else { return nil }
        let isAboutRate =
            status == 429 || headers["retry-after"] != nil || headers["x-ratelimit-remaining"] == "0"
            || message.lowercased().contains("rate limit")
        guard isAboutRate else { return nil }
        if let seconds = headers["retry-after"].flatMap({ Int($0) }), seconds >= 0 {
            return .seconds(min(max(seconds, 1), 3_600))
        }
        if headers["x-ratelimit-remaining"] == "0", let reset = headers["x-ratelimit-reset"].flatMap({ Double($0) }) {
            return .seconds(min(max(reset - now, 1), 3_600))
        }
        return .seconds(60)
    }
}
