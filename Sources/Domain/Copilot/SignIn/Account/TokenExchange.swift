internal import HTTP
internal import HTTPClient
internal import JSON
internal import Logging
internal import Models
internal import Primitives

/// Exchanges a GitHub sign-in for a Copilot token: `GET {api_url}/copilot_internal/v2/token`.
struct TokenExchange: Sendable {
    /// In bytes; a real response is a few kilobytes.
    private static let limit = 256 * 1024
    /// Of an API address, in bytes.
    private static let addressLimit = 2_048

    let settings: SignInSettings
    let transport: any ModelTransport

    /// GitHub's response, unprocessed.
    struct Grant: Sendable, Equatable {
        var value: Secret
        /// In seconds since 1970, by GitHub's clock.
        var expiresAt: Double
        var refreshIn: Double?
        var apiURL: HTTPURL
        var sku: String?
        /// GitHub's message to the person.
        var notice: String?
        /// The response's `Date`.
        var serverTime: Double?
    }

    /// Throws ``ExchangeFailure`` or `CancellationError`.
    func callAsFunction(_ token: GitHubToken, from source: SignInSource, now: Double) async throws -> Grant {
        Redaction.register(token.value)
        let (status, headers, body) = try await self.get("v2/token", token)
        guard status == 200 else {
            throw ExchangeFailure(status: status, headers: headers, body: body, source: source, now: now)
        }
        return try self.grant(body, headers, source, now: now)
    }

    /// The name and plan of the token's account, as far as GitHub reports them.
    func account(_ token: GitHubToken) async throws -> (login: String?, plan: String?) {
        let (status, _, body) = try await self.get("user", token)
        guard status == 200, let json = try? JSON.parse(body) else { return (nil, nil) }
        return (json["login"]?.stringValue, json["copilot_plan"]?.stringValue)
    }

    private func get(
        _ name: String, _ token: GitHubToken
    ) async throws -> (status: Int, headers: HTTPHeaders, body: [UInt8]) {
        let url = self.settings.apiURL.adding(path: "copilot_internal/\(name)")
        let headers: HTTPHeaders = [
            "Authorization": "token \(token.value.reveal())", "Accept": "application/json",
            "User-Agent": self.settings.userAgent, "Editor-Version": self.settings.userAgent,
            "X-GitHub-Api-Version": "2025-04-01",
        ]
        do {
            let response = try await self.transport.send(
                TransportRequest(.get, url, headers: headers, idleTimeout: .seconds(10), totalTimeout: .seconds(10)))
            return (response.status, response.headers, try await response.start(upTo: Self.limit))
        } catch let error as HTTPClientError {
            throw ExchangeFailure(error, host: url.authority)
        }
    }

    private func grant(
        _ body: [UInt8], _ headers: HTTPHeaders, _ source: SignInSource, now: Double
    ) throws -> Grant {
        guard let json = try? JSON.parse(body), let value = json["token"]?.stringValue, !value.isEmpty,
            let expiresAt = json["expires_at"]?.doubleValue, TokenTerm.times.contains(expiresAt)
        else {
            throw ExchangeFailure(status: 200, headers: headers, body: body, source: source, now: now)
        }
        let secret = Secret(value)
        Redaction.register(secret)
        return Grant(
            value: secret, expiresAt: expiresAt,
            refreshIn: json["refresh_in"]?.doubleValue.flatMap { TokenTerm.times.contains($0) ? $0 : nil },
            apiURL: try self.endpoint(json), sku: json["sku"]?.stringValue,
            notice: json["user_notification"]?["message"]?.stringValue,
            serverTime: headers["date"].flatMap { HTTPDate.parse($0) }.map { Double($0) })
    }

    /// `endpoints.api` without a trailing slash. Throws when it is not trusted with a token.
    private func endpoint(_ json: JSON) throws -> HTTPURL {
        guard let text = json["endpoints"]?["api"]?.stringValue else {
            return try CopilotEndpoint.standard(for: self.settings)
        }
        guard text.utf8.count <= Self.addressLimit else {
            throw ExchangeFailure(
                .signIn,
                ModelError(
                    .refused,
                    "GitHub named an API address of more than \(Self.addressLimit) bytes, so the token is not sent "
                        + "there; check copilot.api_url and copilot.github_url."))
        }
        guard var url = try? HTTPURL(text), CopilotEndpoint.isTrusted(url, for: self.settings) else {
            throw ExchangeFailure(
                .signIn,
                ModelError(
                    .refused,
                    "GitHub named an API address that belongs neither to Copilot nor to copilot.github_url, so the "
                        + "token is not sent there; check copilot.api_url and copilot.github_url."))
        }
        if let last = url.path.utf8.lastIndex(where: { $0 != UInt8(ascii: "/") }) {
            url.path = String(url.path[...last])
        } else {
            url.path = "/"
        }
        return url
    }
}

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
        if headers["x-ratelimit-remaining"] == "0",
            let reset = headers["x-ratelimit-reset"].flatMap({ Double(untrusted: $0) })
        {
            return .seconds(min(max(reset - now, 1), 3_600))
        }
        return .seconds(60)
    }
}
