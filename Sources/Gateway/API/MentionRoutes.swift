internal import Chat
internal import HTTP
internal import HTTPServer
internal import People
internal import Schemas
internal import Sessions
internal import Store
internal import Threads

/// Texts that name the person who asks, and the names of those who can be named.
struct MentionRoutes: Sendable {
    let context: GatewayContext

    static let routes: [APIRoute] = [
        APIRoute(
            .get, "/api/v1/mentions", "listMentions",
            "The newest 100 comments, tasks and messages that name you, that you may read and have not seen yet, newest "
                + "first.", .watching(from: .guest), answerMemory: APIRoute.pageMemory, success: (.ok, "All of them.")
        ) { try await Self(context: $0).list($1) },
        APIRoute(
            .delete, "/api/v1/mentions/{id}", "seeMention", "Notes that you have seen a text that names you.",
            .watching(from: .guest), answers: [.empty("It is not listed any more."), .notFound("No such mention.")]
        ) { try await Self(context: $0).see($1) },
        APIRoute(
            .get, "/api/v1/names", "listNames",
            "The members and owners whom a text can name with `@`, by name; without yourself.",
            .watching(from: .member), answerMemory: APIRoute.pageMemory, success: (.ok, "The first 1,000.")
        ) { (context, call: PlainCall) in
            let principal = try call.person()
            return API.List(
                items: try await context.bridge.access.names().members(besides: principal.identity).map {
                    API.Name(id: $0.id, name: $0.shown, written: $0.written)
                })
        },
    ]

    private func list(_ call: PlainCall) async throws -> API.List<API.Mention> {
        let principal = try call.person()
        let now = self.context.now()
        return API.List(
            items: try await self.context.store.read { ledger in
                try ledger.mentions(for: principal.visitor, at: now).map { try API.Mention($0, in: ledger) }
            })
    }

    private func see(_ call: PlainCall) async throws -> HTTPServerResponse {
        let visitor = try call.person().visitor
        let now = self.context.now()
        guard let number = Int64(call.id),
            try await self.context.store.write({ ledger in try ledger.see(mention: number, visitor, at: now) })
        else { throw Problems.missing("mention") }
        self.context.bridge.askChanges.note()
        return HTTPServerResponse(.noContent)
    }
}

extension API.Mention {
    init(_ mention: PersonMention, in ledger: Ledger) throws {
        let text = mention.text
        let session = try text.session.flatMap { try ledger.session(id: $0) }
        self.init(
            id: String(mention.number), kind: text.kind, author: text.authorName, text: text.excerpt,
            title: text.kind == .message ? session?.shownTitle ?? "" : text.subject, url: mention.path,
            threadID: text.session, createdAt: Timestamp(milliseconds: text.at))
    }
}
