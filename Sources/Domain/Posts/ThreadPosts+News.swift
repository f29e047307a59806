internal import Attention
internal import Chat
internal import Database
internal import Delivery
package import Store
internal import Threads

/// News for threads. A line is stored in the transaction of what caused it, and posted from the outbox: a crash neither
/// loses nor repeats it.
extension ThreadPosts {
    /// Runs `decide` in a transaction, of a duty if there is one, and posts the lines that it returns. Returns them once they are stored, without
    /// those whose key the thread has already and those of deleted threads.
    @discardableResult
    package func tell(
        for duty: Place? = nil, _ decide: @escaping @Sendable (Ledger) throws -> [ThreadNews]
    ) async throws -> [ThreadNews] {
        let now = self.environment.now()
        let (adapters, held) = (self.adapters, self.store.held)
        let stored = try await self.store.write { ledger -> [(ThreadNews, StoredNotice)] in
            if let duty { try held.enter([held.hold(of: duty)], in: ledger) }
            let all = try decide(ledger)
            try ledger.lock(Set(all.map(\.session)))
            return try all.compactMap { news in
                guard var session = try ledger.session(id: news.session) else { return nil }
                if news.isApart { session.route = adapters.apart(session.route) }
                // A line for a thread of another host only adds rows, which that host sends.
                let hold = held.hold(of: Place(of: session.key))
                if held.isCurrent(hold) { try held.enter([hold], in: ledger) }
                if let key = news.key, try !ledger.insertNewsKey(key, in: session.id, at: now) { return nil }
                let text = news.text(adapters.traits(of: session.route.room).sign)
                let notice = NoticeWriting(
                    session: session, text: text, role: .note, kind: .note, adapters: adapters, at: now)
                return (news, try notice.write(to: ledger))
            }
        }
        if !stored.isEmpty { FaultPoint.newsStored.hit() }
        for (_, notice) in stored { await self.show(notice) }
        return stored.map(\.0)
    }

    /// Posts a line, unless the thread has had one with this key. Names commands without a sign, as code. Returns
    /// whether it was posted.
    @discardableResult
    package func tell(_ markdown: String, in session: String, key: String) async throws -> Bool {
        let news = ThreadNews(session: session, key: key, markdown: markdown)
        return try await !self.tell { _ in [news] }.isEmpty
    }
}

extension Ledger {
    /// Records that a thread gets the line with this key; false if it has had it.
    func insertNewsKey(_ key: String, in session: String, at now: Int64) throws -> Bool {
        let changed = try self.connection.rowsChanged(
            by:
                "INSERT INTO thread_news (session, key, created_at) VALUES (?, ?, ?) ON CONFLICT (session, key) DO NOTHING",
            [.text(session), .text(key), .integer(now)])
        return changed > 0
    }
}
