internal import Audit
internal import Chat
internal import JSON
internal import Store

/// A code by which another identity of the same person is linked.
struct LinkOffer: Sendable {
    let identity: String
    let name: String
    /// Where it was made.
    let thread: ThreadKey
    /// Milliseconds since 1970.
    let expiresAt: Int64
}

/// Makes identities one person and separates them, in the transaction of its caller, with rows in the audit.
extension PeopleDesk {
    /// The most identities of one person.
    private static let identitiesLimit = 10

    /// - Parameter names: What the two are called, if the offer's side is merged into `sender`: what `sender` has chosen
    ///   counts.
    func link(
        _ offer: LinkOffer, with sender: Sender, by actor: Sender, merging names: [String: String]? = nil,
        in ledger: Ledger, at now: Int64
    ) throws -> IdentityLink {
        let before = try ledger.identities(of: offer.identity)
        guard !before.contains(sender.id) else {
            throw PeopleError(code: .notAllowed, message: "These are one person already.")
        }
        guard try before.count + ledger.identities(of: sender.id).count <= Self.identitiesLimit else {
            throw PeopleError(
                code: .notAllowed, message: "One person has at most \(Self.identitiesLimit) identities here.")
        }
        let (first, other) = names == nil ? (offer.identity, sender.id) : (sender.id, offer.identity)
        try ledger.link(
            first, other, names: names ?? [offer.identity: offer.name, sender.id: sender.displayName], at: now)
        let link = IdentityLink(
            identity: offer.identity, name: offer.name, thread: offer.thread, sender: sender,
            identities: try ledger.identities(of: sender.id))
        try self.record("linked", offer.identity, with: sender.id, by: actor, in: ledger)
        try self.record("linked", sender.id, with: offer.identity, by: actor, in: ledger)
        return link
    }

    /// Separates an identity from the others of its person, which are returned.
    func unlink(_ identity: String, by actor: Sender, in ledger: Ledger) throws -> [String] {
        let others = try ledger.identities(of: identity).filter { $0 != identity }
        guard !others.isEmpty else { return [] }
        try ledger.unlink(identity)
        try self.record("unlinked", identity, with: others.joined(separator: " "), by: actor, in: ledger)
        for other in others { try self.record("unlinked", other, with: identity, by: actor, in: ledger) }
        return others
    }

    /// Gives one person what another one had: their identities are one person's from now on. Throws ``PeopleError``.
    ///
    /// - Parameters:
    ///   - old: Somebody with access, or the identity of somebody who once began a conversation.
    ///   - new: Somebody with access.
    func merge(
        _ old: String, into new: String, by actor: Sender, in ledger: Ledger, at now: Int64
    ) throws -> IdentityLink {
        let people = try self.listing(in: ledger, at: now).people.filter { $0.way != .token }
        let target = try Self.find(new, in: people)
        let identity: String
        var names: [String: String] = [:]
        names[target.identity] = target.name
        do {
            let person = try Self.find(old, in: people)
            identity = person.identity
            names[identity] = person.name
        } catch let error as PeopleError where error.code == .unknown {
            guard try ledger.hasConversations(of: old) else { throw error }
            identity = old
        }
        let offer = LinkOffer(
            identity: identity, name: old, thread: ThreadKey(adapter: Place.webAdapter, value: ""), expiresAt: now)
        let person = Sender(id: target.identity, identities: [], displayName: target.shownName)
        return try self.link(offer, with: person, by: actor, merging: names, in: ledger, at: now)
    }

    // MARK: The whole person

    /// What else changes when somebody's access does: an owner's decision is about all of the person's identities.
    func changeOthers(
        of person: Person, to role: Role?, by actor: Sender, in ledger: Ledger, at now: Int64
    ) throws -> [AccessChange] {
        let group = try ledger.linkedIdentities().first { $0.contains { Self.isSame($0, person.identity) } } ?? []
        var changes: [AccessChange] = []
        for identity in group {
            if role == nil {
                try ledger.unlink(identity)
                try ledger.endLinkCodes(of: identity)
            }
            guard !Self.isSame(identity, person.identity) else { continue }
            let people = try self.listing(in: ledger, at: now).people
            if let other = people.first(where: { $0.way != .token && Self.isSame($0.identity, identity) }) {
                changes.append(
                    try role.map { try self.set($0, of: other.id, by: actor, in: ledger, at: now) }
                        ?? self.remove(other.id, by: actor, in: ledger, at: now))
            } else if role == nil {
                // What else would admit it, such as a host mask, does no more.
                try ledger.changeAccess(of: AccessPolicy.folded(identity), to: nil, at: now)
                changes.append(
                    AccessChange(person: Person(identity: identity, role: .guest), role: nil, actor: actor))
            }
        }
        return changes
    }

    /// Accounts of IRC ignore case, and a list may spell them in another one than the server.
    static func isSame(_ one: String, _ other: String) -> Bool {
        guard one.hasPrefix("irc:") else { return AccessPolicy.key(one) == AccessPolicy.key(other) }
        return Glob.fold(Array(one.utf8)) == Glob.fold(Array(other.utf8))
    }

    private func record(
        _ step: String, _ identity: String, with other: String, by actor: Sender, in ledger: Ledger
    ) throws {
        let details: JSONObject = [
            "link": .string(step), "person": .string(identity), "id": .string(Person.id(ofName: identity)),
            "with": .string(other), "by": .string(Self.name(of: actor)),
        ]
        try self.audit(
            ledger, AuditEntry(kind: .access, session: nil, turn: nil, actor: actor.id, details: .object(details)))
    }
}
