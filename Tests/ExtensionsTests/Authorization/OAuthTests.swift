import EventLoop
import HTTP
import JSON
import Primitives
import Testing

@testable import Extensions

/// What needs no server.
@Suite struct OAuthTests {
    // MARK: Challenges

    @Test(
        arguments: [
            (
                #"Bearer resource_metadata="https://a/b", scope="read write", error="invalid_token""#, "https://a/b",
                "read write"
            ),
            (#"Basic realm="x, Bearer scope=\"no\"", Bearer scope=read"#, nil, "read"),
            (#"Negotiate YWJjZA==, bearer Scope = x, scope="second""#, nil, "x"),
            ("Bearer scope=\"read\\\"\"", nil, "read\""),
            (#"Bearer scope="open"#, nil, "open"),
            ("Bearer", nil, nil),
            (#"Bearer scope="a", Basic realm="b", resource_metadata="c""#, nil, "a"),
        ] as [(String, String?, String?)])
    func aChallengeIsReadAmongOthers(field: String, metadata: String?, scope: String?) throws {
        let challenge = try #require(BearerChallenge([field]))
        #expect(challenge.metadata == metadata)
        #expect(challenge.scope == scope)
    }

    @Test(arguments: ["", "Basic realm=\"x\"", ",,,===", "\"\"\"", "DPoP algs=\"ES256\""])
    func otherFieldsAreNoChallenge(field: String) {
        #expect(BearerChallenge([field]) == nil)
    }

    // MARK: Metadata

    @Test func theMetadataOfAResourceIsLookedForInThreePlaces() throws {
        let server = try HTTPURL("https://example.org/a/mcp?x=1")
        let places = ResourceMetadata.places(of: server, hint: "https://example.org/m").map(\.description)
        #expect(
            places == [
                "https://example.org/m", "https://example.org/.well-known/oauth-protected-resource/a/mcp",
                "https://example.org/.well-known/oauth-protected-resource",
            ])
        let root = ResourceMetadata.places(of: try HTTPURL("https://example.org"), hint: "no address")
        #expect(root.map(\.path) == ["/.well-known/oauth-protected-resource"])
    }

    @Test func theMetadataOfAnIssuerIsLookedForInThreePlaces() throws {
        let tenant = IssuerMetadata.places(of: try HTTPURL("https://example.org/tenant/")).map(\.path)
        #expect(
            tenant == [
                "/.well-known/oauth-authorization-server/tenant", "/.well-known/openid-configuration/tenant",
                "/tenant/.well-known/openid-configuration",
            ])
        let root = IssuerMetadata.places(of: try HTTPURL("https://example.org")).map(\.path)
        #expect(root == ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"])
    }

    @Test(arguments: [
        ("https://example.org/mcp", true), ("https://example.org/mcp/", true), ("https://example.org", true),
        ("https://example.org/m", false), ("https://example.org/mcp/x", false), ("https://evil.example.org/mcp", false),
        ("http://example.org/mcp", false), ("https://example.org:8443/mcp", false), ("example.org", false),
    ])
    func aTokenIsOnlyForTheServerItself(resource: String, isGood: Bool) throws {
        let json: JSON = ["resource": .string(resource), "authorization_servers": ["https://auth.example.org"]]
        let server = try HTTPURL("https://example.org/mcp")
        #expect(((try? ResourceMetadata(json, of: server)) != nil) == isGood)
    }

    private static func metadata(_ changes: JSONObject = [:]) -> JSON {
        var json: JSONObject = [
            "issuer": "https://auth.example.org", "authorization_endpoint": "https://auth.example.org/a?b=c",
            "token_endpoint": "https://auth.example.org/t", "code_challenge_methods_supported": ["plain", "S256"],
        ]
        json.merge(changes)
        return .object(json)
    }

    @Test(
        arguments: [
            ("issuer", "https://evil.example.org", "names another issuer"),
            ("issuer", "https://AUTH.example.org", "names another issuer"),
            ("code_challenge_methods_supported", ["plain"], "does not say that it supports PKCE with S256"),
            ("code_challenge_methods_supported", .null, "does not say that it supports PKCE with S256"),
            ("token_endpoint", "/t", "lacks an address"),
        ] as [(String, JSON, String)])
    func metadataThatDoesNotFitIsRefused(key: String, value: JSON, reason: String) {
        let json = Self.metadata([key: value])
        #expect {
            try IssuerMetadata(json, of: "https://auth.example.org")
        } throws: { "\($0)".contains(reason) }
    }

    @Test func anIssuerIsComparedToTheLetterButForARootsSlash() throws {
        #expect(
            try IssuerMetadata(Self.metadata(), of: "https://auth.example.org/").issuer == "https://auth.example.org")
        #expect(IssuerMetadata.isSame("https://a/x", "https://a/x"))
        #expect(!IssuerMetadata.isSame("https://a/x", "https://a/x/"))
    }

    // MARK: Requests

    private static func pending(namesIssuer: Bool = false) throws -> PendingGrant {
        PendingGrant(
            client: OAuthClient(id: "jb", secret: Secret("s:1"), methods: []), issuer: "https://auth.example.org",
            namesIssuer: namesIssuer, token: try HTTPURL("https://auth.example.org/t"),
            resource: "https://example.org/mcp", redirect: "https://jb.example.org/cb", scope: "read",
            verifier: Secret("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"))
    }

    @Test func thePageHasAllParameters() throws {
        let page = try Self.pending().page(at: try HTTPURL("https://auth.example.org/a?b=c"), state: "st")
        let query = HTTPQuery(parsing: page.query ?? "")
        #expect(query["b"] == "c" && query["resource"] == "https://example.org/mcp" && query["scope"] == "read")
        // RFC 7636, appendix B.
        #expect(query["code_challenge"] == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
    }

    @Test func anAnswerWithoutIssuerIsRefusedWhereItHasToHaveOne() throws {
        #expect(try Self.pending().code(in: ["code": "x"]).reveal() == "x")
        #expect(throws: ExtensionFailure.self) { try Self.pending(namesIssuer: true).code(in: ["code": "x"]) }
        // Whose answer it is comes before what it says.
        #expect {
            try Self.pending().code(in: ["error": "access_denied", "iss": "https://auth.example.org/"])
        } throws: { "\($0)".contains("another authorization server") }
    }

    @Test func aClientIdentifiesItselfAsItWasTold() {
        for (method, methods, header, secret) in [
            (nil, ["client_secret_post"], nil, "s:1"), ("client_secret_basic", ["client_secret_post"], "Basic", nil),
            (nil, [], "Basic", nil), ("private_key_jwt", ["client_secret_post", "client_secret_basic"], "Basic", nil),
        ] as [(String?, [String], String?, String?)] {
            var form: HTTPQuery = [:]
            let client = OAuthClient(id: "j b", secret: Secret("s:1"), method: method, methods: methods)
            #expect(client.identify(&form)?.prefix(5).description == header)
            #expect(form["client_secret"] == secret && form["client_id"] == "j b")
        }
        var form: HTTPQuery = [:]
        #expect(OAuthClient(id: "jb", secret: nil, methods: []).identify(&form) == nil)
    }

    @Test func whatAHostRegistersDependsOnItsAddress() {
        let web = OAuthClient.document(redirect: "https://jb.example.org/cb", methods: ["client_secret_post", "none"])
        #expect(web["application_type"] == "web" && web["token_endpoint_auth_method"] == "none")
        let native = OAuthClient.document(redirect: "http://127.0.0.1:8787/cb", methods: ["client_secret_post"])
        #expect(native["application_type"] == "native" && native["token_endpoint_auth_method"] == "client_secret_post")
    }

    // MARK: Tokens

    @Test(
        arguments: [
            (3_600, 3_540_000), (40, 30_000), (0, 0), ("600", 540_000), (.null, nil), (1e300, nil), (-5, 0),
        ] as [(JSON, Int64?)])
    func tokensAreRenewedAMinuteBeforeTheirEnd(seconds: JSON, renewsAt: Int64?) throws {
        let json: JSON = ["access_token": "a", "token_type": "BEARER", "expires_in": seconds]
        #expect(try TokenGrant(Self.pending(), json, address: "x", now: 0).renewsAt == renewsAt)
    }

    @Test(
        arguments: [
            ["access_token": "a"], ["access_token": "a", "token_type": "DPoP"], ["token_type": "bearer"],
            ["access_token": "a\r\nX: y", "token_type": "bearer"], ["access_token": "", "token_type": "bearer"],
        ] as [JSON])
    func whatIsNoTokenIsRefused(json: JSON) {
        #expect(throws: ExtensionFailure.self) { try TokenGrant(Self.pending(), json, address: "x", now: 0) }
    }

    @Test func sealedGrantsOpenAsTheyWereAndOnlyUnderTheirName() throws {
        let sealer = SealedGrants(key: [UInt8](repeating: 7, count: 32))
        let pending = try Self.pending(namesIssuer: true)
        let json: JSON = [
            "access_token": "a", "token_type": "bearer", "expires_in": 60, "refresh_token": "r", "scope": "x y",
        ]
        let grant = try TokenGrant(pending, json, address: "https://example.org/mcp", now: 1_000)
        #expect(sealer.grant(sealer.seal(grant, as: "one"), as: "one") == grant)
        #expect(sealer.grant(sealer.seal(grant, as: "one"), as: "two") == nil)
        #expect(sealer.pending(sealer.seal(pending, as: "one"), as: "one") == pending)
        #expect(sealer.grant([], as: "one") == nil)
    }

    // MARK: Where nothing is sent

    @Test func foreignAddressesAreNeverOnThisMachineOrWithoutTLS() async throws {
        let transport = OAuthTransport(to: try HTTPURL("https://example.org/mcp"), userAgent: "t")
        for address in ["http://auth.example.org/t", "http://127.0.0.1:1/t", "ws://example.org/t"] {
            #expect(transport.refusal(of: try HTTPURL(address)) != nil)
        }
        for address in [
            "https://127.0.0.1:1/t", "https://10.0.0.1/t", "https://169.254.169.254/t", "https://[::1]:1/t",
        ] {
            await #expect {
                _ = try await transport.get(try HTTPURL(address))
            } throws: { error in
                (error as? ExtensionFailure)?.kind == .down && "\(error)".contains("it is")
                    || "\(error)".contains("belongs")
            }
        }
    }

    @Test func aServerOnThisMachineMayNameOthersOnIt() throws {
        let transport = OAuthTransport(to: try HTTPURL("http://127.0.0.1:9000/mcp"), userAgent: "t")
        #expect(transport.refusal(of: try HTTPURL("http://localhost:9001/t")) == nil)
        #expect(transport.refusal(of: try HTTPURL("http://auth.example.org/t")) != nil)
    }
}
