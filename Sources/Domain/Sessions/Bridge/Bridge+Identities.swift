internal import Chat
internal import JSON
internal import Logging
internal import People
internal import Store
internal import Threads

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
        let network = AdapterID(identity.firstIndex(of: "/").map { String(identity[..<$0]) } ?? "")
        let ended = try await self.store.write(of: .network(network)) { ledger in
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

/// What an owner has changed about somebody's access takes effect on what is going on.
extension Bridge {
    /// Somebody who is out has nothing running, waiting or stored at GitHub any more; somebody with a lower role has
    /// nothing running that began with the higher one.
    func apply(_ change: AccessChange) async {
        guard change.isLowered else { return }
        let logger = self.environment.logger
        for conversation in self.conversations.all {
            do {
                try await conversation.apply(change)
            } catch {
                logger.error(
                    "what somebody without access had running could not be ended", ["error": .string("\(error)")])
            }
        }
        guard change.role == nil else { return }
        do {
            try await self.endJobs(of: change)
            try await self.accounts?.forget(change.person.identity, logger: logger)
        } catch {
            logger.error(
                "what somebody without access has left could not be removed", ["error": .string("\(error)")])
        }
    }

    /// Ends commands that run beside the threads' turns.
    private func endJobs(of change: AccessChange) async throws {
        guard let desk = self.desk else { return }
        let jobs = try await self.store.read { ledger in
            try ledger.runningJobs().filter { $0.actor == change.person.identity }.map(\.job)
        }
        for job in jobs { _ = try await desk.kill(job.id, of: job.session) }
    }
}

extension PersonalAccounts {
    /// Deletes the sign-in of an identity that has ended.
    func forget(_ identity: String, logger: Logger) async throws {
        guard try await self.signOut(identity) else { return }
        logger.info("a sign-in ended with its identity", ["person": .string(identity)])
    }
}
