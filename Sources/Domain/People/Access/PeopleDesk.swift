package import Audit
package import Chat
internal import JSON
internal import Primitives
package import Store

/// Lists who has access and changes it, in the transaction of its caller: the change and its row in the audit are one.
package struct PeopleDesk: Sendable {
    /// For its lists; what owners have changed is read from the ledger.
    let policy: AccessPolicy
    let audit: @Sendable (Ledger, AuditEntry) throws -> Void

    package init(policy: AccessPolicy, audit: @escaping @Sendable (Ledger, AuditEntry) throws -> Void) {
        self.policy = policy
        self.audit = audit
    }

    /// Everybody with access, and who is shut out whatever would admit them.
    package struct Listing: Sendable {
        package var people: [Person] = []
        /// Identities.
        package var removed: [String] = []
        /// Open codes for somebody new.
        package var invites: [AccessCode] = []
        /// Accounts that admit nobody any more; a removal frees their names.
        package var former: [Person] = []

        /// The id of somebody with access, or of somebody who was removed. Throws ``PeopleError``.
        package func id(of who: String) throws -> String {
            try self.removed(who).map { Person.id(of: $0) } ?? self.person(who).id
        }

        /// Somebody with access, by what may also be the name of only one person. Throws ``PeopleError``.
        package func person(called who: String) throws -> Person {
            try PeopleDesk.find(who, in: self.people.filter { $0.way != .token }, byName: true)
        }

        fileprivate func person(_ who: String) throws -> Person {
            do {
                return try PeopleDesk.find(who, in: self.people)
            } catch let error as PeopleError where error.code == .unknown {
                return try PeopleDesk.find(who, in: self.former)
            }
        }

        /// The identity of somebody who was removed, by that or by its id.
        fileprivate func removed(_ who: String) -> String? {
            self.removed.first { AccessPolicy.key($0) == AccessPolicy.key(who) || Person.id(of: $0) == who }
        }
    }

    // MARK: Listing

    /// Lists first, then pairings, browsers and tokens.
    func listing(in ledger: Ledger, at now: Int64) throws -> Listing {
        let stored = try ledger.accessChanges().map { (AccessPolicy.key($0.identity), $0.role) }
        let changes = Dictionary(stored, uniquingKeysWith: { first, _ in first })
        let sightings = try ledger.sightings()
        var grants = try ledger.grants()
        let since = try ledger.grantedAt()
        let lasting = try ledger.lastingGrants()
        var listing = Listing()
        let credentials = try (ledger.credentials(kind: .cookie) + ledger.credentials(kind: .token)).filter {
            !$0.isExpired(at: now)
        }
        let cookies = Dictionary(grouping: credentials.filter { $0.kind == .cookie }) { $0.identity }
        let accounts = try ledger.accounts()
        listing.former = accounts.filter { $0.role == nil && changes[AccessPolicy.key($0.identity)] == nil }
            .map { Person($0) }
        var signedIn = Dictionary(
            accounts.filter { $0.role != nil }.map { (AccessPolicy.key($0.identity), $0) },
            uniquingKeysWith: { first, _ in first })
        var known: Set<ExactText> = []
        for entry in self.policy.entries where known.insert(AccessPolicy.key(entry.text)).inserted {
            let name = AccessPolicy.key(entry.text)
            let change = changes[name]
            if let change, change == nil { continue }
            // Whoever is listed and has paired has the stronger role.
            let paired = grants.firstIndex { AccessPolicy.key($0.identity) == name }
            let granted = paired.map { grants.remove(at: $0).role }
            let role = [change ?? entry.role, granted].compactMap(\.self).max() ?? entry.role
            let listedRole = role == entry.role ? nil : entry.role
            if let person = signedIn.removeValue(forKey: name) {
                listing.people.append(
                    Person(person, cookies[person.identity] ?? [], key: entry.key, listedRole: listedRole))
                continue
            }
            let seen = sightings.filter { sighting in
                sighting.sender.identities.contains { AccessPolicy.matches(entry.text, $0) }
            }.max { $0.at < $1.at }
            listing.people.append(
                Person(
                    id: Person.id(of: name.text), identity: entry.text, name: seen?.sender.displayName, role: role,
                    way: .list, key: entry.key, listedRole: listedRole, scopes: [],
                    since: since[entry.text], lastSeen: seen?.at, expiresAt: nil, isLasting: true))
        }
        for grant in grants where signedIn[AccessPolicy.key(grant.identity)] == nil {
            let seen = sightings.first { $0.sender.id == grant.identity }
            listing.people.append(
                Person(
                    id: Person.id(of: grant.identity), identity: grant.identity, name: seen?.sender.displayName,
                    role: grant.role, way: .code, key: nil, listedRole: nil, scopes: [], since: since[grant.identity],
                    lastSeen: seen?.at, expiresAt: nil, isLasting: lasting.contains(grant.identity)))
        }
        listing.people += signedIn.values.sorted { $0.identity < $1.identity }.map {
            Person($0, cookies[$0.identity] ?? [])
        }
        // A browser that signed in with a code is a person, and so are the browsers that were added to it.
        var browsers = Set<String>()
        for cookie in credentials where cookie.kind == .cookie && !AccessPolicy.isOfAccount(cookie.identity) {
            guard browsers.insert(cookie.identity).inserted else { continue }
            listing.people.append(Person(ofBrowsers: cookies[cookie.identity] ?? [cookie]))
        }
        listing.people += credentials.filter { $0.kind == .token }.map(Person.init(token:))
        for group in try ledger.linkedIdentities() {
            for index in listing.people.indices where listing.people[index].way != .token {
                let identity = listing.people[index].identity
                if group.contains(where: { Self.isSame($0, identity) }) {
                    listing.people[index].linked = group.filter { !Self.isSame($0, identity) }
                }
            }
        }
        listing.invites = try ledger.invites(at: now)
        // A browser that was removed signs in as somebody else.
        listing.removed = changes.filter { $0.value == nil && !$0.key.text.hasPrefix("web:") }.map(\.key.text).sorted()
        return listing
    }

    package func listing(of store: SessionStore, at now: Int64) async throws -> Listing {
        try await store.read { ledger in try self.listing(in: ledger, at: now) }
    }

    // MARK: Changing

    /// Gives somebody a role, or with nil takes away their access: in all identities of the person, that one first.
    package func change(
        _ who: String, to role: Role?, by actor: Sender, in store: SessionStore, at now: Int64
    ) async throws -> [AccessChange] {
        try await store.write { ledger in
            let change =
                try role.map { try self.set($0, of: who, by: actor, in: ledger, at: now) }
                ?? self.remove(who, by: actor, in: ledger, at: now)
            // A token goes alone.
            guard change.person.way != .token else { return [change] }
            return try [change] + self.changeOthers(of: change.person, to: role, by: actor, in: ledger, at: now)
        }
    }

    /// Gives somebody another role, or access again to somebody who was removed.
    func set(
        _ role: Role, of who: String, by actor: Sender, in ledger: Ledger, at now: Int64
    ) throws -> AccessChange {
        let listing = try self.listing(in: ledger, at: now)
        if let identity = listing.removed(who) {
            return try self.bringBack(identity, as: role, by: actor, in: ledger, at: now)
        }
        let person = try Self.find(who, in: listing.people)
        if role < .owner { try self.keepOwner(besides: person, in: listing) }
        switch person.way {
        case .signIn where AccessPolicy.isOfAccount(person.identity):
            try self.set(role, ofAccount: person.identity, in: ledger, at: now)
        case .signIn: try ledger.setRole(role, ofCookiesOf: person.identity)
        case .token: try ledger.setRole(role, scopes: person.scopes, ofCredential: person.id)
        case .code: try ledger.setRole(role, ofGrant: person.identity)
        case .list:
            try ledger.setRole(role, ofGrant: person.identity)
            try self.changeListed(person.identity, to: role, in: ledger, at: now)
        }
        if role < person.role { try self.endGifts(of: person.identity, keeping: role, by: actor, in: ledger) }
        return try self.changed(person, from: person.role, to: role, by: actor, in: ledger)
    }

    /// Takes away somebody's access: their pairing, or their sign-in or token. They stay out whatever else would admit
    /// them, until an owner gives them a role or a code again.
    func remove(_ who: String, by actor: Sender, in ledger: Ledger, at now: Int64) throws -> AccessChange {
        let listing = try self.listing(in: ledger, at: now)
        let person = try listing.person(who)
        try self.keepOwner(besides: person, in: listing)
        if person.way == .token { _ = try ledger.revokeCredential(id: person.id) }
        if person.way == .signIn { try ledger.revokeCookies(of: person.identity) }
        if var account = try ledger.account(identity: person.identity) {
            account.role = nil
            try ledger.store(account)
            try ledger.revokeCookies(of: account.identity)
        }
        // An owner's grant is stored as names are compared.
        for name in Set([person.identity, AccessPolicy.folded(person.identity)]) { try ledger.revoke(name) }
        try ledger.forgetSighting(of: person.identity)
        try self.endGifts(of: person.identity, keeping: nil, by: actor, in: ledger)
        try ledger.endLinkCodes(of: person.identity)
        // A nick may be somebody else's next.
        if person.isLasting {
            try ledger.changeAccess(of: AccessPolicy.folded(person.identity), to: nil, at: now)
        }
        return try self.changed(person, from: person.role, to: nil, by: actor, in: ledger)
    }

    private func bringBack(
        _ identity: String, as role: Role, by actor: Sender, in ledger: Ledger, at now: Int64
    ) throws -> AccessChange {
        let isListed = self.policy.entries.contains { AccessPolicy.key($0.text) == AccessPolicy.key(identity) }
        try ledger.undoAccessChange(of: identity)
        // Whoever has the name at the provider now is meant.
        try ledger.releaseAccount(of: identity)
        if isListed {
            try self.changeListed(identity, to: role, in: ledger, at: now)
        } else {
            try ledger.grant(role, to: identity, isLasting: true, at: now)
            // In place of what an organisation or group would give.
            if AccessPolicy.isOfAccount(identity) { try ledger.changeAccess(of: identity, to: role, at: now) }
        }
        let person = try Self.find(identity, in: try self.listing(in: ledger, at: now).people)
        return try self.changed(person, from: nil, to: role, by: actor, in: ledger)
    }

    /// The configured role needs no change to count.
    private func changeListed(_ identity: String, to role: Role, in ledger: Ledger, at now: Int64) throws {
        let name = AccessPolicy.key(identity)
        let listed = self.policy.entries.filter { AccessPolicy.key($0.text) == name }.map(\.role).max()
        if listed == role {
            try ledger.undoAccessChange(of: name.text)
        } else {
            try ledger.changeAccess(of: name.text, to: role, at: now)
        }
    }

    /// Of somebody with an account elsewhere: the role that lists give them needs no change to count.
    private func set(_ role: Role, ofAccount identity: String, in ledger: Ledger, at now: Int64) throws {
        let name = AccessPolicy.folded(identity)
        try ledger.undoAccessChange(of: name)
        var account = try ledger.account(identity: identity)
        let listed = try AccountDesk(policy: self.policy, audit: self.audit)
            .role(of: identity, holding: account?.held ?? [], in: ledger)
        if listed != role { try ledger.changeAccess(of: name, to: role, at: now) }
        try ledger.setRole(role, ofCookiesOf: identity)
        account?.role = role
        if let account { try ledger.store(account) }
    }

    private func changed(
        _ person: Person, from before: Role?, to role: Role?, by actor: Sender, in ledger: Ledger
    ) throws -> AccessChange {
        try self.audit(
            ledger,
            AuditEntry(
                kind: .access, session: nil, turn: nil, actor: actor.id,
                details: [
                    "person": .string(person.identity), "id": .string(person.id), "way": .string(person.way.rawValue),
                    "name": person.name.map { .string($0) } ?? .null, "by": .string(actor.displayName),
                    "was": before.map { .string($0.rawValue) } ?? .null,
                    "role": role.map { .string($0.rawValue) } ?? .null,
                ]))
        return AccessChange(person: person, role: role, actor: actor)
    }

    /// A token is no person who could give access in a thread or on the page.
    private func keepOwner(besides person: Person, in listing: Listing) throws {
        guard person.role == .owner, person.way != .token, person.isLasting else { return }
        let others = listing.people.contains {
            $0.id != person.id && $0.role == .owner && $0.way != .token && $0.isLasting
        }
        guard !others else { return }
        throw PeopleError(
            code: .lastOwner,
            message: "\(EscapedText.code(person.shownName)) is the last owner, so nobody could give access any more. "
                + "Make somebody else an owner first, with `people set WHO owner` or the code of "
                + "`jetbridge pair --role owner`.")
    }

    /// Finds by id, that of a browser too, identity, or the last part of an identity, such as the account's name. Names that
    /// people choose themselves cannot be used where somebody's access is changed.
    ///
    /// - Parameter byName: Whether a name that only one person has will do.
    static func find(_ who: String, in people: [Person], byName: Bool = false) throws -> Person {
        let exact = ExactText(who)
        let key = AccessPolicy.key(who)
        if let person = people.first(where: {
            ExactText($0.id) == exact || AccessPolicy.key($0.identity) == key || $0.browsers.contains(who)
        }) {
            return person
        }
        let accounts = people.filter { ExactText($0.account) == exact }
        if accounts.count == 1 { return accounts[0] }
        let shown = Self.code(who)
        let alike = accounts.isEmpty ? people.filter { $0.name?.lowercased() == who.lowercased() } : accounts
        if byName, alike.count == 1 { return alike[0] }
        guard alike.isEmpty else {
            let ids = alike.prefix(5).map { "`\($0.id)` (\(EscapedText.code($0.identity)))" }.joined(separator: ", ")
            let why = accounts.isEmpty && !byName ? "is a name that anybody can choose" : "is not unique"
            throw PeopleError(code: .ambiguous, message: "\(shown) \(why). Use the id: \(ids).")
        }
        throw PeopleError(
            code: .unknown, message: "Nobody with access is called \(shown). `people` lists everybody, with ids.")
    }
}

extension Person {
    fileprivate init(token credential: CredentialRecord) {
        self.init(
            id: credential.id, identity: credential.identity, name: credential.name, role: credential.role,
            way: .token, key: nil, listedRole: nil, scopes: credential.scopes, since: credential.createdAt,
            lastSeen: credential.usedAt, expiresAt: credential.expiresAt, isLasting: true)
    }

    /// - Parameter cookies: Of one person who signed in with a code, oldest first.
    fileprivate init(ofBrowsers cookies: [CredentialRecord]) {
        let newest = cookies[cookies.count - 1]
        self.init(
            id: Person.id(of: newest.identity), identity: newest.identity, name: newest.name, role: newest.role,
            way: .signIn, key: nil, listedRole: nil, scopes: newest.scopes, since: cookies[0].createdAt,
            lastSeen: cookies.compactMap(\.usedAt).max(), expiresAt: cookies.compactMap(\.expiresAt).max(),
            isLasting: true, browsers: cookies.map(\.id))
    }
}
