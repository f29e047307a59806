internal import HTTP
internal import JSON
internal import Primitives

/// The host's tokens at a remote server.
struct TokenGrant: Sendable, Equatable {
    /// The configured address: they are sent nowhere else, also after a change of the configuration.
    let address: String
    let client: OAuthClient
    let issuer: String
    let token: HTTPURL
    let resource: String
    let redirect: String
    var scope: String?
    var access: Secret
    var refresh: Secret?
    /// In milliseconds since 1970; nil if the server says nothing.
    var expiresAt: Int64?
    /// A minute before that, or earlier for tokens that live only minutes.
    var renewsAt: Int64?
    var madeAt: Int64

    private static let margin: Int64 = 60_000
    private static let longest: Int64 = 10 * 365 * 86_400_000

    init(_ pending: PendingGrant, _ json: JSON, address: String, now: Int64) throws {
        self.address = address
        self.client = pending.client
        self.issuer = pending.issuer
        self.token = pending.token
        self.resource = pending.resource
        self.redirect = pending.redirect
        self.scope = pending.scope
        self.access = Secret("")
        self.madeAt = now
        try self.take(json, at: now)
    }

    /// Takes what an endpoint answered (RFC 6749 §5.1). A refresh token stays if the answer has no new one.
    mutating func take(_ json: JSON, at now: Int64) throws {
        guard let access = json["access_token"]?.stringValue, OAuthClient.isPlain(access),
            json["token_type"]?.stringValue?.lowercased() == "bearer"
        else { throw ExtensionFailure.authorization("\(IssuerMetadata.shown(self.issuer)) sent no usable token") }
        self.access = Secret(access)
        if let refresh = json["refresh_token"]?.stringValue, OAuthClient.isPlain(refresh) {
            self.refresh = Secret(refresh)
        }
        if let scope = json["scope"]?.stringValue, !scope.isEmpty { self.scope = scope }
        // Some servers write the number as text.
        let seconds = json["expires_in"]?.intValue ?? json["expires_in"]?.stringValue.flatMap { Int($0) }
        let life = seconds.map { min(max(Int64($0), 0), Self.longest / 1_000) * 1_000 }
        self.expiresAt = life.map { now + $0 }
        self.renewsAt = life.map { now + $0 - min(Self.margin, $0 / 4) }
        self.madeAt = now
    }

    /// Of a refresh (RFC 6749 §6).
    var form: HTTPQuery? {
        self.refresh.map {
            ["grant_type": "refresh_token", "refresh_token": $0.reveal(), "resource": self.resource]
        }
    }

    func isFresh(at now: Int64) -> Bool { self.renewsAt.map { now < $0 } ?? true }

    func isValid(at now: Int64) -> Bool { self.expiresAt.map { now < $0 } ?? true }

    var secrets: [Secret] { [self.access, self.refresh, self.client.secret].compactMap(\.self) }

    var header: Secret { Secret("Bearer \(self.access.reveal())") }
}
