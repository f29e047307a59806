internal import Crypto
internal import HTTP
internal import HTTPClient
internal import JSON
package import Models
package import People
package import Primitives

/// This host at an OpenID Connect provider.
package struct OpenIDClient: Sendable, Hashable {
    /// To the letter as the provider writes it.
    package let issuer: String
    package let clientID: String
    package let clientSecret: Secret
    /// The claim that lists the person's groups; nil where groups do not count.
    package let groups: String?
    /// What people call the provider.
    package let name: String

    package init(issuer: String, clientID: String, clientSecret: Secret, groups: String?, name: String) {
        self.issuer = issuer
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.groups = groups
        self.name = name
    }
}

/// Signs people in with an OpenID Connect provider: the authorization code flow with PKCE and a nonce
/// (openid.net/specs/openid-connect-core-1_0).
package actor OpenIDProvider: SignInProvider {
    package nonisolated let method = SignInMethod.oidc
    package nonisolated var title: String { self.client.name }
    /// Nobody can be asked later about somebody's groups, so the sign-in itself is short: the provider signs people in
    /// again without a question while it knows them.
    package nonisolated let lifetime: Int64? = 12 * 3_600_000

    private let client: OpenIDClient
    private let transport: any ModelTransport
    private let userAgent: String
    /// Milliseconds since 1970.
    private let now: @Sendable () -> Int64
    private var known: (document: ProviderDocument, readAt: Int64)?
    private var keys: (keys: [IssuerKey], readAt: Int64)?

    /// How long the provider's addresses and keys are reused; and, for a signature that none of them explains, at least.
    /// In milliseconds.
    private static let age: Int64 = 3_600_000
    private static let leastAge: Int64 = 30_000
    private static let limit = 1 << 20
    private static let groupLimit = 500

    package init(
        _ client: OpenIDClient, transport: any ModelTransport, userAgent: String,
        now: @escaping @Sendable () -> Int64 = WallClock.now
    ) {
        self.client = client
        self.transport = transport
        self.userAgent = userAgent
        self.now = now
    }

    package func page(for attempt: SignInAttempt, returningTo address: String) async throws -> String {
        let document = try await self.document()
        var scopes = ["openid", "profile", "email"]
        // Some providers send the claim only to whoever asks for it.
        if self.client.groups != nil, document.scopes.contains("groups") { scopes.append("groups") }
        var query = HTTPQuery(parsing: document.authorization.query ?? "")
        for (name, value) in [
            ("response_type", "code"), ("client_id", self.client.clientID), ("redirect_uri", address),
            ("scope", scopes.joined(separator: " ")), ("state", attempt.state), ("nonce", attempt.nonce),
            ("code_challenge", attempt.challenge), ("code_challenge_method", "S256"),
        ] { query.append(name, value) }
        return document.authorization.with(query: query).description
    }

    /// RFC 9207 §2.4: to the letter, and never missing where the provider says that it names itself.
    package func checkIssuer(_ issuer: String?) async throws {
        if issuer == self.client.issuer { return }
        guard issuer == nil, try await !self.document().namesIssuer else {
            throw SignInFailure(
                .refused,
                "It is not certain that this answer comes from \(self.title): it names "
                    + "\(issuer == nil ? "no issuer" : "another issuer"). Sign in again. If that does not help, ask an "
                    + "owner to compare gateway.sign_in.oidc.issuer with the provider's.")
        }
    }

    package func arrival(
        with code: Secret, of attempt: SignInAttempt, returningTo address: String, entries: [String]
    ) async throws -> SignInArrival {
        let text = try await self.idToken(for: code, attempt, returningTo: address)
        do {
            let token = try IDToken(text)
            let expected = IDToken.Expectation(
                issuer: self.client.issuer, clientID: self.client.clientID, nonce: attempt.nonce,
                now: self.now() / 1_000)
            let claims = try await self.claims(of: token, for: expected)
            return SignInArrival(visitor: try self.visitor(claims), grant: nil, unanswered: [:])
        } catch let refusal as IDToken.Refusal {
            throw self.nonsense("its id token is not accepted: \(refusal)")
        }
    }

    /// Nobody is asked: the sign-in ends soon.
    package func visitor(for person: SignedInPerson, entries: [String]) async throws -> Visitor {
        throw SignInFailure(.unavailable, "\(self.title) is asked only when somebody signs in")
    }

    /// Reads the provider's addresses and keys anew. Throws ``SignInFailure``.
    package func check() async throws {
        (self.known, self.keys) = (nil, nil)
        guard try await !self.currentKeys().isEmpty else {
            throw self.nonsense("it has no key for RS256 or ES256")
        }
    }

    // MARK: The provider

    private func document() async throws -> ProviderDocument {
        if let known = self.known, self.now() - known.readAt < Self.age { return known.document }
        let base = self.client.issuer.hasSuffix("/") ? String(self.client.issuer.dropLast()) : self.client.issuer
        let json = try await self.json(
            TransportRequest(
                .get, try self.url("\(base)/.well-known/openid-configuration"), headers: self.headers,
                idleTimeout: .seconds(10), totalTimeout: .seconds(15)))
        guard json["issuer"]?.stringValue == self.client.issuer else {
            throw self.nonsense("its issuer is not \(self.client.issuer), to the letter")
        }
        let document = ProviderDocument(
            authorization: try self.url(json["authorization_endpoint"]?.stringValue),
            token: try self.url(json["token_endpoint"]?.stringValue),
            keys: try self.url(json["jwks_uri"]?.stringValue),
            scopes: json["scopes_supported"]?.arrayValue?.compactMap(\.stringValue) ?? [],
            takesBasic: json["token_endpoint_auth_methods_supported"]?.arrayValue.map {
                $0.contains("client_secret_basic")
            } ?? true,
            namesIssuer: json["authorization_response_iss_parameter_supported"]?.boolValue ?? false)
        self.known = (document, self.now())
        return document
    }

    private func claims(of token: IDToken, for expected: IDToken.Expectation) async throws -> JSONObject {
        do {
            return try token.claims(signedBy: try await self.keys(for: token), for: expected)
        } catch let refusal as IDToken.Refusal where refusal == .wrongSignature {
            // The provider may have a new key under the old one's name, or keys without names.
            guard let keys = try await self.newKeys() else { throw refusal }
            return try token.claims(signedBy: keys, for: expected)
        }
    }

    private func keys(for token: IDToken) async throws -> [IssuerKey] {
        let keys = try await self.currentKeys()
        if keys.contains(where: { $0.serves(token) }) { return keys }
        // The provider may have changed its keys.
        return try await self.newKeys() ?? keys
    }

    /// The keys, read anew; nil if they were read a moment ago.
    private func newKeys() async throws -> [IssuerKey]? {
        guard let readAt = self.keys?.readAt, self.now() - readAt >= Self.leastAge else { return nil }
        self.keys = nil
        return try await self.currentKeys()
    }

    private func currentKeys() async throws -> [IssuerKey] {
        if let known = self.keys, self.now() - known.readAt < Self.age { return known.keys }
        let address = try await self.document().keys
        let json = try await self.json(
            TransportRequest(
                .get, address, headers: self.headers, idleTimeout: .seconds(10), totalTimeout: .seconds(15)))
        guard let list = json["keys"]?.arrayValue else { throw self.nonsense("it has no list of keys") }
        let keys = list.compactMap(IssuerKey.init)
        self.keys = (keys, self.now())
        return keys
    }

    private func idToken(
        for code: Secret, _ attempt: SignInAttempt, returningTo address: String
    ) async throws -> String {
        let document = try await self.document()
        var form: HTTPQuery = [
            "grant_type": "authorization_code", "code": code.reveal(), "redirect_uri": address,
            "code_verifier": attempt.verifier,
        ]
        var headers = self.headers
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        if document.takesBasic {
            // RFC 6749 §2.3.1: both are encoded first.
            let pair = [self.client.clientID, self.client.clientSecret.reveal()].map { PercentEncoding.encode($0) }
            headers["Authorization"] = "Basic \(base64(Array(pair.joined(separator: ":").utf8)))"
        } else {
            form.append("client_id", self.client.clientID)
            form.append("client_secret", self.client.clientSecret.reveal())
        }
        let json = try await self.json(
            TransportRequest(
                .post, document.token, headers: headers, body: Array(form.encoded.utf8), idleTimeout: .seconds(10),
                totalTimeout: .seconds(15)))
        guard let token = json["id_token"]?.stringValue else { throw self.nonsense("it sent no id token") }
        return token
    }

    private var headers: HTTPHeaders { ["Accept": "application/json", "User-Agent": self.userAgent] }

    private func json(_ request: TransportRequest) async throws -> JSON {
        let response: TransportResponse
        let body: [UInt8]
        do {
            response = try await self.transport.send(request)
            body = try await response.start(upTo: Self.limit)
        } catch let error as HTTPClientError {
            throw SignInFailure(
                .unavailable, "\(self.title) cannot be reached (\(error.message)). Try again in a moment.")
        }
        let json = try? JSON.parse(body, depthLimit: 16)
        if response.status == 200, let json, json.objectValue != nil { return json }
        // Nothing is wrong with its configuration.
        if [429, 502, 503, 504].contains(response.status) {
            throw SignInFailure(
                .unavailable,
                "\(self.title) cannot sign anybody in now (status \(response.status)). Try again in a moment.")
        }
        switch json?["error"]?.stringValue {
        case "invalid_grant":
            throw SignInFailure(.refused, "\(self.title) does not accept this sign-in any more. Sign in again.")
        case "invalid_client", "unauthorized_client":
            throw SignInFailure(
                .unavailable,
                "\(self.title) does not accept this host's client id and secret. Ask an owner to correct "
                    + "gateway.sign_in.oidc.")
        default: throw self.nonsense("it answers with the status \(response.status) at \(request.url.path)")
        }
    }

    private func nonsense(_ why: String) -> SignInFailure {
        SignInFailure(
            .unavailable,
            "\(self.title) does not answer as it should: \(VisibleText.strictLine(String(why.prefix(300)))). Ask an owner to "
                + "run `jetbridge doctor`, which checks it.")
    }

    /// Codes and secrets go to these addresses.
    private func url(_ text: String?) throws -> HTTPURL {
        guard let text, let url = try? HTTPURL(text) else {
            throw self.nonsense("its description lacks an address that is needed")
        }
        guard url.scheme == "https" || url.scheme == "http" && url.isLoopback else {
            throw self.nonsense("its address \(url.origin) does not begin with https://")
        }
        return url
    }

    // MARK: The person

    private func visitor(_ claims: JSONObject) throws -> Visitor {
        guard let subject = claims["sub"]?.stringValue, Self.isSubject(subject) else {
            throw self.nonsense("its id token has no subject that could be used")
        }
        // Checked before the case is lowered: that makes ASCII of some other letters, such as a k of the Kelvin sign.
        let address = claims["email"]?.stringValue.flatMap { Self.isSubject($0) ? $0.lowercased() : nil }
        // Some providers write the boolean as text.
        let isVerified = claims["email_verified"]?.boolValue == true || claims["email_verified"] == "true"
        // Lists have mail addresses beside subjects, and at some providers people choose their subject themselves.
        guard !subject.contains("@") || isVerified && address == subject.lowercased() else {
            throw SignInFailure(
                .refused,
                "\(self.title) does not say that \(subject) is your own mail address. Verify it there, then sign in again."
            )
        }
        var held: [String] = []
        if isVerified, let address { held.append("oidc:\(address)") }
        if let claim = self.client.groups {
            let groups = claims[claim]?.stringValue.map { [$0] } ?? claims[claim]?.arrayValue?.compactMap(\.stringValue)
            held += (groups ?? []).prefix(Self.groupLimit).filter { !$0.contains(where: \.isNewline) }.map {
                "oidc:group/\($0)"
            }
        }
        let names = ["name", "preferred_username", "email"].compactMap { claims[$0]?.stringValue }
        let shown = names.lazy.map { VisibleText.line(String($0.prefix(40))) }.first { !$0.isEmpty } ?? subject
        return Visitor(
            account: AccountKey(provider: self.method.rawValue, issuer: self.client.issuer, subject: subject),
            name: shown, identity: "oidc:\(subject)", held: held)
    }

    /// At most 255 characters of ASCII (Core §2); and none that could be a group's entry.
    private static func isSubject(_ text: String) -> Bool {
        (1...255).contains(text.utf8.count) && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
            && !text.hasPrefix("group/")
    }
}

/// What is needed of a provider's description (OpenID Connect Discovery §3, RFC 9207 §3).
struct ProviderDocument: Sendable {
    let authorization: HTTPURL
    let token: HTTPURL
    let keys: HTTPURL
    let scopes: [String]
    /// Whether the client's secret goes into a header; else into the form.
    let takesBasic: Bool
    /// Whether each answer that comes back has an `iss`.
    let namesIssuer: Bool
}
