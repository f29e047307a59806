package import Chat
internal import Crypto
internal import Primitives
internal import Store

/// People with several identities.
extension AccessControl {
    /// How long a code for linking is valid. Milliseconds.
    private static let linkLifetime: Int64 = 600_000

    /// The identities of the person who has this one, itself among them.
    package func identities(of identity: String) -> [String] {
        self.state.withLock { $0.links[identity] } ?? [identity]
    }

    /// A sender with all identities of the person.
    package func person(_ sender: Sender) -> Sender { sender.with(identities: self.identities(of: sender.id)) }

    /// Calls `observer` after somebody has linked two identities, and waits for it.
    package func observeLinks(_ observer: @escaping @Sendable (IdentityLink) async -> Void) {
        self.state.withLock { $0.linkObservers.append(observer) }
    }

    /// Carries out `link`, `link CODE` or, without a code, `unlink`. Returns the reply, in Markdown. Throws
    /// ``PeopleError``.
    ///
    /// - Parameter code: Empty to make one.
    package func relink(
        _ sender: Sender, in thread: ThreadKey, code: String?, sign: CommandSign
    ) async throws -> String {
        guard let code else { return LinkTexts.unlinked(try await self.unlink(sender)) }
        guard !code.isEmpty else {
            return LinkTexts.made(try await self.makeLinkCode(for: sender, in: thread))
        }
        switch try await self.link(sender, on: thread.adapter, code: code) {
        case .linked(let link): return LinkTexts.linked(link, sign: sign)
        case .wrongCode: return LinkTexts.wrongCode
        case .paused: return LinkTexts.paused
        }
    }

    /// A code with which another identity of `sender` links itself. Throws ``PeopleError``.
    ///
    /// - Parameter thread: Where it is asked for, and where the person learns who has used it.
    func makeLinkCode(for sender: Sender, in thread: ThreadKey) async throws -> String {
        try Self.checkLasting(sender)
        let (code, now) = (Crypto.randomCode(), self.now())
        let offer = LinkOffer(
            identity: sender.id, name: PeopleDesk.name(of: sender), thread: thread, expiresAt: now + Self.linkLifetime)
        try await self.store.write { ledger in
            try ledger.insertLink(offer, hash: AccessCode.hash(of: code), at: now)
        }
        return code
    }

    enum Linking: Sendable {
        case linked(IdentityLink)
        case wrongCode
        /// Too many wrong codes: this one was not checked.
        case paused
    }

    /// Links `sender` with the identity that made the code. Wrong ones count like those of ``pair(_:on:code:)``. Throws
    /// ``PeopleError``.
    func link(_ sender: Sender, on network: AdapterID, code: String) async throws -> Linking {
        try Self.checkLasting(sender)
        let (now, hash, desk) = (self.now(), AccessCode.hash(of: code), self.desk)
        let group = self.group(of: sender, on: network)
        guard let attempt = self.state.withLock({ $0.limiter.reserve(sender.id, in: group, at: now) }) else {
            return .paused
        }
        let link = try await self.store.write { ledger in
            try ledger.takeLink(hash: hash, at: now).map {
                try desk.link($0, with: sender, by: sender, in: ledger, at: now)
            }
        }
        guard let link else { return .wrongCode }
        self.state.withLock { $0.limiter.giveBack(attempt) }
        try await self.linksChanged(link.identities, by: sender)
        for observer in self.state.withLock({ $0.linkObservers }) { await observer(link) }
        return .linked(link)
    }

    /// Makes `sender`'s identity a person of its own. Returns the others of the person that it was.
    func unlink(_ sender: Sender) async throws -> [String] {
        let desk = self.desk
        let others = try await self.store.write { ledger in try desk.unlink(sender.id, by: sender, in: ledger) }
        if !others.isEmpty { try await self.linksChanged([sender.id] + others, by: sender) }
        return others
    }

    /// Gives `new` what `old` had. Throws ``PeopleError``.
    package func merge(_ old: String, into new: String, by actor: Sender) async throws -> IdentityLink {
        let (now, desk) = (self.now(), self.desk)
        let link = try await self.store.write { ledger in
            try desk.merge(old, into: new, by: actor, in: ledger, at: now)
        }
        try await self.linksChanged(link.identities, by: actor)
        return link
    }

    private static func checkLasting(_ sender: Sender) throws {
        guard !sender.isLasting else { return }
        throw PeopleError(
            code: .notAllowed,
            message: "Your nick may be somebody else's tomorrow. Log in to an account of this network first (SASL).")
    }

    /// Connections of these people show what they may see now.
    private func linksChanged(_ identities: [String], by actor: Sender) async throws {
        try await self.readLinks()
        let observers = self.state.withLock { $0.observers }
        for identity in identities {
            let sender = Sender(id: identity, identities: [Identity(identity)], displayName: "")
            let role = self.role(of: sender) ?? .guest
            let change = AccessChange(person: Person(identity: identity, role: role), role: role, actor: actor)
            for observer in observers { await observer(change) }
        }
    }

    static func byIdentity(_ links: [[String]]) -> [String: [String]] {
        Dictionary(links.flatMap { group in group.map { ($0, group) } }, uniquingKeysWith: { first, _ in first })
    }
}

extension Sender {
    /// The same sender with all identities of the person, as they are compared.
    package func with(identities: [String]) -> Sender {
        let known = Set(self.identities.map(\.value))
        let others = identities.filter { !known.contains($0) }.map { Identity($0) }
        return Sender(
            id: self.id, identities: self.identities + others, displayName: self.displayName, isBot: self.isBot,
            isSelf: self.isSelf, isLasting: self.isLasting)
    }
}
