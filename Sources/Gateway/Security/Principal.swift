internal import Chat
internal import People
internal import Threads

/// The caller of a request.
struct Principal: Sendable {
    let credential: CredentialRecord
    /// All of the person's.
    let identities: [String]

    init(credential: CredentialRecord, identities: [String]? = nil) {
        self.credential = credential
        self.identities = identities ?? [credential.identity]
    }

    var role: Role { self.credential.role }
    var identity: String { self.credential.identity }
    /// The person's id in the list of people; a token's own where it acts for nobody else.
    var personID: String {
        let isOwn = !self.isCookie && self.identity == "web:\(self.credential.id)"
        return isOwn ? self.credential.id : Person.id(ofName: self.identity)
    }
    var otherIdentities: [String] { self.identities.filter { $0 != self.identity } }
    var isCookie: Bool { self.credential.kind == .cookie }

    /// As whom it comes to a thread.
    var visitor: ThreadVisitor { ThreadVisitor(identity: self.identity, others: self.otherIdentities, role: self.role) }
    /// Whether it may see other people's threads.
    var seesEverything: Bool { self.visitor.seesEverything }

    func has(anyOf scopes: Set<Scope>) -> Bool {
        let held = self.credential.scopes.compactMap { Scope(rawValue: $0) }
        return held.contains(.admin) || held.contains(where: scopes.contains)
    }

    /// Whether an answer of this person would count.
    ///
    /// - Parameter right: What they may do with the ask's thread.
    func mayAnswer(_ ask: AskRecord, with right: ThreadRight?) -> Bool {
        right.map { $0 >= .join } == true && self.has(anyOf: [.chat, .run])
            && ask.rule.allows(self.sender.with(identities: self.identities), as: self.role, askedBy: ask.requester)
    }

    var sender: Sender {
        // GitHub's names ignore case.
        let comparison: Identity.Comparison = self.identity.hasPrefix("github:") ? .caseInsensitive : .exact
        return Sender(
            id: self.identity, identities: [Identity(self.identity, comparison: comparison)],
            displayName: self.credential.name)
    }
}

/// A permission of a credential.
package enum Scope: String, Sendable, CaseIterable {
    /// Read-only access.
    case read
    /// Threads, messages and operations; includes ``read`` and ``run``, as it did before these could be had alone.
    case chat
    /// Commands in threads, and decisions about asks.
    case run
    /// Reading and changing documents.
    case documents
    /// Reading and changing tasks.
    case tasks
    /// `jetbridge proxy`.
    case proxy
    /// Everything.
    case admin
}
