internal import Chat
internal import Database
internal import JSON
internal import People
internal import Primitives
internal import Schemas
internal import Store
internal import Tasks
internal import Threads

/// Everything that changes and that one person may see, as REST documents.
struct EventStream: Sendable {
    /// A change; without a kind, where the stream begins anew.
    struct Event: Sendable {
        let number: Int64
        let kind: ChangeRow.Kind?
        let document: JSON
    }

    let context: GatewayContext
    let principal: Principal

    private static let batch = 200
    /// Changes whose documents one read makes: other reads wait for it.
    private static let page = 50
    /// In milliseconds: earlier numbers that may have come late; see ``Ledger/changes(after:since:limit:)``.
    private static let overlap: Int64 = 3_000
    /// More than are written between two looks into the store.
    private static let recent = 500

    /// Sends events until it is cancelled or `send` throws: those after `last`, if that is a number of the last minutes,
    /// otherwise a beginning, which says that some may be missing.
    ///
    /// - Parameter last: what the client has seen; nil if it has just come.
    /// - Parameter begin: gets the number that the stream begins after.
    func run(
        after last: String?, begin: (Int64) async throws -> Void, send: ([Event]) async throws -> Void
    ) async throws {
        let feed = self.context.feed
        try await feed.listen { position, current in
            var position = position
            var number = current
            // Read from the store by ``replay``, and perhaps once more by the feed.
            var replayed: Set<Int64> = []
            if let last {
                if let known = try await self.known(last) {
                    number = known.number
                    try await begin(number)
                    replayed = try await self.replay(after: known.number, at: known.at, send)
                } else {
                    try await send([Event(number: current, kind: nil, document: [:])])
                }
            } else {
                try await begin(number)
            }
            try await feed.changes.watch { changed in
                while !Task.isCancelled {
                    if let (rows, next) = feed.rows(from: position) {
                        position = next
                        try await self.send(rows.filter { replayed.remove($0.number) == nil }, isNew: true, send)
                        number = max(number, rows.map(\.number).max() ?? number)
                    } else {
                        // It was too slow: what it missed is in the store.
                        let (_, next) = feed.rows(from: .max) ?? ([], position)
                        position = next
                        guard let known = try await self.known(String(number)) else {
                            try await send([Event(number: number, kind: nil, document: [:])])
                            continue
                        }
                        replayed = try await self.replay(after: known.number, at: known.at, send)
                    }
                    await changed.wait()
                }
            }
        }
    }

    /// The number of an event, and when it was; nil if what came after it is not there any more.
    private func known(_ text: String) async throws -> (number: Int64, at: Int64)? {
        guard let number = Int64(untrusted: text), number >= 0 else { return nil }
        return try await self.context.store.read { ledger in
            let row = try ledger.change(number: number) ?? ledger.change(number: number + 1)
            if let row { return (number, row.at) }
            return try ledger.lastChange() == number ? (number, .max) : nil
        }
    }

    /// Returns the numbers of the newest events, which the feed may bring as well.
    private func replay(
        after number: Int64, at: Int64, _ send: ([Event]) async throws -> Void
    ) async throws -> Set<Int64> {
        var newest: [ChangeRow] = []
        var last = number
        let isShared = self.context.store.database.dialect != .sqlite
        var since = isShared && at != .max ? at - Self.overlap : .max
        while true {
            let (after, from) = (last, since)
            let rows = try await self.context.feed.inTurn(of: self.principal) {
                try await self.context.store.read { ledger in
                    try ledger.changes(after: after, since: from, limit: Self.batch)
                }
            }
            try await self.send(rows, isNew: false, send)
            newest = (newest + rows).suffix(Self.recent)
            guard rows.count == Self.batch, let end = rows.last else { return Set(newest.map(\.number)) }
            last = end.number
            since = .max
        }
    }

    /// Of several changes of one thing the last one counts.
    static func latest(of rows: [ChangeRow]) -> [ChangeRow] {
        var latest: [String: Int64] = [:]
        for row in rows { latest["\(row.kind?.rawValue ?? "") \(row.subject)"] = row.number }
        return rows.filter { latest["\($0.kind?.rawValue ?? "") \($0.subject)"] == $0.number }
    }

    /// - Parameter isNew: The credential's other streams show the same at this time.
    private func send(
        _ rows: [ChangeRow], isNew: Bool, _ send: ([Event]) async throws -> Void
    ) async throws {
        let (principal, now, store) = (self.principal, self.context.now(), self.context.store)
        let pages = self.context.environment.settings.pages
        let isShared = isNew && self.context.streams.count(of: principal.credential.id) > 1
        let counting = try await self.visible(Self.latest(of: rows))
        for start in stride(from: 0, to: counting.count, by: Self.page) {
            let part = Array(counting[start..<min(start + Self.page, counting.count)])
            let documents = try await self.context.feed.documents(of: part, for: principal, isShared: isShared) {
                rows in
                try await store.read { ledger in
                    try rows.map { try Self.document(of: $0, for: principal, in: ledger, at: now, pages: pages) }
                }
            }
            let events = zip(part, documents).compactMap { row, document in
                document.map { Event(number: row.number, kind: row.kind, document: $0) }
            }
            if !events.isEmpty { try await send(events) }
        }
    }

    /// Without other people's threads, which are not looked up one by one, unless they are shared with the person.
    private func visible(_ rows: [ChangeRow]) async throws -> [ChangeRow] {
        let (visitor, now) = (self.principal.visitor, self.context.now())
        let isOthers = { (row: ChangeRow) in
            row.kind == .thread && !visitor.seesEverything && row.owner.map(visitor.began) == false
        }
        let others = rows.filter(isOthers).map(\.session)
        guard !others.isEmpty else { return rows }
        let shared = try await self.context.store.read { ledger in
            try ledger.shares(with: visitor, among: others, at: now)
        }
        return rows.filter { !isOthers($0) || shared[$0.session] != nil }
    }

    /// Nil for what the person may not see.
    static func document(
        of row: ChangeRow, for principal: Principal, in ledger: Ledger, at now: Int64, pages: RepositoryPages
    ) throws -> JSON? {
        if row.kind == .task { return try Self.task(row.subject, for: principal, in: ledger) }
        if row.kind == .mention { return try Self.mention(row, for: principal, in: ledger, at: now) }
        guard let session = try ledger.session(id: row.session) else {
            // A deleted thread.
            guard row.kind == .thread,
                principal.seesEverything || row.owner.map(principal.visitor.began) == true
            else { return nil }
            return ["id": .string(row.session), "state": "deleted"]
        }
        guard let right = try ledger.right(of: principal.visitor, in: session, at: now) else { return nil }
        switch row.kind {
        case .thread: return try JSON(encoding: API.Thread(session, for: principal, in: ledger, at: now))
        case .operation:
            return try ledger.turn(id: row.subject).map {
                try JSON(encoding: API.Operation($0, in: ledger, pages: pages))
            }
        case .ask:
            guard let ask = try ledger.ask(id: row.subject) else { return nil }
            guard ask.state != .open else {
                return try JSON(encoding: API.WaitingAsk(ask, for: principal, with: right, in: session))
            }
            return try JSON(encoding: API.AskDecision(ask))
        case .commit, .document:
            let parts = row.subject.split(separator: " ", maxSplits: 2).map(String.init)
            guard parts.count >= 2, let commit = try ledger.commit(parts[1], of: parts[0]) else { return nil }
            guard row.kind == .document else { return try JSON(encoding: API.Commit(commit, pages)) }
            guard parts.count == 3, principal.role >= .member, principal.has(anyOf: [.documents, .chat, .read]) else {
                return nil
            }
            return try JSON(
                encoding: API.ChangedDocument(
                    path: parts[2], commit: commit.sha,
                    url: pages.file(parts[2], on: commit.sha, of: commit.repository), threadID: session.id,
                    repository: commit.repository, branch: commit.branch))
        case .task, .mention, nil: return nil
        }
    }

    private static func mention(
        _ row: ChangeRow, for principal: Principal, in ledger: Ledger, at now: Int64
    ) throws -> JSON? {
        guard let person = row.owner, principal.identities.contains(person), let number = Int64(row.subject),
            let mention = try ledger.mention(number, for: principal.visitor, at: now)
        else { return nil }
        guard !mention.isSeen else { return ["id": .string(row.subject), "state": "seen"] }
        return try JSON(encoding: API.Mention(mention, in: ledger))
    }

    private static func task(_ subject: String, for principal: Principal, in ledger: Ledger) throws -> JSON? {
        guard principal.role >= .member, principal.has(anyOf: [.tasks, .chat, .read]) else { return nil }
        let parts = subject.split(separator: " ", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return nil }
        guard let task = try ledger.task(parts[1], in: parts[0]) else {
            return ["id": .string(parts[1]), "repository": .string(parts[0]), "state": "deleted"]
        }
        return try JSON(encoding: API.Task(task))
    }
}
