package import Chat
internal import Crypto
internal import Primitives

/// The access policy in force, its stored grants and its pairing codes.
package final class AccessControl: Sendable {
    private struct State {
        var policy: AccessPolicy
        var limiter = AttemptLimiter(perPeer: 5, inTotal: 30, window: 600_000)
        /// The sign-in code that the host printed at its start.
        var printed: (hash: String, expiresAt: Int64)?
    }

    private let state: Protected<State>
    private let store: SessionStore
    private let now: @Sendable () -> Int64

    /// Codes live for an hour.
    package static let codeLifetime: Int64 = 3_600_000

    package init(policy: AccessPolicy, store: SessionStore, now: @escaping @Sendable () -> Int64) {
        self.state = Protected(State(policy: policy))
        self.store = store
        self.now = now
    }

    /// Reads the stored grants, those of the gateway's credentials among them: what they wrote before a crash is still
    /// to be answered. Grants for a connection ended with the last run.
    package func load() async throws {
        try await self.store.write { ledger in try ledger.endConnectionGrants() }
        let grants = try await self.storedGrants()
        self.state.withLock { state in for grant in grants { state.policy.grant(grant.role, to: grant.identity) } }
    }

    /// Takes over changed lists; grants stay.
    package func replace(policy: AccessPolicy) async throws {
        let grants = try await self.storedGrants()
        var policy = policy
        for grant in grants { policy.grant(grant.role, to: grant.identity) }
        let complete = policy
        self.state.withLock { $0.policy = complete }
    }

    private func storedGrants() async throws -> [(identity: String, role: Role)] {
        let now = self.now()
        return try await self.store.read { ledger in
            let credentials = try ledger.credentials(kind: .cookie) + ledger.credentials(kind: .token)
            let valid = credentials.filter { ($0.expiresAt ?? .max) > now }
            return try ledger.grants() + valid.map { ($0.identity, $0.role) }
        }
    }

    package var isPairingAllowed: Bool { self.state.withLock { $0.policy.isPairingAllowed } }

    package func role(of sender: Sender) -> Role? { self.state.withLock { $0.policy.role(of: sender) } }

    /// Whether `peer` may present a code now: five wrong ones in ten minutes are enough.
    package func mayPair(_ peer: String) -> Bool {
        let now = self.now()
        return self.state.withLock { $0.limiter.mayTry(peer, at: now) }
    }

    /// Whether somebody unknown is expected: pairing is allowed, and a code was made that is still good. Another process
    /// may have made it.
    package func expectsPairing() async -> Bool {
        guard self.isPairingAllowed else { return false }
        let now = self.now()
        // A store that cannot be read lets nobody in.
        return (try? await self.store.read { ledger in try ledger.hasCode(at: now) }) ?? false
    }

    /// Uses up `code` for `sender`. Nil for a wrong one.
    package func pair(_ sender: Sender, code: String) async throws -> Role? {
        let now = self.now()
        let hash = Self.hash(ofCode: code)
        let role = try await self.store.write { ledger -> Role? in
            guard let role = try ledger.takeCode(hash: hash, at: now) else { return nil }
            try ledger.grant(role, to: sender.id, isLasting: sender.isLasting, at: now)
            return role
        }
        self.state.withLock { state in
            if let role { state.policy.grant(role, to: sender.id) } else { state.limiter.failed(sender.id, at: now) }
        }
        return role
    }

    /// A sign-in code for the owner at the machine: it works in any number of browsers for an hour, is kept in memory
    /// only, and is good for nothing but ``signIn(_:code:)``.
    package func printSignInCode() -> String {
        let code = Crypto.randomCode()
        let expiresAt = self.now() + Self.codeLifetime
        self.state.withLock { $0.printed = (Self.hash(ofCode: code), expiresAt) }
        return code
    }

    /// Uses the printed code, or uses up a pairing code, for a browser. Nil for a wrong one; the caller counts those.
    package func signIn(_ sender: Sender, code: String) async throws -> Role? {
        let now = self.now()
        let hash = Self.hash(ofCode: code)
        let isPrinted = self.state.withLock { state in
            state.printed.map { $0.expiresAt > now && Crypto.constantTimeEqual($0.hash, hash) } ?? false
        }
        if isPrinted {
            self.admit(sender.id, as: .owner)
            return .owner
        }
        let role = try await self.store.write { ledger in try ledger.takeCode(hash: hash, at: now) }
        if let role { self.admit(sender.id, as: role) }
        return role
    }

    /// Makes known what a stored credential of the gateway speaks for, since another process may have made it.
    package func admit(_ identity: String, as role: Role) {
        self.state.withLock { $0.policy.grant(role, to: identity) }
    }

    /// The end of a connection's identity.
    package func end(_ identity: String) async throws {
        guard self.state.withLock({ $0.policy.isGranted(identity) }) else { return }
        self.state.withLock { $0.policy.revoke(identity) }
        try await self.store.write { ledger in try ledger.revoke(identity) }
    }

    /// A new code for `role`, as it is shown, and when it ends (milliseconds since 1970). Only its hash is stored.
    package static func makeCode(
        for role: Role, in store: SessionStore, at now: Int64
    ) async throws -> (code: String, expiresAt: Int64) {
        let code = Crypto.randomCode()
        let expiresAt = now + Self.codeLifetime
        let hash = Self.hash(ofCode: code)
        try await store.write { ledger in try ledger.insertCode(hash: hash, role: role, expiresAt: expiresAt) }
        return (code, expiresAt)
    }

    /// Hash of a code however it was typed: case, spaces and dashes do not matter.
    package static func hash(ofCode code: String) -> String {
        let normal = code.uppercased().filter { $0.isASCII && ($0.isLetter || $0.isNumber) }
        return Crypto.hex(Crypto.sha256(Array(normal.utf8)))
    }
}
