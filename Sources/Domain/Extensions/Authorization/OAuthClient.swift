internal import Crypto
internal import HTTP
internal import JSON
internal import Primitives

/// This host at one authorization server.
struct OAuthClient: Sendable, Equatable {
    /// How it identifies itself for tokens: `none`, `client_secret_basic` or `client_secret_post`.
    let method: String
    let id: String
    let secret: Secret?
    /// Milliseconds since 1970; nil for a secret that does not expire.
    var expiresAt: Int64?
    /// The rights that it may ask for; nil for all.
    var scope: String?

    init(id: String, secret: Secret?, method: String? = nil, methods: [String]) {
        self.id = id
        self.secret = secret
        let isKnown = method.map { ["none", "client_secret_basic", "client_secret_post"].contains($0) } ?? false
        let best =
            methods.contains("client_secret_basic") || methods.isEmpty ? "client_secret_basic" : "client_secret_post"
        self.method = secret == nil ? "none" : isKnown ? method ?? best : best
    }

    /// What a registration (RFC 7591) asks for, and what a document says that is a client's id.
    static func document(redirect: String, methods: [String], scope: String? = nil) -> JSONObject {
        let method = ["none", "client_secret_basic", "client_secret_post"].first(where: methods.contains) ?? "none"
        let isLoopback = (try? HTTPURL(redirect))?.isLoopback ?? false
        var document: JSONObject = [
            "client_name": "Jetbridge", "redirect_uris": [.string(redirect)],
            "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
            "token_endpoint_auth_method": .string(method), "application_type": isLoopback ? "native" : "web",
        ]
        document["scope"] = scope.map { .string($0) }
        return document
    }

    /// What a registration for these rights answered; nil for nonsense.
    init?(registered json: JSON, methods: [String], scope: String?) {
        guard let id = json["client_id"]?.stringValue, Self.isPlain(id) else { return nil }
        let secret = json["client_secret"]?.stringValue
        guard secret.map(Self.isPlain) ?? true else { return nil }
        let end = json["client_secret_expires_at"]?.intValue ?? 0
        self.init(
            id: id, secret: secret.map { Secret($0) }, method: json["token_endpoint_auth_method"]?.stringValue,
            methods: methods)
        self.expiresAt = end > 0 ? Int64(end) * 1_000 : nil
        self.scope = json["scope"]?.stringValue ?? scope
    }

    /// Whether it can still ask for these rights.
    func mayAsk(for scope: String?, at now: Int64) -> Bool {
        let names = Set((self.scope ?? scope ?? "").split(separator: " "))
        return names.isSuperset(of: (scope ?? "").split(separator: " ")) && self.expiresAt.map { $0 > now } ?? true
    }

    /// Visible ASCII of a sensible length.
    static func isPlain(_ text: String) -> Bool {
        1...8_192 ~= text.utf8.count && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    /// Adds to a request for tokens what identifies the client, and returns its `Authorization` header.
    func identify(_ form: inout HTTPQuery) -> String? {
        // Some servers want the id in the form besides the header.
        form.append("client_id", self.id)
        guard let secret = self.secret?.reveal() else { return nil }
        if self.method == "client_secret_post" {
            form.append("client_secret", secret)
            return nil
        }
        // RFC 6749 §2.3.1: both are encoded first.
        let pair = [self.id, secret].map { PercentEncoding.encode($0) }.joined(separator: ":")
        return "Basic \(base64(Array(pair.utf8)))"
    }
}

/// A sign-in that is under way: what its end needs. The browser carries only the state.
struct PendingGrant: Sendable, Equatable {
    let client: OAuthClient
    let issuer: String
    let namesIssuer: Bool
    let token: HTTPURL
    let resource: String
    let redirect: String
    let scope: String?
    /// The code verifier of PKCE (RFC 7636).
    let verifier: Secret

    /// The page to which an owner goes.
    func page(at authorization: HTTPURL, state: String) -> HTTPURL {
        var query = HTTPQuery(parsing: authorization.query ?? "")
        for (name, value) in [
            ("response_type", "code"), ("client_id", self.client.id), ("redirect_uri", self.redirect),
            ("state", state), ("code_challenge", base64URL(sha256(self.verifier.reveal()))),
            ("code_challenge_method", "S256"), ("resource", self.resource),
        ] { query.append(name, value) }
        if let scope = self.scope { query.append("scope", scope) }
        return authorization.with(query: query)
    }

    /// The code that came back, after a check of whose answer it is (RFC 9207 §2.4).
    func code(in answer: HTTPQuery) throws -> Secret {
        if let issuer = answer["iss"] {
            guard issuer.hasBytes(of: self.issuer) else {
                throw ExtensionFailure.authorization("the answer comes from another authorization server")
            }
        } else if self.namesIssuer {
            throw ExtensionFailure.authorization("the answer does not say from which authorization server it comes")
        }
        if let error = answer["error"] {
            let shown = VisibleText.strictLine(error.beginning(bytes: 60))
            throw error == "access_denied"
                ? ExtensionFailure(.unauthorized, "The sign-in was cancelled there. Begin again, and allow it.")
                : ExtensionFailure.authorization("\(IssuerMetadata.shown(self.issuer)) refused it (\(shown))")
        }
        guard let code = answer["code"], OAuthClient.isPlain(code) else {
            throw ExtensionFailure.authorization("no usable code came back")
        }
        return Secret(code)
    }

    func form(with code: Secret) -> HTTPQuery {
        [
            "grant_type": "authorization_code", "code": code.reveal(), "redirect_uri": self.redirect,
            "code_verifier": self.verifier.reveal(), "resource": self.resource,
        ]
    }
}

extension OAuthSettings {
    package static func isCredential(_ text: String) -> Bool { OAuthClient.isPlain(text) }
    package static func isScope(_ text: String) -> Bool { OAuthScope.isPlain(text) }
}
