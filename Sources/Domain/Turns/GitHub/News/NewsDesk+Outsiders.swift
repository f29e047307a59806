internal import GitHub
internal import JSON
internal import Posts
internal import Primitives
internal import Sessions
internal import Store
internal import Threads

/// What people wrote who may not push to the repository. Where anybody may comment, anybody could fill a thread, so after a
/// few messages it learns of that every ten minutes only. What has to wait is stored, and told together.
extension NewsDesk {
    struct Outsiders: Sendable {
        /// Messages about them that a thread gets at once, and how often it gets further ones (milliseconds).
        static let burst = 5
        static let interval: Int64 = 600_000

        /// What threads may still get, by session.
        private var buckets: [String: TokenBucket] = [:]
        /// Sessions for which something is stored.
        private var waiting: Set<String> = []
        /// What an earlier run has stored was looked for.
        var isKnown = false

        private static func full(at now: Int64) -> TokenBucket {
            TokenBucket(capacity: Double(Self.burst), interval: Double(Self.interval), at: now)
        }

        func mayTell(_ session: String, at now: Int64) -> Bool {
            self.buckets[session].map { $0.tokens(at: now) >= 1 } ?? true
        }

        mutating func told(_ session: String, at now: Int64) {
            self.buckets[session, default: Self.full(at: now)].spend(at: now)
        }

        mutating func wait(_ sessions: some Sequence<String>) { self.waiting.formUnion(sessions) }

        /// Takes the sessions that may learn what waits.
        mutating func takeDue(at now: Int64) -> [String] {
            let due = self.waiting.filter { self.mayTell($0, at: now) }.sorted()
            self.waiting.subtract(due)
            self.buckets = self.buckets.filter { $0.value.tokens(at: now) < Double(Self.burst) }
            for session in due { self.told(session, at: now) }
            return due
        }

        /// They have not learnt it.
        mutating func putBack(_ sessions: some Sequence<String>) {
            for session in sessions { self.buckets[session]?.tokens += 1 }
            self.wait(sessions)
        }

        /// The milliseconds until something may be told; nil if nothing waits.
        func pause(at now: Int64) -> Int64? {
            self.waiting.map { session in
                var bucket = self.buckets[session]
                return bucket?.wait(at: now) ?? 0
            }.min()
        }
    }

    /// The kind of rows that wait: copies of the items.
    static let waitingKind = "waiting"
    /// Bytes of an item's text: a line shows 300 letters.
    private static let textLimit = 1_200
    /// Items of a thread that are read for its lines; the others are only counted.
    private static let readLimit = 100
    /// Threads of one transaction.
    private static let step = 10

    /// Keeps an item for a thread that may not learn of it yet.
    func keep(_ event: NewsEvent, for session: String, in ledger: Ledger, at now: Int64) throws {
        var copy = event
        copy.text = event.text.map { $0.beginning(bytes: Self.textLimit) }
        _ = try ledger.insert(
            GitHubNewsRow(
                session: session, key: "\(Self.waitingKind):\(event.key)", kind: Self.waitingKind, sha: nil,
                item: copy.json.text, createdAt: now))
    }

    /// Tells threads what has waited long enough. Returns the time until there may be more; nil if nothing waits.
    func tellWaiting(through posts: ThreadPosts) async throws -> Duration? {
        if !self.outsiders.withLock({ $0.isKnown }) { try await self.findWaiting(in: posts.store) }
        let now = posts.environment.now()
        let due = self.outsiders.withLock { $0.takeDue(at: now) }
        for start in stride(from: 0, to: due.count, by: Self.step) {
            let part = due[start..<min(start + Self.step, due.count)]
            do {
                try await posts.tell(for: .gitHub) { ledger in
                    try part.compactMap { session in try self.waitingNews(of: session, in: ledger) }
                }
            } catch {
                self.outsiders.withLock { $0.putBack(due[start...]) }
                throw error
            }
        }
        return self.outsiders.withLock { $0.pause(at: now) }.map { .milliseconds(max(1, $0)) }
    }

    /// Another host tells threads from now on.
    func forgetWaiting() { self.outsiders.withLock { $0 = Outsiders() } }

    private func findWaiting(in store: SessionStore) async throws {
        let sessions = try await store.read { ledger in Set(try ledger.gitHubWatches().map(\.session)).sorted() }
        for start in stride(from: 0, to: sessions.count, by: Self.step) {
            let part = sessions[start..<min(start + Self.step, sessions.count)]
            let waiting = try await store.read { ledger in
                try part.filter { session in
                    try !ledger.openGitHubNews(of: session, kind: Self.waitingKind, limit: 1).isEmpty
                }
            }
            self.outsiders.withLock { $0.wait(waiting) }
        }
        self.outsiders.withLock { $0.isKnown = true }
    }

    private func waitingNews(of session: String, in ledger: Ledger) throws -> ThreadNews? {
        let rows = try ledger.openGitHubNews(of: session, kind: Self.waitingKind, limit: Self.readLimit)
        let others = try ledger.removeOpenGitHubNews(of: session, kind: Self.waitingKind) - rows.count
        let events = rows.compactMap(\.event)
        return events.isEmpty ? nil : Self.news(events, others: others, for: session)
    }
}
