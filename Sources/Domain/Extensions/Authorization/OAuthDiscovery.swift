internal import HTTP
internal import JSON
internal import Logging
internal import Primitives

/// Finds out whom a remote server trusts, and makes this host known there.
struct OAuthDiscovery: Sendable {
    let server: String
    let address: HTTPURL
    let transport: OAuthTransport

    /// - Parameter hint: `resource_metadata` of a challenge.
    func resource(hint: String?) async throws -> ResourceMetadata {
        // A server behind a proxy may name itself with http://.
        for place in ResourceMetadata.places(of: self.address, hint: hint)
        where self.transport.refusal(of: place) == nil {
            guard let json = try await self.transport.get(place).success else { continue }
            return try ResourceMetadata(json, of: self.address)
        }
        return ResourceMetadata(without: self.address)
    }

    func metadata(of issuer: String) async throws -> IssuerMetadata {
        guard let url = try? HTTPURL(issuer) else {
            throw ExtensionFailure.authorization("\(IssuerMetadata.shown(issuer)) is not an address")
        }
        for place in IssuerMetadata.places(of: url) {
            guard let json = try await self.transport.get(place).success else { continue }
            let metadata = try IssuerMetadata(json, of: issuer)
            // A browser goes there: not to this machine for a server elsewhere.
            if let reason = self.transport.refusal(of: metadata.authorization) {
                throw ExtensionFailure.authorization(reason)
            }
            return metadata
        }
        throw ExtensionFailure.authorization(
            "\(url.origin) has no metadata of an authorization server. Set headers for \(self.server) instead")
    }

    /// Registers this host (RFC 7591).
    ///
    /// - Parameters:
    ///   - redirect: Where the browser comes back to.
    ///   - scope: What it is going to ask for.
    func register(at metadata: IssuerMetadata, redirect: String, scope: String?) async throws -> OAuthClient {
        guard let place = metadata.registration else {
            throw ExtensionFailure.authorization(
                "\(metadata.authorization.authority) does not let clients register themselves. Register Jetbridge there "
                    + "with the address \(redirect), and set oauth.client_id of \(self.server)")
        }
        let document = OAuthClient.document(redirect: redirect, methods: metadata.methods, scope: scope)
        let answer = try await self.transport.post(.object(document), to: place)
        guard
            let client = answer.success.flatMap({ OAuthClient(registered: $0, methods: metadata.methods, scope: scope) }
            )
        else {
            throw ExtensionFailure.authorization(
                "\(place.authority) refused to register this host (status \(answer.status))")
        }
        if let secret = client.secret { Redaction.register(secret) }
        return client
    }
}

/// Names of rights, separated by spaces.
enum OAuthScope {
    static func isPlain(_ text: String) -> Bool {
        1...2_000 ~= text.utf8.count && text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
    }

    /// The names of both in order, each once.
    static func union(_ one: String?, _ other: String?) -> String? {
        var names: [Substring] = []
        for name in [one, other].compactMap(\.self).flatMap({ $0.split(separator: " ") }) where !names.contains(name) {
            names.append(name)
        }
        return names.isEmpty ? nil : names.joined(separator: " ")
    }
}
