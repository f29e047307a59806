internal import Crypto
internal import Primitives
package import Sessions

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
