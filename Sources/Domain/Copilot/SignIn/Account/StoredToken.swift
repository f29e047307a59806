internal import Crypto
internal import HTTP
internal import JSON
internal import Primitives

/// An exchanged token, as processes share it in `token.json`.
struct StoredToken: Sendable, Equatable {
    let token: CopilotToken
    let term: TokenTerm
    /// Identifies the sign-in it was exchanged for without revealing it.
    let signIn: String
    let source: SignInSource.Kind
    /// With the GitHub CLI as source: a mark of the other sign-ins, which got no token. While they stay the same, the
    /// CLI need not be asked again.
    let beside: String?

    /// The version of the format; files with another one are ignored.
    private static let version = 1

    init(token: CopilotToken, term: TokenTerm, signIn: String, source: SignInSource.Kind, beside: String? = nil) {
        self.token = token
        self.term = term
        self.signIn = signIn
        self.source = source
        self.beside = beside
    }

    /// A mark of several sign-ins in this order.
    static func mark(of tokens: [GitHubToken], at settings: SignInSettings) -> String {
        let text = tokens.map { self.mark(of: $0, at: settings) }.joined(separator: "\n")
        return String(hex(sha256(text)).prefix(32))
    }

    /// A mark of a sign-in and its API, so that a token for another one is not used in its place.
    static func mark(of token: GitHubToken, at settings: SignInSettings) -> String {
        let text = "\(settings.apiURL)\n\(token.value.reveal())"
        return String(hex(sha256(text)).prefix(32))
    }

    /// Nil for a truncated file, another version, or an untrusted API address.
    init?(bytes: [UInt8], settings: SignInSettings) {
        guard let json = try? JSON.parse(bytes), json["version"]?.intValue == Self.version,
            let value = json["token"]?.stringValue, !value.isEmpty,
            let api = (json["api"]?.stringValue).flatMap({ try? HTTPURL($0) }),
            CopilotEndpoint.isTrusted(api, for: settings),
            let obtained = json["obtained_at"]?.doubleValue, let uptime = json["uptime"]?.doubleValue,
            let bootID = json["boot_id"]?.stringValue, let life = json["life"]?.doubleValue,
            let signIn = json["sign_in"]?.stringValue,
            let source = (json["source"]?.stringValue).flatMap({ SignInSource.Kind(rawValue: $0) })
        else { return nil }
        self.term = TokenTerm(
            obtained: ClockReading(wall: obtained, uptime: uptime, bootID: bootID), life: life,
            refreshIn: json["refresh_in"]?.doubleValue)
        self.token = CopilotToken(
            value: Secret(value), expiresAt: self.term.expiresAt, apiURL: api, sku: json["sku"]?.stringValue)
        self.signIn = signIn
        self.source = source
        self.beside = json["beside"]?.stringValue
    }

    var bytes: [UInt8] {
        var object = JSONObject()
        object["version"] = JSON(Self.version)
        object["token"] = .string(self.token.value.reveal())
        object["api"] = .string(self.token.apiURL.description)
        object["sku"] = self.token.sku.map { .string($0) }
        object["expires_at"] = .integer(self.token.expiresAt)
        object["obtained_at"] = .number(self.term.obtained.wall)
        object["uptime"] = .number(self.term.obtained.uptime)
        object["boot_id"] = .string(self.term.obtained.bootID)
        object["life"] = .number(self.term.life)
        object["refresh_in"] = self.term.refreshIn.map { .number($0) }
        object["sign_in"] = .string(self.signIn)
        object["source"] = .string(self.source.rawValue)
        object["beside"] = self.beside.map { .string($0) }
        return JSON.object(object).bytes
    }
}
