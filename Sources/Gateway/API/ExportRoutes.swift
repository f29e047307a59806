internal import Chat
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Primitives
internal import Sessions

/// A whole conversation as a file.
struct ExportRoutes: Sendable {
    let context: GatewayContext

    private enum Format: String {
        case markdown
        case json
    }

    var routes: [APIRoute] {
        [
            APIRoute(
                method: .get, pattern: "/api/v1/threads/{id}/export", operation: "exportThread",
                summary: "A thread with all its messages, commits and asks, as a download.",
                access: .scopes([.chat, .read], from: .guest),
                parameters: [
                    .init(
                        name: "format", place: .query, description: "`markdown`, or `json` in the API's own form.",
                        schema: ["type": "string", "enum": ["markdown", "json"], "default": "markdown"])
                ],
                answerMemory: APIRoute.pageMemory,
                answers: [
                    .init(status: .ok, description: "With `format=json`.", schema: "ExportedThread"),
                    .init(status: .ok, description: "With `format=markdown`.", type: "text/markdown"),
                    .init(status: .badRequest, description: "No such format.", schema: "Problem"),
                    .init(status: .notFound, description: "No such thread.", schema: "Problem"),
                ], handle: { try await self.export($0) })
        ]
    }

    private func export(_ request: APIRequest) async throws -> HTTPServerResponse {
        let principal = try request.person()
        guard let format = Format(rawValue: request.http.query["format"] ?? "markdown") else {
            throw HTTPProblem(.badRequest, "`format` must be markdown or json.")
        }
        let session = try await self.context.session(request.parameter("id"), for: principal)
        let now = self.context.now()
        var response: HTTPServerResponse
        switch format {
        case .json:
            let thread = try await self.context.store.read { ledger in
                try ThreadDocument(session: session, in: ledger, at: now)
            }
            response = HTTPServerResponse(body: .stream { try await self.sendJSON(thread, to: $0, for: principal) })
            response.headers["Content-Type"] = MediaType.json.description
        case .markdown:
            response = HTTPServerResponse(body: .stream { try await self.sendMarkdown(session, to: $0) })
            response.headers["Content-Type"] = "text/markdown; charset=utf-8"
        }
        let base = MarkdownExport.fileName(of: session, title: session.shownTitle)
        let name = "\(base).\(format == .json ? "json" : "md")"
        response.headers["Content-Disposition"] = "attachment; filename*=UTF-8''\(PercentEncoding.encode(name))"
        return response
    }

    private func sendMarkdown(_ session: SessionRecord, to client: ResponseWriter) async throws {
        var export = MarkdownExport(session, title: session.shownTitle)
        try await client.write(export.head)
        try await self.pages(of: session.id) { page, _ in
            page
        } send: { page in
            try await client.write(export.text(of: page))
        }
    }

    private func sendJSON(_ thread: ThreadDocument, to client: ResponseWriter, for principal: Principal) async throws {
        let now = self.context.now()
        let exported = CivilTime(milliseconds: now).rfc3339
        try await client.write("{\"thread\":\(thread.json.text),\"exported_at\":\"\(exported)\",\"messages\":[")
        var list = JSONList()
        var turns: [String] = []
        var seen: Set<String> = []
        try await self.pages(of: thread.session.id) { page, ledger in
            let places = try AnswerPlaces(of: page, in: ledger)
            return (page.map { $0.json(place: places[$0]) }, page.compactMap(\.turn))
        } send: { items, ids in
            turns += ids.filter { seen.insert($0).inserted }
            try await client.write(list.text(of: items))
        }
        try await client.write("],\"operations\":[")
        list = JSONList()
        let pages = self.context.environment.settings.pages
        for start in stride(from: 0, to: turns.count, by: Self.batch) {
            let ids = turns[start...].prefix(Self.batch)
            let items = try await self.context.store.read { ledger in
                try ids.compactMap { try ledger.turn(id: $0) }.map {
                    try OperationDocument(turn: $0, in: ledger).json(pages: pages)
                }
            }
            try await client.write(list.text(of: items))
        }
        let asks = try await self.context.store.read { ledger in
            try ledger.openAsks(of: thread.session.id).filter { $0.expiresAt > now }
        }
        let items = JSON.array(asks.map { AskDocument(ask: $0).json(for: principal) })
        try await client.write("],\"asks\":\(items.text)}")
    }

    /// Reads a thread's messages page by page, so that a slow client's export takes little memory. Each page is a
    /// transaction of its own: messages do not change, and later ones may be added.
    private func pages<Part: Sendable>(
        of session: String, _ make: @escaping @Sendable ([MessageRecord], Ledger) throws -> Part,
        send: (Part) async throws -> Void
    ) async throws {
        var cursor: String?
        repeat {
            let after = cursor
            let (part, next) = try await self.context.store.read { ledger in
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

    mutating func text(of items: [JSON]) -> String {
        guard !items.isEmpty else { return "" }
        defer { self.isEmpty = false }
        return (self.isEmpty ? "" : ",") + items.map(\.text).joined(separator: ",")
    }
}
