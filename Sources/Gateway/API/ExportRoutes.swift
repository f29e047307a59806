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

    /// Everything that is exported, read in one transaction.
    private struct Content: Sendable {
        let thread: ThreadDocument
        let messages: [MessageRecord]
        let places: AnswerPlaces
        /// With their commits, in the order of their first messages.
        let operations: [OperationDocument]
        let asks: [AskRecord]
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
        let content = try await self.context.store.read { ledger in try Self.content(of: session, in: ledger, at: now) }
        let pages = self.context.environment.settings.pages
        var response: HTTPServerResponse
        switch format {
        case .json: response = .json(Self.document(content, pages: pages, for: principal, at: now))
        case .markdown:
            response = HTTPServerResponse(.ok, body: .bytes(Array(Self.markdown(content, pages: pages).utf8)))
            response.headers["Content-Type"] = "text/markdown; charset=utf-8"
        }
        let name = "\(Self.fileName(of: session)).\(format == .json ? "json" : "md")"
        response.headers["Content-Disposition"] = "attachment; filename*=UTF-8''\(PercentEncoding.encode(name))"
        return response
    }

    private static func content(of session: SessionRecord, in ledger: Ledger, at now: Int64) throws -> Content {
        var messages: [MessageRecord] = []
        var cursor: String?
        repeat {
            let page = try ledger.messages(of: session.id, after: cursor, limit: 1_000)
            messages += page.items
            cursor = page.next
        } while cursor != nil
        var seen: Set<String> = []
        let operations = try messages.compactMap { message -> OperationDocument? in
            guard let id = message.turn, seen.insert(id).inserted, let turn = try ledger.turn(id: id) else {
                return nil
            }
            return try OperationDocument(turn: turn, in: ledger)
        }
        return Content(
            thread: try ThreadDocument(session: session, in: ledger, at: now), messages: messages,
            places: try AnswerPlaces(of: messages, in: ledger), operations: operations,
            asks: try ledger.openAsks(of: session.id).filter { $0.expiresAt > now })
    }

    private static func document(
        _ content: Content, pages: RepositoryPages, for principal: Principal, at now: Int64
    ) -> JSON {
        [
            "thread": content.thread.json, "exported_at": .string(CivilTime(milliseconds: now).rfc3339),
            "messages": .array(content.messages.map { $0.json(place: content.places[$0]) }),
            "operations": .array(content.operations.map { $0.json(pages: pages) }),
            "asks": .array(content.asks.map { AskDocument(ask: $0).json(for: principal) }),
        ]
    }

    // MARK: Markdown

    private static func markdown(_ content: Content, pages: RepositoryPages) -> String {
        let session = content.thread.session
        var facts = ["Thread \(session.id)", "begun \(CivilTime(milliseconds: session.createdAt).rfc3339)"]
        if let repository = session.repository { facts.append("repository \(repository)") }
        if let model = session.model { facts.append("model \(model)") }
        let title = session.shownTitle.isEmpty ? "Conversation" : VisibleText.line(session.shownTitle)
        var parts = ["# \(title)", "\(facts.joined(separator: " · "))"]
        var speaker: String?
        for message in content.messages {
            let name = Self.speaker(of: message)
            let heading = "\(name) \(message.turn ?? "")"
            if heading != speaker {
                parts.append("## \(VisibleText.line(name)), \(CivilTime(milliseconds: message.createdAt).rfc3339)")
            }
            speaker = heading
            parts.append(Self.text(of: message))
        }
        return parts.joined(separator: "\n\n") + "\n"
    }

    private static func speaker(of message: MessageRecord) -> String {
        switch message.role {
        case .user, .command: message.author ?? "Someone"
        case .assistant, .note, .commit, .thinking: "Jetbridge"
        }
    }

    /// What the model thought and what the bot said are quoted, so that they differ from the answer.
    private static func text(of message: MessageRecord) -> String {
        switch message.role {
        case .user, .command, .assistant: message.text
        case .commit: "- \(message.text)"
        case .note, .thinking:
            message.text.split(separator: "\n", omittingEmptySubsequences: false).map { $0.isEmpty ? ">" : "> \($0)" }
                .joined(separator: "\n")
        }
    }

    /// The title's letters and digits, joined by dashes.
    private static func fileName(of session: SessionRecord) -> String {
        let words = session.shownTitle.lowercased().split { !$0.isLetter && !$0.isNumber }
        let name = words.joined(separator: "-").prefix(60)
        return name.isEmpty ? session.id : String(name)
    }
}
