internal import Chat
internal import JSON
internal import Logging
internal import People
internal import Posts
internal import Primitives
internal import Sessions
internal import Store
internal import Threads

/// Which owners have lately read whose conversations, so that most reads need no look into the store.
struct OwnerReads: Sendable {
    private var noted: [String: Int64] = [:]
    private static let limit = 10_000
    /// In milliseconds.
    private static let pause: Int64 = 60_000

    /// Whether a read is to be noted, for the first time in a while.
    mutating func isDue(_ thread: String, _ reader: String, at now: Int64) -> Bool {
        let key = "\(thread) \(reader)"
        if let last = self.noted[key], now - last < Self.pause { return false }
        if self.noted.count >= Self.limit { self.noted.removeAll() }
        self.noted[key] = now
        return true
    }
}

extension GatewayContext {
    /// Says in somebody's conversation that an owner of the host reads it. What fails is tried again with a later read.
    func noteRead(of thread: String, by principal: Principal, _ logger: Logger) async {
        let (visitor, now) = (principal.visitor, self.now())
        guard visitor.seesEverything,
            self.ownerReads.withLock({ $0.isDue(thread, visitor.identity, at: now) })
        else { return }
        do {
            let session = try await self.store.read { ledger in try ledger.session(id: thread) }
            guard let session, !visitor.began(threadOf: session.owner) else { return }
            let line = ThreadNews(session: thread, markdown: ShareDesk.wasRead(by: principal.credential.name))
            // Whichever host has the thread.
            try await self.bridge.posts.tell { ledger in
                try ledger.noteOwnerRead(of: session, by: visitor, at: now) ? [line] : []
            }
        } catch {
            logger.warning(
                "that an owner has read a thread was not said",
                ["thread": .string(thread), "error": .string("\(error)")])
        }
    }
}
