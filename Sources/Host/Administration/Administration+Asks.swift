internal import Audit
internal import Chat
internal import Primitives
package import Sessions

/// Asks on the command line.
extension Administration {
    /// The open asks of all sessions, oldest first.
    package func openAsks() async throws -> [AskRecord] {
        let now = WallClock.now()
        return try await self.store.read { ledger in try ledger.openAsks() }.filter { $0.expiresAt > now }
    }

    /// Answers an ask while no host serves the data directory. Returns the decided ask.
    package func answer(_ id: String, with key: String, reason: String?, as user: String) async throws -> AskRecord {
        let identity = "host:\(user)"
        // Whoever may use the data directory decides like an owner.
        let sender = Sender(id: identity, identities: [Identity(identity)], displayName: user)
        let answer = AskAnswer(ask: id, sender: sender, role: .owner, key: key, reason: reason)
        let audit = try await AuditLog.open(self.store.database, keyIn: self.dataDirectory)
        let append = DecisionAudit.appending(to: audit.chain)
        switch try await self.store.answer(answer, at: WallClock.now(), audit: append) {
        case .decided(let ask): return ask
        case .settled(let ask): throw HostError("'\(id)' is closed: \(ask.outcome).")
        case .expired: throw HostError("'\(id)' has expired. Ask again in the thread.")
        case .unknown: throw HostError("there is no ask '\(id)'. 'jetbridge asks' lists the open ones.")
        case .noSuchAnswer(let ask):
            let keys = ask.options.map { "\($0.key) (\($0.label))" }.joined(separator: ", ")
            let how = keys.isEmpty ? "in words" : "with one of \(keys)"
            throw HostError("that is no answer to '\(id)'. Answer \(how).")
        case .notAllowed, .altered:
            throw HostError("'\(id)' cannot be decided. Ask again in the thread.")
        }
    }
}
