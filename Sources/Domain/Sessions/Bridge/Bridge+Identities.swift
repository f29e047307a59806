internal import Chat
internal import JSON
internal import Logging

/// The end of identities that may become somebody else's.
extension Bridge {
    /// Ends what `identity` had: its role, its threads with their questions and unsent messages, its sign-in.
    func end(_ identity: String) async throws {
        try await self.access.end(identity)
        // First: until the sessions are retired, the next start ends the rest again.
        try await self.accounts?.forget(identity, logger: self.environment.logger)
        let now = self.environment.now()
        let desk = AskDesk(adapters: self.adapters, audit: self.environment.auditDecision)
        guard try await self.store.read({ ledger in try !ledger.sessions(of: identity).isEmpty }) else { return }
        let ended = try await self.store.write { ledger in
            try ledger.sessions(of: identity).map { session in
                (session.key, try ledger.retire(session), try desk.closeAll(of: session.id, in: ledger, at: now))
            }
        }
        for (key, past, asks) in ended {
            self.questions.remove(key)
            try await self.conversations.end(key, as: past, asks)
        }
    }
}

extension PersonalAccounts {
    /// Deletes the sign-in of an identity that has ended.
    func forget(_ identity: String, logger: Logger) async throws {
        guard try await self.signOut(identity) else { return }
        logger.info("a sign-in ended with its identity", ["person": .string(identity)])
    }
}
