internal import HTTP
internal import HTTPClient
internal import JSON

/// Why GitHub gave no Copilot token.
struct ExchangeFailure: Error, Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        /// This sign-in gives none, now and later; another one may.
        case signIn
        /// Not before this time has passed.
        case rateLimited(Duration)
        /// It may work in a moment.
        case passing
    }

    let kind: Kind
    /// For people: what, why, what to do.
    let error: ModelError

    init(_ kind: Kind, _ error: ModelError) {
        self.kind = kind
        self.error = error
    }

    /// What an answer other than a token means.
    init(status: Int, headers: HTTPHeaders, body: [UInt8], source: SignInSource, now: Double) {
        let json = try? JSON.parse(body)
        let refusal = EndpointFailure(body: body)
        if let wait = Self.rateLimit(status, headers, refusal.message, now: now) {
            self.init(
                .rateLimited(wait),
                ModelError(
                    .rateLimited, "GitHub's rate limit is reached (\(status)); try again in \(wait.inWords).",
                    retryAfter: wait, status: status))
            return
        }
        switch status {
        case 401:
            self.init(
                .signIn,
                ModelError(
                    .unauthorized,
                    "GitHub no longer accepts the sign-in of \(source) (401); \(source.remedy).", status: 401))
        case 403:
            self.init(.signIn, Self.refused(json, refusal, source))
        case 404:
            self.init(
                .signIn,
                ModelError(
                    .unauthorized,
                    "GitHub gives no Copilot token for the sign-in of \(source) (404)\(refusal.quotation); its app has no "
                        + "right to one, so sign in with an editor's Copilot plug-in or 'gh auth login', or check "
                        + "copilot.api_url.", status: 404))
        case 500...:
            self.init(
                .passing,
                ModelError(
                    .unavailable,
                    "GitHub's token service failed (\(status)); it is tried again by itself, see "
                        + "https://www.githubstatus.com.", status: status))
        default:
            self.init(
                .passing,
                ModelError(
                    .invalidResponse,
                    "GitHub's token service gave an answer that is no token (\(status))\(refusal.quotation); check "
                        + "copilot.api_url.", status: status))
        }
    }

    /// What became of the connection to `host`.
    init(_ error: HTTPClientError, host: String) {
        let prefix = host + ": "
        let cause = error.message.hasPrefix(prefix) ? String(error.message.dropFirst(prefix.count)) : error.message
        let advice =
            error.code == .plainHTTPRefused
            ? "set copilot.api_url to an https address" : "check the network and copilot.api_url"
        let code: ModelError.Code = error.code.isTimeout ? .timedOut : .unreachable
        self.init(.passing, ModelError(code, "\(host) cannot be asked for a Copilot token (\(cause)); \(advice)."))
    }

    /// A 403 is GitHub's decision about the account, told in its own words where it has some.
    private static func refused(_ json: JSON?, _ refusal: EndpointFailure, _ source: SignInSource) -> ModelError {
        let details = json?["error_details"]
        let texts = [details?["title"], details?["message"]].compactMap { $0?.stringValue }.filter { !$0.isEmpty }
        guard !texts.isEmpty else {
            let advice = "see https://github.com/settings/copilot, or sign in with another account"
            return ModelError(
                .unauthorized,
                "GitHub refuses a Copilot token to the sign-in of \(source) (403)\(refusal.quotation); \(advice).",
                status: 403)
        }
        let words = EndpointFailure(body: ["message": .string(texts.joined(separator: ": "))]).message
        let address = (details?["url"]?.stringValue).flatMap { try? HTTPURL($0) }
        let advice =
            switch details?["notification_id"]?.stringValue {
            case "server_error": "try again in some minutes"
            case "programmatic_token_generation", "spammy_user", "billing_locked":
                "see \(address?.description ?? "https://support.github.com")"
            default: "see \(address?.description ?? "https://github.com/settings/copilot")"
            }
        return ModelError(
            .unauthorized, "GitHub refuses a Copilot token to the sign-in of \(source) (403): \(words); \(advice).",
            status: 403)
    }

    /// How long to wait where the answer is about a rate; GitHub tells that with 403 too.
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
