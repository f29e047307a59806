internal import Chat
internal import Primitives
internal import Store

/// People who sign in with an account at GitHub or an OpenID Connect provider.
extension AccessControl {
    /// The entries of the lists that are about accounts of a provider: `github:octocat`, `github:org/acme`.
    package func entries(of provider: String) -> [String] {
        self.state.withLock { $0.policy.entries.map(\.text).filter { $0.hasPrefix("\(provider):") } }
    }

    /// Lets somebody in and stores their cookie, or refuses them.
    ///
    /// - Parameters:
    ///   - hash: Of the cookie's secret.
    ///   - lifetime: Of the cookie, in milliseconds.
    package func admit(
        _ visitor: Visitor, cookie id: String, hash: String, lifetime: Int64
    ) async throws -> AccountAdmission {
        let now = self.now()
        let desk = self.accountDesk
        let verdict = try await self.store.write { ledger in
            let verdict = try desk.admit(visitor, in: ledger, at: now)
            if case .admitted(let person) = verdict.admission, let role = person.role {
                let record = CredentialRecord(
                    id: id, kind: .cookie, name: person.name, identity: person.identity, role: role,
                    scopes: CredentialRecord.scopes(ofBrowser: role), createdAt: now, expiresAt: now + lifetime)
                try ledger.insert(record, hash: hash)
            }
            return verdict
        }
        await self.apply(verdict.change)
        // Whoever had the name before may have been linked.
        try await self.readLinks()
        if case .admitted(let person) = verdict.admission, let role = person.role {
            self.admit(person.identity, as: role)
        }
        return verdict.admission
    }

    /// Everybody with an account who has access.
    package func signedInPeople() async throws -> [SignedInPerson] {
        try await self.store.read { ledger in try ledger.accounts().filter { $0.role != nil } }
    }

    /// Applies what a provider says now about somebody who is in. Returns what changed.
    package func update(_ visitor: Visitor) async throws -> AccessChange? {
        let now = self.now()
        let desk = self.accountDesk
        let change = try await self.store.write { ledger -> AccessChange? in
            guard try ledger.account(visitor.account)?.role != nil else { return nil }
            return try desk.admit(visitor, in: ledger, at: now).change
        }
        await self.apply(change)
        return change
    }

    /// Ends somebody's access until they sign in again.
    package func end(_ account: AccountKey) async throws {
        let desk = self.accountDesk
        await self.apply(try await self.store.write { ledger in try desk.end(account, in: ledger) })
    }

    /// Applies changed lists to everybody with an account, by what is known of them.
    package func reviewAccounts() async throws {
        let people = try await self.store.read { ledger in try ledger.accounts() }
        guard !people.isEmpty else { return }
        let desk = self.accountDesk
        let changes = try await self.store.write { ledger in
            try people.compactMap { try desk.review($0.account, in: ledger) }
        }
        for change in changes { await self.apply(change) }
    }

    private var accountDesk: AccountDesk {
        AccountDesk(policy: self.state.withLock { $0.policy }, audit: self.audit)
    }

    /// Unlike a removal, the end of an access does not shut out: a list may admit them again.
    private func apply(_ change: AccessChange?) async {
        guard let change else { return }
        let identity = change.person.identity
        let observers = self.state.withLock { state in
            if let role = change.role { state.policy.grant(role, to: identity) } else { state.policy.revoke(identity) }
            state.known[identity] = nil
            return state.observers
        }
        self.sightings.forget(identity)
        for observer in observers { await observer(change) }
    }
}
