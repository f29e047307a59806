internal import Audit
package import Chat
internal import Crypto
internal import JSON
package import People
internal import Primitives
package import Store

/// What is to be shared, with whom, and until when.
package struct ShareWish: Sendable, Equatable {
    package enum Audience: Sendable, Equatable {
        /// By an id, an identity, an account's name, or a name that only one person has.
        case person(String)
        case host
        case everybody
    }

    package let audience: Audience
    package let right: ThreadRight
    /// Such as `7d`; nil for the standard.
    package let term: String?

    package init(_ audience: Audience, right: ThreadRight = .read, term: String? = nil) {
        self.audience = audience
        self.right = right
        self.term = term
    }
}

/// A share that was just made.
package struct MadeShare: Sendable {
    package let share: Share
    /// What it opens with. That of a public page is shown only this once.
    package let url: String
}

/// Shares conversations, and ends that. Each change is one transaction with its row in the audit.
package final class ShareDesk: Sendable {
    private let store: SessionStore
    private let access: AccessControl
    private let environment: BridgeEnvironment
    private let observers = Protected<[@Sendable () async -> Void]>([])

    /// Of one conversation.
    private static let most = 100

    package init(store: SessionStore, access: AccessControl, environment: BridgeEnvironment) {
        self.store = store
        self.access = access
        self.environment = environment
    }

    /// Calls `observer` after something that was shared no longer is, and waits for it.
    package func observe(_ observer: @escaping @Sendable () async -> Void) {
        self.observers.withLock { $0.append(observer) }
    }

    /// The address of a conversation on the page.
    package func page(of session: String) -> String { "\(self.environment.settings.publicURL)/#/t/\(session)" }

    /// The shares of a conversation. Throws ``ShareProblem``.
    package func list(of session: SessionRecord, by sender: Sender, as role: Role) async throws -> [Share] {
        let now = self.environment.now()
        return try await self.store.read { ledger in
            try Self.check(sender, role, in: session, ledger, at: now)
            return try ledger.shares(of: session.id, at: now)
        }
    }

    /// Throws ``ShareProblem``.
    package func share(
        _ wish: ShareWish, of session: SessionRecord, by sender: Sender, as role: Role
    ) async throws -> MadeShare {
        let now = self.environment.now()
        guard wish.audience != .everybody || role >= .member else { throw ShareProblem.guestsShareNothingPublicly }
        guard wish.audience != .everybody || wish.right == .read else { throw ShareProblem.publicIsForReading }
        var end = wish.audience == .everybody ? now + ShareTerm.standard : nil
        if let term = wish.term {
            end = ShareTerm.end(term, at: now)
            if end == nil { throw ShareProblem.unknownTerm(term) }
        }
        let person = try await self.person(wish.audience, session)
        let audience: Share.Audience =
            switch wish.audience {
            case .person: .person(AccessPolicy.folded(person?.identity ?? ""))
            case .host: .host
            case .everybody: .everybody
            }
        let share = Share(
            id: Identifier.make("sh"), session: session.id, audience: audience, name: person?.shownName,
            right: wish.right, maker: sender.id, makerName: sender.displayName, createdAt: now, expiresAt: end)
        let token = audience == .everybody ? Crypto.hex(Crypto.randomBytes(16)) : nil
        let (audit, people) = (self.environment.auditDecision, self.access.desk)
        let takesAway = try await self.store.write(ofSession: session.id) { ledger -> Bool in
            guard let session = try ledger.session(id: session.id, isChanging: true) else { throw ShareProblem.nothing }
            try Self.check(sender, role, in: session, ledger, at: now)
            try ledger.deleteExpiredShares(of: session.id, at: now)
            let known = try ledger.shares(of: session.id, at: now)
            let was = known.first { $0.audience == audience }
            guard was != nil || known.count < Self.most else { throw ShareProblem.tooMany(Self.most) }
            try ledger.insert(share, token: token.map(Self.hash))
            // Nobody but the conversation's owner is given codes in it, and a public page does not show them.
            if audience != .everybody { try people.endShownCodes(of: session.owner, by: sender, in: ledger) }
            try audit(ledger, share.entry(was: was?.right, is: share.right, by: sender))
            return was.map { $0.right > share.right || share.expiresAt != nil } ?? false
        }
        // What it replaces may have given more.
        if takesAway { await self.tell() }
        let url = token.map { "\(self.environment.settings.publicURL)/s/\($0)" } ?? self.page(of: session.id)
        return MadeShare(share: share, url: url)
    }

    /// Ends the shares that `isMeant`, and returns them. Throws ``ShareProblem``.
    package func end(
        of session: SessionRecord, by sender: Sender, as role: Role,
        where isMeant: @escaping @Sendable (Share) -> Bool
    ) async throws -> [Share] {
        let now = self.environment.now()
        let audit = self.environment.auditDecision
        let ended = try await self.store.write(ofSession: session.id) { ledger -> [Share] in
            try Self.check(sender, role, in: session, ledger, at: now)
            let ended = try ledger.shares(of: session.id, at: now).filter(isMeant)
            for share in ended {
                try ledger.deleteShare(share.id)
                try audit(ledger, share.entry(was: share.right, is: nil, by: sender))
            }
            return ended
        }
        if !ended.isEmpty { await self.tell() }
        return ended
    }

    /// What a public page's token is stored as.
    package static func hash(_ token: String) -> String { Crypto.hex(Crypto.sha256(token)) }

    private func tell() async {
        for observer in self.observers.withLock({ $0 }) { await observer() }
    }

    private static func check(
        _ sender: Sender, _ role: Role, in session: SessionRecord, _ ledger: Ledger, at now: Int64
    ) throws {
        let others = try ledger.identities(of: sender.id).filter { $0 != sender.id }
        let visitor = ThreadVisitor(identity: sender.id, others: others, role: role)
        guard try ledger.right(of: visitor, in: session, at: now) == .own else { throw ShareProblem.notYours }
    }

    /// Nil where nobody is named.
    private func person(_ audience: ShareWish.Audience, _ session: SessionRecord) async throws -> Person? {
        guard case .person(let who) = audience else { return nil }
        do {
            let person = try await self.access.people().recipient(who)
            // A nick may be somebody else's next, and an entry such as a mask is many people's.
            guard person.isLasting, !person.identity.contains(where: { "*?".contains($0) }) else {
                throw ShareProblem.notLasting(person.shownName)
            }
            let visitor = ThreadVisitor(identity: person.identity, role: person.role)
            guard !visitor.began(threadOf: session.owner) else { throw ShareProblem.alreadyTheirs(person.shownName) }
            return person
        } catch let error as PeopleError {
            throw ShareProblem.unknownPerson(error.message)
        }
    }
}

extension Share {
    /// - Parameters:
    ///   - before: What they might do before; nil for nothing.
    ///   - after: And now.
    fileprivate func entry(was before: ThreadRight?, is after: ThreadRight?, by sender: Sender) -> AuditEntry {
        AuditEntry(
            kind: .access, session: self.session, turn: nil, actor: sender.id,
            details: [
                "person": .string(self.audience.word), "id": .string(self.id), "way": "share",
                "name": self.name.map { .string($0) } ?? .null, "by": .string(sender.displayName),
                "was": before.map { .string($0.rawValue) } ?? .null,
                "role": after.map { .string($0.rawValue) } ?? .null,
                "expires": self.expiresAt.map { .string(CivilTime(milliseconds: $0).rfc3339Seconds) } ?? .null,
            ])
    }
}
