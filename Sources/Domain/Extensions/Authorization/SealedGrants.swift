internal import Crypto
internal import HTTP
internal import JSON
internal import Primitives

/// Grants as they are in the store: sealed, and bound to the name under which they are.
struct SealedGrants: Sendable {
    /// 32 bytes that all hosts of the store have.
    let key: [UInt8]

    func seal(_ grant: TokenGrant, as id: String) -> [UInt8] {
        var json = Self.json(grant.client)
        json["id"] = .string(id)
        json["address"] = .string(grant.address)
        json["issuer"] = .string(grant.issuer)
        json["token"] = .string(grant.token.description)
        json["resource"] = .string(grant.resource)
        json["redirect"] = .string(grant.redirect)
        json["scope"] = grant.scope.map { .string($0) }
        json["access"] = .string(grant.access.reveal())
        json["refresh"] = grant.refresh.map { .string($0.reveal()) }
        json["expires_at"] = grant.expiresAt.map { .integer($0) }
        json["renews_at"] = grant.renewsAt.map { .integer($0) }
        json["made_at"] = .integer(grant.madeAt)
        return sealAES256GCM(JSON.object(json).bytes, key: self.key)
    }

    func seal(_ pending: PendingGrant, as id: String) -> [UInt8] {
        var json = Self.json(pending.client)
        json["id"] = .string(id)
        json["issuer"] = .string(pending.issuer)
        json["names_issuer"] = .bool(pending.namesIssuer)
        json["token"] = .string(pending.token.description)
        json["resource"] = .string(pending.resource)
        json["redirect"] = .string(pending.redirect)
        json["scope"] = pending.scope.map { .string($0) }
        json["verifier"] = .string(pending.verifier.reveal())
        return sealAES256GCM(JSON.object(json).bytes, key: self.key)
    }

    /// Nil for what another key or name sealed.
    func grant(_ sealed: [UInt8], as id: String) -> TokenGrant? {
        guard let json = self.open(sealed, id), let address = json["address"]?.stringValue,
            let pending = Self.pending(json), let access = json["access"]?.stringValue,
            let madeAt = json["made_at"]?.intValue,
            var grant = try? TokenGrant(
                pending, ["access_token": .string(access), "token_type": "bearer"], address: address,
                now: Int64(madeAt))
        else { return nil }
        grant.refresh = json["refresh"]?.stringValue.map { Secret($0) }
        grant.expiresAt = json["expires_at"]?.intValue.map { Int64($0) }
        grant.renewsAt = json["renews_at"]?.intValue.map { Int64($0) }
        return grant
    }

    func pending(_ sealed: [UInt8], as id: String) -> PendingGrant? {
        self.open(sealed, id).flatMap(Self.pending)
    }

    private func open(_ sealed: [UInt8], _ id: String) -> JSON? {
        guard let bytes = openAES256GCM(sealed, key: self.key), let json = try? JSON.parse(bytes),
            json["id"]?.stringValue == id
        else { return nil }
        return json
    }

    private static func pending(_ json: JSON) -> PendingGrant? {
        guard let id = json["client_id"]?.stringValue, let issuer = json["issuer"]?.stringValue,
            let token = json["token"]?.stringValue.flatMap({ try? HTTPURL($0) }),
            let resource = json["resource"]?.stringValue, let redirect = json["redirect"]?.stringValue
        else { return nil }
        var client = OAuthClient(
            id: id, secret: json["client_secret"]?.stringValue.map { Secret($0) },
            method: json["client_method"]?.stringValue, methods: [])
        client.expiresAt = json["client_expires_at"]?.intValue.map { Int64($0) }
        client.scope = json["client_scope"]?.stringValue
        return PendingGrant(
            client: client, issuer: issuer, namesIssuer: json["names_issuer"]?.boolValue ?? false, token: token,
            resource: resource, redirect: redirect, scope: json["scope"]?.stringValue,
            verifier: Secret(json["verifier"]?.stringValue ?? ""))
    }

    private static func json(_ client: OAuthClient) -> JSONObject {
        var json: JSONObject = ["client_id": .string(client.id), "client_method": .string(client.method)]
        json["client_secret"] = client.secret.map { .string($0.reveal()) }
        json["client_scope"] = client.scope.map { .string($0) }
        json["client_expires_at"] = client.expiresAt.map { .integer($0) }
        return json
    }
}
