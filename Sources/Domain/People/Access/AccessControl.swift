package import Audit
package import Chat
internal import Crypto
internal import Primitives
package import Store

/// The current access policy with its stored grants and pairing codes.
package final class AccessControl: Sendable {
    struct State {
        /// As configured.
        var lists: AccessPolicy
        var policy: AccessPolicy
        /// All of a person's identities by each of them, of those who have several.
        var links: [String: [String]] = [:]
        /// How often an owner has changed somebody's access.
        var changes = 0
        /// Who had which role when another host last changed something, by identity.
        var known: [String: Person] = [:]
        // Change: how many wrong codes are allowed
        var limiter = AttemptLimiter(perPeer: 5, perGroup: 30, window: 600_000)
        /// The sign-in code that the host printed at start.
        var printed: (hash: String, expiresAt: Int64)?
        /// What to do when an owner has changed somebody's access.
        var observers: [@Sendable (AccessChange) async -> Void] = []
        /// What to do when somebody has linked two identities.
        var linkObservers: [@Sendable (IdentityLink) async -> Void] = []
    }

    let state: Protected<State>
    let store: SessionStore
    let audit: @Sendable (Ledger, AuditEntry) throws -> Void
    let now: @Sendable () -> Int64
    package let sightings = Sightings()

    /// Codes expire after an hour. Milliseconds.
    package static let codeLifetime: Int64 = 3_600_000

    /// - Parameter audit: Appends to the audit, in the transaction of the change that it records.
    package init(
        policy: AccessPolicy, store: SessionStore,
        audit: @escaping @Sendable (Ledger, AuditEntry) throws -> Void, now: @escaping @Sendable () -> Int64
    ) {
        self.state = Protected(State(lists: policy, policy: policy))
        self.store = store
        self.audit = audit
        self.now = now
    }

    /// Reads the stored grants, including those of the gateway's credentials: their messages from before a crash still
    /// have to be answered. Grants for a connection ended with the last run.
    ///
    /// - Parameter places: Those that nobody has served since.
    package func load(_ places: Places = .all) async throws {
        try await self.store.write(of: places) { ledger in try ledger.endConnectionGrants(of: places) }
        try await self.replace(policy: self.state.withLock { $0.lists })
        try await self.reviewAccounts()
    }

    /// Reads the grants again, because another host has changed some, and tells the observers who has less than before.
    package func reload() async throws {
        // Somebody may have come and gone since the last time.
        let granted = self.state.withLock { $0.policy.granted }
        try await self.replace(policy: self.state.withLock { $0.lists })
        let people = try await self.people().people
        let now = Dictionary(people.map { ($0.identity, $0) }, uniquingKeysWith: { first, _ in first })
        let (before, observers) = self.state.withLock { state in
            defer { state.known = now }
            return (state.known, state.observers)
        }
        let actor = Sender(id: "host:another", identities: [], displayName: "an owner")
        let others = granted.filter { before[$0.key] == nil }.map { Person(identity: $0.key, role: $0.value) }
        for person in Array(before.values) + others {
            let change = AccessChange(person: person, role: now[person.identity]?.role, actor: actor)
            guard change.isLowered else { continue }
            self.sightings.forget(person.identity)
            for observer in observers { await observer(change) }
        }
    }

    /// Applies changed lists; grants and what owners have changed stay.
    package func replace(policy: AccessPolicy) async throws {
        let now = self.now()
        let (complete, links) = try await self.store.read { ledger in
            var policy = policy
            let credentials = try ledger.credentials(kind: .cookie) + ledger.credentials(kind: .token)
            for grant in try ledger.grants() { policy.grant(grant.role, to: grant.identity) }
            for valid in credentials where !valid.isExpired(at: now) { policy.grant(valid.role, to: valid.identity) }
            policy.change(try ledger.accessChanges().map { ($0.identity, $0.role) })
            return (policy, Self.byIdentity(try ledger.linkedIdentities()))
        }
        self.state.withLock { state in
            state.lists = policy
            state.policy = complete
            state.links = links
        }
    }

    package var isPairingAllowed: Bool { self.state.withLock { $0.policy.isPairingAllowed } }

    package var takesRequests: Bool { self.state.withLock { $0.policy.takesRequests } }

    package func role(of sender: Sender) -> Role? { self.state.withLock { $0.policy.role(of: sender) } }

    /// The owners who are listed one by one, also those who have never written.
    package var listedOwners: [Sender] { self.state.withLock { $0.policy.listedOwners } }

    /// Whether an owner has taken away `sender`'s access.
    package func isRemoved(_ sender: Sender) -> Bool { self.state.withLock { $0.policy.isRemoved(sender) } }

    package func mask(of sender: Sender) -> HostMask? { self.state.withLock { $0.policy.mask(of: sender) } }

    package enum Pairing: Sendable, Equatable {
        case paired(Role)
        case wrongCode
        /// Too many wrong codes: this one was not checked.
        case paused
    }

    /// Whether `sender` may present a code now: in ten minutes, five wrong ones from one person and thirty from all
    /// strangers of a network are the limit. Strangers' wrong codes lock out neither people with a role nor other
    /// networks.
    package func mayPair(_ sender: Sender, on network: AdapterID) -> Bool {
        let now = self.now()
        let group = self.group(of: sender, on: network)
        return self.state.withLock { $0.limiter.mayTry(sender.id, in: group, at: now) }
    }

    func group(of sender: Sender, on network: AdapterID) -> String? {
        self.role(of: sender) == nil ? network.rawValue : nil
    }

    /// Whether a stranger may be about to pair: pairing is allowed, and a valid code exists. Another process may have
    /// made it.
    package func expectsPairing() async -> Bool {
        guard self.isPairingAllowed else { return false }
        let now = self.now()
        // If the store cannot be read, nobody gets in.
        return (try? await self.store.read { ledger in try ledger.hasCode(at: now) }) ?? false
    }

    /// Whether `code` is a valid code, without redeeming it.
    package func isCode(_ code: String) async throws -> Bool {
        let now = self.now()
        let hash = AccessCode.hash(of: code)
        return try await self.store.read { ledger in try ledger.hasCode(hash: hash, at: now) }
    }

    /// Redeems `code` for `sender`.
    package func pair(_ sender: Sender, on network: AdapterID, code: String) async throws -> Pairing {
        let now = self.now()
        let hash = AccessCode.hash(of: code)
        let group = self.group(of: sender, on: network)
        let attempt = self.state.withLock { $0.limiter.reserve(sender.id, in: group, at: now) }
        guard let attempt else { return .paused }
        let removed = self.state.withLock { $0.policy.removals(of: sender) }
        let desk = self.desk
        let role = try await self.store.write { ledger -> Role? in
            guard let code = try ledger.takeCode(hash: hash, isBrowser: false, at: now) else { return nil }
            try ledger.grant(code.role, to: sender.id, isLasting: sender.isLasting, at: now)
            // An owner's code lets somebody in again who was removed.
            for identity in removed { try ledger.undoAccessChange(of: identity) }
            try desk.record(code, "used", of: sender.id, by: sender, in: ledger)
            return code.role
        }
        guard let role else { return .wrongCode }
        self.state.withLock { state in
            state.policy.grant(role, to: sender.id)
            for identity in removed { state.policy.undoChange(identity) }
            state.limiter.giveBack(attempt)
        }
        return .paired(role)
    }

    /// A sign-in code for the owner at the machine: it works in any number of browsers for an hour, is kept only in
    /// memory, and works only with ``signIn(_:code:)``.
    package func printSignInCode() -> String {
        let code = Crypto.randomCode()
        let expiresAt = self.now() + Self.codeLifetime
        self.state.withLock { $0.printed = (AccessCode.hash(of: code), expiresAt) }
        return code
    }

    /// Accepts the printed code, or redeems another one, and stores the browser's sign-in. Nil for a wrong code; the caller
    /// counts those.
    package func signIn(_ browser: NewBrowser, code: String) async throws -> CredentialRecord? {
        let now = self.now()
        let hash = AccessCode.hash(of: code)
        let printed = self.printedCode(hash, at: now)
        let (desk, changes) = (self.desk, self.changes)
        let record = try await self.store.write { ledger in
            let code = try printed ?? ledger.takeCode(hash: hash, isBrowser: true, at: now)
            return try code.flatMap { try desk.admit(browser, with: $0, in: ledger, at: now) }
        }
        // If an owner changes the role meanwhile, the browser's next request reads it again.
        if let record { _ = self.admit(record.identity, as: record.role, readAt: changes) }
        return record
    }

    /// What a code is for, without using it up; nil for a wrong one. The caller counts those.
    package func look(at code: String) async throws -> AccessCode? {
        let now = self.now()
        let hash = AccessCode.hash(of: code)
        if let printed = self.printedCode(hash, at: now) { return printed }
        return try await self.store.read { ledger in try ledger.code(hash: hash, at: now) }
    }

    private func printedCode(_ hash: String, at now: Int64) -> AccessCode? {
        let isPrinted = self.state.withLock { state in
            state.printed.map { $0.expiresAt > now && Crypto.constantTimeEqual($0.hash, hash) } ?? false
        }
        return isPrinted ? AccessCode(role: .owner, expiresAt: now) : nil
    }

    /// A code that lets in somebody new. Throws ``PeopleError``.
    package func invite(_ invitation: Invitation, by actor: Sender) async throws -> MadeCode {
        try await self.desk.invite(invitation, by: actor, in: self.store, at: self.now())
    }

    /// Takes an invite back. Returns whether it was open.
    package func endInvite(_ id: String, by actor: Sender) async throws -> Bool {
        try await self.desk.endInvite(id, by: actor, in: self.store)
    }

    /// Revokes a credential that somebody may have misused; see ``PeopleDesk/revoke(_:by:in:)``.
    package func revoke(credential id: String, by actor: Sender) async throws -> Bool {
        try await self.desk.revoke(id, by: actor, in: self.store)
    }

    /// A code that signs in another browser of a person. Throws ``PeopleError``.
    ///
    /// - Parameter role: Of `actor`, who needs to be an owner for anybody but themselves.
    package func addBrowser(
        of who: String, by actor: Sender, as role: Role, inThread: Bool = false
    ) async throws -> MadeCode {
        try await self.desk.addBrowser(
            of: who, by: actor, as: role, inThread: inThread, in: self.store, at: self.now())
    }

    /// How often an owner has changed somebody's access.
    package var changes: Int { self.state.withLock { $0.changes } }

    /// Grants the role of a stored gateway credential, which another process may have made.
    ///
    /// - Parameter changes: ``changes`` before the credential was read. If there were more since then, the role may be an
    ///   old one: nothing is granted, and the result is false.
    package func admit(_ identity: String, as role: Role, readAt changes: Int) -> Bool {
        self.state.withLock { state in
            guard state.changes == changes else { return false }
            state.policy.grant(role, to: identity)
            return true
        }
    }

    /// Grants a role that was just given.
    package func admit(_ identity: String, as role: Role) {
        self.state.withLock { $0.policy.grant(role, to: identity) }
    }

    /// Revokes the grant of an identity that ended with its connection.
    package func end(_ identity: String) async throws {
        guard self.state.withLock({ $0.policy.isGranted(identity) }) else { return }
        self.state.withLock { $0.policy.revoke(identity) }
        try await self.store.write { ledger in try ledger.revoke(identity) }
    }

    // MARK: People

    /// Everybody with access.
    package func people() async throws -> PeopleDesk.Listing {
        try await self.desk.listing(of: self.store, at: self.now())
    }

    /// Gives somebody another role. Throws ``PeopleError``.
    package func set(_ role: Role, of who: String, by actor: Sender) async throws -> AccessChange {
        try await self.change(who, to: role, by: actor)
    }

    /// Takes away somebody's access. When it returns, their connections are closed and their answers stopped. Throws
    /// ``PeopleError``.
    package func remove(_ who: String, by actor: Sender) async throws -> AccessChange {
        try await self.change(who, to: nil, by: actor)
    }

    private func change(_ who: String, to role: Role?, by actor: Sender) async throws -> AccessChange {
        let changes = try await self.desk.change(who, to: role, by: actor, in: self.store, at: self.now())
        for change in changes { await self.apply(change) }
        // An entry such as an organisation admits many.
        if changes.contains(where: { $0.person.way == .list }) { try await self.reviewAccounts() }
        try await self.readLinks()
        return changes[0]
    }

    func readLinks() async throws {
        let links = try await self.store.read { ledger in try ledger.linkedIdentities() }
        self.state.withLock { $0.links = Self.byIdentity(links) }
    }

    /// Calls `observer` after each change by an owner, and waits for it.
    package func observe(_ observer: @escaping @Sendable (AccessChange) async -> Void) {
        self.state.withLock { $0.observers.append(observer) }
    }

    package var desk: PeopleDesk { PeopleDesk(policy: self.state.withLock { $0.policy }, audit: self.audit) }

    private func apply(_ change: AccessChange) async {
        let person = change.person
        let observers = self.state.withLock { state in
            state.changes += 1
            if let role = change.role {
                state.policy.undoChange(person.identity)
                if person.way == .list || AccessPolicy.isOfAccount(person.identity) {
                    state.policy.change(person.identity, to: role)
                }
                if person.way != .list || state.policy.isGranted(person.identity) {
                    state.policy.grant(role, to: person.identity)
                }
            } else {
                state.policy.revoke(person.identity)
                if person.isLasting { state.policy.change(person.identity, to: nil) }
            }
            state.known[person.identity] = nil
            return state.observers
        }
        self.sightings.forget(person.identity)
        for observer in observers { await observer(change) }
    }

    /// A new code for `role`, as it is shown, and when it expires (milliseconds since 1970). Only its hash is stored.
    ///
    /// - Parameter by: Who makes it, as people read it.
    package static func makeCode(
        for role: Role, by: String? = nil, in store: SessionStore, at now: Int64
    ) async throws -> (code: String, expiresAt: Int64) {
        let made = MadeCode(
            AccessCode(id: Identifier.make("i"), role: role, by: by, expiresAt: now + Self.codeLifetime))
        try await store.write { ledger in try ledger.insert(made.entry, hash: AccessCode.hash(of: made.code)) }
        return (made.code, made.entry.expiresAt)
    }
}
