internal import Crypto
internal import HTTP
internal import HTTPServer
package import People
internal import Primitives
package import Store

/// Identifies the caller of a request by a bearer token or the cookie of a signed-in browser.
struct Authenticator: Sendable {
    /// Behind HTTPS the name begins with `__Host-`: browsers then take the cookie only from this host over HTTPS, so that
    /// neither another subdomain nor an unencrypted answer can plant one (RFC 6265bis §4.1.3.2).
    static func cookie(isSecure: Bool) -> String { isSecure ? "__Host-jetbridge_session" : "jetbridge_session" }

    private let cookie: String
    private let store: SessionStore
    private let access: AccessControl
    private let now: @Sendable () -> Int64
    private let credentials: CredentialLookup

    /// - Parameter isSecure: Whether the public URL is HTTPS.
    init(store: SessionStore, access: AccessControl, isSecure: Bool, now: @escaping @Sendable () -> Int64) {
        self.cookie = Self.cookie(isSecure: isSecure)
        self.store = store
        self.credentials = CredentialLookup(store: store)
        self.access = access
        self.now = now
    }

    /// Nil if the credential is missing, unknown, revoked or expired. With an invalid token,
    /// the cookie is ignored.
    func principal(of headers: HTTPHeaders) async throws -> Principal? {
        guard let (secret, kind) = self.secret(in: headers) else { return nil }
        return try await self.principal(secret: secret, kind: kind)
    }

    /// The fields with the credential of a request, and nothing else that its client wrote: for another host.
    func credential(of headers: HTTPHeaders) -> HTTPHeaders {
        switch self.secret(in: headers) {
        case (let token, .token)?: ["Authorization": "Bearer \(token)"]
        case (let cookie, .cookie)?: ["Cookie": "\(self.cookie)=\(cookie)"]
        case nil: [:]
        }
    }

    private func secret(in headers: HTTPHeaders) -> (String, CredentialRecord.Kind)? {
        if headers.contains("authorization") { return headers.bearerToken.map { ($0, .token) } }
        guard let cookie = HTTPCookie.value(of: self.cookie, in: headers), !cookie.isEmpty else { return nil }
        return (cookie, .cookie)
    }

    /// Whether a credential is still valid and shows the same, for connections that outlive a request.
    func isValid(_ principal: Principal) async throws -> Bool {
        let id = principal.credential.id
        guard self.access.identities(of: principal.identity) == principal.identities else { return false }
        let now = self.now()
        return try await self.store.read { ledger in
            try ledger.credential(id: id, at: now)?.role == principal.role
        }
    }

    private func principal(secret: String, kind: CredentialRecord.Kind) async throws -> Principal? {
        let now = self.now()
        var changes = self.access.changes
        guard var found = try await self.credentials.credential(secret: secret, kind: kind, at: now) else { return nil }
        // The command line can create tokens while the host runs, so their role is registered here. An owner may change it
        // while it is read.
        while !self.access.admit(found.identity, as: found.role, readAt: changes) {
            changes = self.access.changes
            guard let again = try await self.credentials.credential(secret: secret, kind: kind, at: now) else {
                return nil
            }
            found = again
        }
        try await self.credentials.noteUse(of: found.id, at: now)
        return Principal(credential: found, identities: self.access.identities(of: found.identity))
    }
}

/// Finds the stored credential a secret belongs to, and records when it was last used.
package struct CredentialLookup: Sendable {
    private let store: SessionStore
    /// When each credential's last use was stored.
    private let touched = Protected<[String: Int64]>([:])

    /// Uses closer together than this, in milliseconds, count as one.
    private static let touchInterval: Int64 = 60_000
    /// In bytes; far longer than any secret the host makes.
    private static let secretLimit = 512
    private static let touchedLimit = 10_000

    package init(store: SessionStore) {
        self.store = store
    }

    /// Nil for a secret that is unknown, revoked, expired, or of another kind.
    package func credential(
        secret: String, kind: CredentialRecord.Kind, at now: Int64
    ) async throws -> CredentialRecord? {
        guard let found = try await self.stored(secret: secret, kind: kind), !found.isExpired(at: now) else {
            return nil
        }
        return found
    }

    /// Like ``credential(secret:kind:at:)``, but also one that has expired and is still stored.
    package func stored(secret: String, kind: CredentialRecord.Kind) async throws -> CredentialRecord? {
        guard secret.utf8.count <= Self.secretLimit else { return nil }
        let hash = CredentialSecret.hash(of: secret)
        let found = try await self.store.read { ledger in try ledger.credential(hash: hash) }
        return found?.kind == kind ? found : nil
    }

    package func noteUse(of id: String, at now: Int64) async throws {
        let isDue = self.touched.withLock { touched in
            guard now - (touched[id] ?? 0) >= Self.touchInterval else { return false }
            if touched.count > Self.touchedLimit { touched.removeAll() }
            touched[id] = now
            return true
        }
        if isDue { try await self.store.write { ledger in try ledger.touchCredential(id: id, at: now) } }
    }
}

/// Secrets of credentials: random, shown once, stored as a hash.
package enum CredentialSecret {
    /// Stored in place of the secret.
    package static func hash(of secret: String) -> String {
        Crypto.hex(Crypto.sha256(secret))
    }
}
