internal import Crypto
internal import HTTP
internal import HTTPServer
internal import Primitives
internal import Sessions

/// Finds out who makes a request: a bearer token or the cookie of a signed-in browser.
struct Authenticator: Sendable {
    static let cookie = "jetbridge_session"

    private let store: SessionStore
    private let access: AccessControl
    private let now: @Sendable () -> Int64
    /// When each credential's last use was written down.
    private let touched = Protected<[String: Int64]>([:])

    /// Uses closer together than this are one.
    private static let touchInterval: Int64 = 60_000

    init(store: SessionStore, access: AccessControl, now: @escaping @Sendable () -> Int64) {
        self.store = store
        self.access = access
        self.now = now
    }

    /// Nil without a credential, and with one that is unknown, revoked or too old. A wrong token is not made good by a
    /// cookie.
    func principal(of headers: HTTPHeaders) async throws -> Principal? {
        if let authorization = headers["authorization"] {
            guard let token = Self.bearer(authorization) else { return nil }
            return try await self.principal(secret: token, kind: .token)
        }
        guard let cookie = HTTPCookie.value(of: Self.cookie, in: headers), !cookie.isEmpty else { return nil }
        return try await self.principal(secret: cookie, kind: .cookie)
    }

    /// Whether a credential still holds, for connections that outlive a request.
    func isValid(_ principal: Principal) async throws -> Bool {
        let kind = principal.credential.kind
        let id = principal.credential.id
        let now = self.now()
        return try await self.store.read { ledger in
            try ledger.credentials(kind: kind).contains { $0.id == id && ($0.expiresAt ?? .max) > now }
        }
    }

    private func principal(secret: String, kind: CredentialRecord.Kind) async throws -> Principal? {
        guard secret.utf8.count <= 512 else { return nil }
        let hash = CredentialSecret.hash(of: secret)
        let now = self.now()
        let found = try await self.store.read { ledger in try ledger.credential(hash: hash, at: now) }
        guard let found, found.kind == kind else { return nil }
        // The command line makes tokens while the host runs: their role is made known here.
        self.access.admit(found.identity, as: found.role)
        try await self.touch(found.id, at: now)
        return Principal(credential: found)
    }

    private func touch(_ id: String, at now: Int64) async throws {
        let isDue = self.touched.withLock { touched in
            guard now - (touched[id] ?? 0) >= Self.touchInterval else { return false }
            if touched.count > 10_000 { touched.removeAll() }
            touched[id] = now
            return true
        }
        if isDue { try await self.store.write { ledger in try ledger.touchCredential(id: id, at: now) } }
    }

    private static func bearer(_ header: String) -> String? {
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].equalsIgnoringCase("bearer") else { return nil }
        return String(parts[1].utf8.trimmingBlanks())
    }
}

/// Secrets of credentials: random, shown once, kept as a hash.
package enum CredentialSecret {
    /// What is stored in place of the secret.
    package static func hash(of secret: String) -> String {
        Crypto.hex(Crypto.sha256(secret))
    }
}
