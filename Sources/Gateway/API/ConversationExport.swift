package import Chat
internal import JSON
internal import People
internal import Primitives
internal import Schemas
internal import Sessions
package import Store
package import Threads

/// Writes a whole conversation, page by page.
package struct ConversationExport: Sendable {
    private let store: SessionStore
    private let pages: RepositoryPages
    private let now: @Sendable () -> Int64

    package init(store: SessionStore, pages: RepositoryPages, now: @escaping @Sendable () -> Int64) {
        self.store = store
        self.pages = pages
        self.now = now
    }

    /// For the command `export`.
    package var exporter: ConversationExporter {
        { session, format, reader, role, write in
            let credential = CredentialRecord(
                id: "", kind: .token, name: reader.displayName, identity: reader.id, role: role,
                scopes: [Scope.chat.rawValue], createdAt: 0)
            try await self.write(session, as: format, for: Principal(credential: credential), to: write)
        }
    }

    func write(
        _ session: SessionRecord, as format: ExportFormat, for principal: Principal,
        to write: (String) async throws -> Void
    ) async throws {
        switch format {
        case .markdown: try await self.writeMarkdown(session, to: write)
        case .json: try await self.writeJSON(session, for: principal, to: write)
        }
    }

    private func writeMarkdown(
        _ session: SessionRecord, to write: (String) async throws -> Void
    ) async throws {
        let id = session.id
        let branches = try await self.store.read { ledger in try ledger.branches(of: id) }
        var export = MarkdownExport(session, title: session.shownTitle, branches: branches.count)
        try await write(export.head)
        try await self.readPages(of: session.id) { page, _ in
            page
        } send: { page in
            try await write(export.text(of: page))
        }
    }

    private func writeJSON(
        _ session: SessionRecord, for principal: Principal, to write: (String) async throws -> Void
    ) async throws {
        let now = self.now()
        let thread = try await self.store.read { ledger in try API.Thread(session, in: ledger, at: now) }
        let exported = CivilTime(milliseconds: now).rfc3339
        try await write("{\"thread\":\(try JSON(encoding: thread).text),\"exported_at\":\"\(exported)\",\"messages\":[")
        var list = JSONList()
        var turns: [String] = []
        var seen: Set<String> = []
        try await self.readPages(of: thread.id) { page, ledger in
            // Of each page, because only one is in memory at a time.
            let places = try AnswerPlaces(of: page, in: ledger, within: FrameBudget())
            let branches = try ledger.branches(of: thread.id)
            return (
                try page.map { try API.Message($0, place: places[$0], branches, in: ledger) }, page.compactMap(\.turn)
            )
        } send: { items, ids in
            turns += ids.filter { seen.insert($0).inserted }
            try await write(try list.text(of: items))
        }
        try await write("],\"operations\":[")
        list = JSONList()
        let pages = self.pages
        for start in stride(from: 0, to: turns.count, by: Self.batch) {
            let ids = turns[start...].prefix(Self.batch)
            let items = try await self.store.read { ledger in
                try ids.compactMap { try ledger.turn(id: $0) }.map {
                    try API.Operation($0, in: ledger, pages: pages)
                }
            }
            try await write(try list.text(of: items))
        }
        let asks = try await self.store.read { ledger in
            // The command `export` is also given in rooms, by people who write there.
            let right = try ledger.right(of: principal.visitor, in: session, at: now) ?? .join
            return try ledger.openAsks(of: thread.id).filter { $0.expiresAt > now }
                .map { API.Ask($0, for: principal, with: right) }
        }
        let items = try JSON(encoding: asks)
        try await write("],\"asks\":\(items.text)}")
    }

    /// Reads a thread's messages page by page, so that a slow client's export takes little memory. Each page is a
    /// transaction of its own: messages do not change, and later ones may be added.
    private func readPages<Part: Sendable>(
        of session: String, _ make: @escaping @Sendable ([MessageRecord], Ledger) throws -> Part,
        send: (Part) async throws -> Void
    ) async throws {
        var cursor: String?
        repeat {
            let after = cursor
            let (part, next) = try await self.store.read { ledger in
                let page = try ledger.messages(of: session, after: after, limit: 1_000)
                return (try make(page.items, ledger), page.next)
            }
            try await send(part)
            cursor = next
        } while cursor != nil
    }

    /// Operations that are read at once.
    private static let batch = 50
}

/// The members of an array that is written in parts.
private struct JSONList {
    private var isEmpty = true

    mutating func text(of items: [some FieldValue]) throws -> String {
        guard !items.isEmpty else { return "" }
        defer { self.isEmpty = false }
        return (self.isEmpty ? "" : ",") + (try items.map { try JSON(encoding: $0).text }).joined(separator: ",")
    }
}
