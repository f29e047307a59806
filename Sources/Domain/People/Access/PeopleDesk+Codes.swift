internal import Audit
package import Chat
internal import JSON
internal import Primitives
package import Store

/// Codes for browsers, and what they admit.
extension PeopleDesk {
    /// A code that signs in another browser of a person who signs in in browsers. Throws ``PeopleError``.
    ///
    /// - Parameters:
    ///   - role: Of whoever asks. Only an owner makes such a code for somebody else, and nobody one for a person with a higher
    ///     role than their own.
    ///   - inThread: Whether the code is written into a conversation: none for an owner is.
    package func addBrowser(
        of who: String, by actor: Sender, as role: Role, inThread: Bool = false, in store: SessionStore, at now: Int64
    ) async throws -> MadeCode {
        try await store.write { ledger in
            try self.addBrowser(of: who, by: actor, as: role, inThread: inThread, in: ledger, at: now)
        }
    }

    func addBrowser(
        of who: String, by actor: Sender, as role: Role, inThread: Bool = false, in ledger: Ledger, at now: Int64
    ) throws -> MadeCode {
        let person = try self.browserPerson(who, by: actor, as: role, in: try self.listing(in: ledger, at: now))
        guard person.role <= role else {
            throw PeopleError(
                code: .notAllowed, message: "\(Self.code(person.shownName)) has a higher role than you.")
        }
        // A thread keeps what is written there, and tokens that only read can read it.
        guard !inThread || person.role < .owner else {
            throw PeopleError(code: .notAllowed, message: PeopleTexts.notWrittenHere)
        }
        let made = MadeCode(
            AccessCode(
                id: Identifier.make("i"), role: person.role, name: person.name, by: Self.name(of: actor),
                maker: actor.id, identity: person.identity, expiresAt: now + AccessControl.codeLifetime))
        try ledger.insert(made.entry, hash: AccessCode.hash(of: made.code), of: person.identity)
        try self.record(made.entry, "made", of: person.identity, by: actor, in: ledger)
        return made
    }

    private func browserPerson(_ who: String, by actor: Sender, as role: Role, in listing: Listing) throws -> Person {
        let own = Set(actor.identities.map { AccessPolicy.key($0.value) } + [AccessPolicy.key(actor.id)])
        let people = listing.people.filter { $0.way != .token }
        let isMe = { (person: Person) in own.contains(AccessPolicy.key(person.identity)) }
        let found: Person?
        if who.isEmpty || who.lowercased() == "me" {
            found = people.first(where: isMe)
        } else if role < .owner {
            // What others are called is not told.
            found = try? Self.find(who, in: people.filter(isMe), byName: true)
        } else {
            found = try listing.person(called: who)
        }
        guard let found else {
            throw PeopleError(
                code: .unknown,
                message: role < .owner
                    ? "You can add a browser of your own only, with `pair --for me`; owners can for everybody."
                    : "You have no sign-in in browsers yourself. Name a person: `people` lists everybody, with ids.")
        }
        guard found.way == .signIn || AccessPolicy.isOfAccount(found.identity) else {
            throw PeopleError(
                code: .notAllowed,
                message:
                    "\(Self.code(found.shownName)) is a person of \(found.network), who has no sign-in in browsers. "
                    + "`jetbridge pair --role \(found.role.rawValue)` makes a code for one.")
        }
        if AccessPolicy.isOfAccount(found.identity), found.browsers.isEmpty {
            throw PeopleError(
                code: .notAllowed,
                message: "\(Self.code(found.shownName)) is signed in nowhere, and signs in with an account elsewhere.")
        }
        return found
    }

    // MARK: Invites

    /// How many codes for somebody new are open at once.
    private static let invitesLimit = 100

    /// A code that lets in somebody new. Throws ``PeopleError``.
    package func invite(
        _ invitation: Invitation, by actor: Sender, in store: SessionStore, at now: Int64
    ) async throws -> MadeCode {
        let made = MadeCode(
            AccessCode(
                id: Identifier.make("i"), role: invitation.role, name: invitation.name, by: Self.name(of: actor),
                maker: actor.id, expiresAt: invitation.expiresAt))
        try await store.write { ledger in
            guard try ledger.invites(at: now).count < Self.invitesLimit else {
                throw PeopleError(
                    code: .notAllowed, message: "There are \(Self.invitesLimit) open invites. End some of them first.")
            }
            try ledger.insert(made.entry, hash: AccessCode.hash(of: made.code))
            try self.record(made.entry, "made", of: nil, by: actor, in: ledger)
        }
        return made
    }

    /// Takes an invite back. Returns whether it was open.
    package func endInvite(_ id: String, by actor: Sender, in store: SessionStore) async throws -> Bool {
        try await store.write { ledger in
            guard let code = try ledger.endInvite(id: id) else { return false }
            try self.record(code, "ended", of: nil, by: actor, in: ledger)
            return true
        }
    }

    // MARK: Signing in

    /// Signs a browser in with a code that was just taken, and records it. Nil if the code is worth nothing any more.
    func admit(
        _ browser: NewBrowser, with code: AccessCode, in ledger: Ledger, at now: Int64
    ) throws -> CredentialRecord? {
        var (role, end) = (code.role, now + browser.lifetime)
        if let identity = code.identity, AccessPolicy.isOfAccount(identity) {
            // No longer than what the provider has vouched for.
            let last = try ledger.cookies(of: identity, at: now).compactMap(\.expiresAt).max()
            guard let current = try ledger.account(identity: identity)?.role, let last else { return nil }
            (role, end) = (current, min(end, last))
        }
        let identity = code.identity ?? browser.identity
        // A person has one name in all browsers.
        let name = code.identity == nil ? browser.name ?? code.name : code.name ?? browser.name
        let record = CredentialRecord(
            id: browser.id, kind: .cookie, name: name ?? role.rawValue, identity: identity, role: role,
            scopes: CredentialRecord.scopes(ofBrowser: role), createdAt: now, expiresAt: end)
        try ledger.insert(record, hash: browser.hash)
        let person = Sender(id: identity, identities: [Identity(identity)], displayName: record.name)
        try self.record(code, "used", of: identity, by: person, in: ledger)
        return record
    }

    /// - Parameters:
    ///   - step: `made`, `used` or `ended`.
    ///   - identity: Whom it lets in; nil while that is open.
    func record(
        _ code: AccessCode, _ step: String, of identity: String?, by actor: Sender, in ledger: Ledger
    ) throws {
        let text: (String?) -> JSON = { $0.map { .string($0) } ?? .null }
        let role = code.role.rawValue
        let details: JSONObject = [
            "code": .string(step), "code_id": text(code.id), "person": text(identity),
            "id": text(identity.map { Person.id(ofName: $0) }), "name": text(code.name),
            "by": text(step == "used" ? code.by : Self.name(of: actor)),
            "was": text(code.identity == nil ? nil : role), "role": text(step == "ended" ? nil : role),
            "expires_at": .string(CivilTime(milliseconds: code.expiresAt).rfc3339),
        ]
        try self.audit(
            ledger, AuditEntry(kind: .access, session: nil, turn: nil, actor: actor.id, details: .object(details)))
    }

    static func name(of actor: Sender) -> String { actor.displayName.isEmpty ? actor.id : actor.displayName }

    static func code(_ text: String) -> String {
        EscapedText.code(VisibleText.strictLine(String(text.prefix(100)).beginning(bytes: 400)))
    }
}
