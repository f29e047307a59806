internal import Audit
internal import Chat
internal import JSON
internal import Store

/// Decides who may enter with an account elsewhere, in the transaction of its caller.
struct AccountDesk: Sendable {
    /// For its lists; what owners have changed is read from the ledger.
    let policy: AccessPolicy
    let audit: @Sendable (Ledger, AuditEntry) throws -> Void

    /// Who changes access here; an owner it is not.
    static let actor = Sender(id: "host:sign-in", identities: [], displayName: "the check of sign-ins")

    /// What a decision changes for those who are in already.
    struct Verdict: Sendable {
        let admission: AccountAdmission
        /// Nil if nothing changes.
        let change: AccessChange?
    }

    /// Stores who came and what they may, or refuses them. Somebody who was in and is on no list any more is out.
    func admit(_ visitor: Visitor, in ledger: Ledger, at now: Int64) throws -> Verdict {
        let known = try ledger.account(visitor.account)
        var holder = try ledger.account(identity: visitor.identity)
        if known == nil, let former = holder {
            guard former.isReleased else { return Verdict(admission: .nameTaken, change: nil) }
            // Only if it is let in: a stranger changes nothing.
            guard try self.role(of: visitor.identity, holding: visitor.held, in: ledger) != nil else {
                return Verdict(admission: .unlisted, change: nil)
            }
            try self.people.endGifts(of: former.identity, keeping: nil, by: Self.actor, in: ledger)
            try ledger.retire(former)
            holder = nil
        }
        var person =
            known
            ?? SignedInPerson(
                account: visitor.account, identity: visitor.identity, name: visitor.name, held: [], role: nil,
                checkedAt: now)
        person.name = visitor.name
        person.held = visitor.held
        // Renamed: lists may have the new name too, unless it was somebody else's.
        if holder == nil, known != nil { person.held.append(visitor.identity) }
        person.checkedAt = now
        let change = try self.settle(&person, before: known?.role, in: ledger)
        // It may have ended until this sign-in only: now it is known what they may.
        if known != nil { try self.endShares(of: person, in: ledger) }
        guard person.role == nil else { return Verdict(admission: .admitted(person), change: change) }
        let isRemoved = try self.changes(in: ledger)[AccessPolicy.key(person.identity)] == .some(nil)
        return Verdict(admission: isRemoved ? .removed : .unlisted, change: change)
    }

    /// Applies lists and changes of owners to somebody, by what was last known of the account.
    func review(_ key: AccountKey, in ledger: Ledger) throws -> AccessChange? {
        guard var person = try ledger.account(key) else { return nil }
        if let before = person.role { return try self.settle(&person, before: before, in: ledger) }
        // Lists alone let nobody in again, but what they shared ends with their place on them.
        person.role = try self.role(of: person.identity, holding: person.held, in: ledger)
        try self.endShares(of: person, in: ledger)
        return nil
    }

    /// Ends somebody's access until they sign in again. They may have lost nothing, so what they share stays shared.
    func end(_ key: AccountKey, in ledger: Ledger) throws -> AccessChange? {
        guard var person = try ledger.account(key), let before = person.role else { return nil }
        person.role = nil
        return try self.write(person, before: before, keepingShares: true, in: ledger)
    }

    /// Gives the person their role, and writes both. Whoever is on no list and never was leaves no trace.
    private func settle(_ person: inout SignedInPerson, before: Role?, in ledger: Ledger) throws -> AccessChange? {
        person.role = try self.role(of: person.identity, holding: person.held, in: ledger)
        if before == nil, person.role == nil { return nil }
        return try self.write(person, before: before, in: ledger)
    }

    private func endShares(of person: SignedInPerson, in ledger: Ledger) throws {
        try self.people.endShares(of: person.identity, keeping: person.role, by: Self.actor, in: ledger)
    }

    private var people: PeopleDesk { PeopleDesk(policy: self.policy, audit: self.audit) }

    private func write(
        _ person: SignedInPerson, before: Role?, keepingShares: Bool = false, in ledger: Ledger
    ) throws -> AccessChange? {
        try ledger.store(person)
        guard let before, person.role != before else { return nil }
        if let role = person.role {
            try ledger.setRole(role, ofCookiesOf: person.identity)
        } else {
            try ledger.revokeCookies(of: person.identity)
        }
        if person.role.map({ $0 < before }) ?? true {
            if !keepingShares { try self.endShares(of: person, in: ledger) }
            try self.people.endMadeCodes(of: person.identity, by: Self.actor, in: ledger)
        }
        let shown = Person(person, role: before)
        try self.audit(
            ledger,
            AuditEntry(
                kind: .access, session: nil, turn: nil, actor: Self.actor.id,
                details: [
                    "person": .string(shown.identity), "id": .string(shown.id), "way": .string(shown.way.rawValue),
                    "name": .string(person.name), "by": .string(Self.actor.displayName),
                    "was": .string(before.rawValue), "role": person.role.map { .string($0.rawValue) } ?? .null,
                ]))
        return AccessChange(person: shown, role: person.role, actor: Self.actor)
    }

    /// The role by lists, pairings and changes of owners; nil for somebody who may not enter. A change of somebody's own
    /// role counts only while something else admits them: whoever leaves the organisation is out.
    func role(of identity: String, holding held: [String], in ledger: Ledger) throws -> Role? {
        let changes = try self.changes(in: ledger)
        let own = AccessPolicy.key(identity)
        let change = changes[own]
        if change == .some(nil) { return nil }
        let names = Set(held.map(AccessPolicy.key))
        var roles = try ledger.grants().filter { AccessPolicy.key($0.identity) == own }.map(\.role)
        for entry in self.policy.entries {
            let name = AccessPolicy.key(entry.text)
            if name == own {
                roles.append(entry.role)
            } else if names.contains(name), let role = changes[name] ?? .some(entry.role) {
                roles.append(role)
            }
        }
        return roles.max().map { change.flatMap(\.self) ?? $0 }
    }

    private func changes(in ledger: Ledger) throws -> [ExactText: Role?] {
        let rows = try ledger.accessChanges().map { (AccessPolicy.key($0.identity), $0.role) }
        return Dictionary(rows, uniquingKeysWith: { first, _ in first })
    }
}

extension Person {
    /// Somebody who signed in with an account elsewhere.
    ///
    /// - Parameters:
    ///   - role: If it is not the present one.
    ///   - cookies: Of their browsers.
    ///   - key: The entry of the lists that names them; nil for somebody whom an organisation or group admits.
    init(
        _ person: SignedInPerson, role: Role? = nil, _ cookies: [CredentialRecord] = [], key: String? = nil,
        listedRole: Role? = nil
    ) {
        self.init(
            id: Person.id(ofName: person.identity), identity: person.identity, name: person.name,
            role: role ?? person.role ?? .guest, way: .signIn, key: key, listedRole: listedRole,
            scopes: cookies.first?.scopes ?? [], since: cookies.map(\.createdAt).min(),
            lastSeen: cookies.compactMap(\.usedAt).max(), expiresAt: cookies.compactMap(\.expiresAt).max(),
            isLasting: true, browsers: cookies.map(\.id))
    }
}
