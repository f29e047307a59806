internal import HTTP
internal import JSON
internal import Primitives

/// What a remote server says of its authorization (RFC 9728).
struct ResourceMetadata: Sendable, Equatable {
    /// As the token is bound to it (RFC 8707).
    let resource: String
    /// The first authorization server, to the letter.
    let issuer: String
    let scopes: [String]

    /// - Parameter server: The configured address, which the metadata must be about.
    init(_ json: JSON, of server: HTTPURL) throws {
        guard let resource = json["resource"]?.stringValue, Self.isResource(resource, of: server) else {
            throw ExtensionFailure.authorization("its metadata is about another address than \(server.origin)")
        }
        guard let issuer = json["authorization_servers"]?[0]?.stringValue else {
            throw ExtensionFailure.authorization("its metadata names no authorization server")
        }
        self.resource = resource
        self.issuer = issuer
        self.scopes = json["scopes_supported"]?.arrayValue?.compactMap(\.stringValue) ?? []
    }

    /// Of servers without metadata, as the protocol's revision 2025-03-26 has it.
    init(without server: HTTPURL) {
        self.resource = server.description
        self.issuer = server.origin
        self.scopes = []
    }

    /// The same address, or one above it at the same origin.
    static func isResource(_ text: String, of server: HTTPURL) -> Bool {
        guard let resource = try? HTTPURL(text), resource.origin == server.origin else { return false }
        let closed = { (path: String) in path.hasSuffix("/") ? path : path + "/" }
        return closed(server.path).hasPrefix(closed(resource.path))
    }

    /// Where the metadata may be, in this order.
    ///
    /// - Parameter hint: `resource_metadata` of a challenge.
    static func places(of server: HTTPURL, hint: String?) -> [HTTPURL] {
        let root = "/.well-known/oauth-protected-resource"
        let path = server.path == "/" ? [] : [root + server.path]
        return (hint.flatMap { try? HTTPURL($0) }.map { [$0] } ?? []) + (path + [root]).map { server.at($0) }
    }
}

/// What an authorization server says of itself (RFC 8414, OpenID Connect Discovery).
struct IssuerMetadata: Sendable, Equatable {
    /// To the letter.
    let issuer: String
    let authorization: HTTPURL
    let token: HTTPURL
    let registration: HTTPURL?
    let scopes: [String]
    /// How clients may identify themselves at ``token``.
    let methods: [String]
    /// Whether each answer that comes back has an `iss` (RFC 9207 §3).
    let namesIssuer: Bool
    /// Whether a client id may be the address of a document.
    let readsDocuments: Bool

    /// - Parameter issuer: Whose metadata was asked for.
    init(_ json: JSON, of issuer: String) throws {
        guard let name = json["issuer"]?.stringValue, Self.isSame(name, issuer) else {
            throw ExtensionFailure.authorization("the metadata of \(Self.shown(issuer)) names another issuer")
        }
        // RFC 7636: without it, a code that somebody else got hold of could be used.
        guard json["code_challenge_methods_supported"]?.arrayValue?.contains("S256") == true else {
            throw ExtensionFailure.authorization("\(Self.shown(issuer)) does not say that it supports PKCE with S256")
        }
        guard let authorization = json["authorization_endpoint"]?.stringValue.flatMap({ try? HTTPURL($0) }),
            let token = json["token_endpoint"]?.stringValue.flatMap({ try? HTTPURL($0) })
        else { throw ExtensionFailure.authorization("the metadata of \(Self.shown(issuer)) lacks an address") }
        self.issuer = name
        self.authorization = authorization
        self.token = token
        self.registration = json["registration_endpoint"]?.stringValue.flatMap { try? HTTPURL($0) }
        self.scopes = json["scopes_supported"]?.arrayValue?.compactMap(\.stringValue) ?? []
        self.methods =
            json["token_endpoint_auth_methods_supported"]?.arrayValue?.compactMap(\.stringValue)
            ?? ["client_secret_basic"]
        self.namesIssuer = json["authorization_response_iss_parameter_supported"]?.boolValue ?? false
        self.readsDocuments = json["client_id_metadata_document_supported"]?.boolValue ?? false
    }

    /// To the letter, but an issuer without a path may be written with or without its slash.
    static func isSame(_ one: String, _ other: String) -> Bool {
        if one.hasBytes(of: other) { return true }
        guard let url = try? HTTPURL(one), url.path == "/", url.query == nil else { return false }
        return one.hasBytes(of: other + "/") || other.hasBytes(of: one + "/")
    }

    static func shown(_ issuer: String) -> String { VisibleText.strictLine(issuer.beginning(bytes: 200)) }

    /// Where the metadata may be, in this order.
    static func places(of issuer: HTTPURL) -> [HTTPURL] {
        let path = issuer.path.hasSuffix("/") ? String(issuer.path.dropLast()) : issuer.path
        let roots = ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"]
        return (roots.map { $0 + path } + (path.isEmpty ? [] : [path + roots[1]])).map { issuer.at($0) }
    }
}

extension HTTPURL {
    fileprivate func at(_ path: String) -> HTTPURL {
        var url = self
        (url.path, url.query) = (path, nil)
        return url
    }
}

extension ExtensionFailure {
    /// - Parameter reason: A clause without the server's name, which the caller adds.
    static func authorization(_ reason: String) -> ExtensionFailure {
        ExtensionFailure(.unauthorized, "Signing in is not possible: \(reason).")
    }
}
