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

    /// Numbers of seconds that make sense.
    private static let times = 0.0...1e12

    private func grant(
        _ body: [UInt8], _ headers: HTTPHeaders, _ source: SignInSource, now: Double
    ) throws -> Grant {
        guard let json = try? JSON.parse(body), let value = json["token"]?.stringValue, !value.isEmpty,
            let expiresAt = json["expires_at"]?.doubleValue, Self.times.contains(expiresAt)
        else {
            throw ExchangeFailure(status: 200, headers: headers, body: body, source: source, now: now)
        }
        let secret = Secret(value)
        Redaction.register(secret)
        return Grant(
            value: secret, expiresAt: expiresAt,
            refreshIn: json["refresh_in"]?.doubleValue.flatMap { Self.times.contains($0) ? $0 : nil },
            apiURL: try self.endpoint(json), sku: json["sku"]?.stringValue,
            notice: json["user_notification"]?["message"]?.stringValue,
            serverTime: headers["date"].flatMap { HTTPDate.parse($0) }.map { Double($0) })
    }

    /// `endpoints.api` without a trailing slash. Throws when it is not trusted with a token.
    private func endpoint(_ json: JSON) throws -> HTTPURL {
        guard let text = json["endpoints"]?["api"]?.stringValue else {
            return try CopilotEndpoint.standard(for: self.settings)
        }
        guard var url = try? HTTPURL(text), CopilotEndpoint.isTrusted(url, for: self.settings) else {
            throw ExchangeFailure(
                .signIn,
                ModelError(
                    .refused,
                    "GitHub named an API address that belongs neither to Copilot nor to copilot.github_url, so the "
                        + "token is not sent there; check copilot.api_url and copilot.github_url."))
        }
        while url.path.hasSuffix("/"), url.path.count > 1 { url.path = String(url.path.dropLast()) }
        return url
    }
}
