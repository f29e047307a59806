internal import Chat
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Sessions
internal import Threads

/// A whole conversation as a file.
struct ExportRoutes: Sendable {
    let context: GatewayContext

    static let routes: [APIRoute] = [
        APIRoute(
            .get, "/api/v1/threads/{id}/export", "exportThread",
            "A thread with all its messages, commits and asks, as a download.", .reading(from: .guest),
            query: API.ExportQuery.self, answerMemory: 4 * APIRoute.pageMemory,
            answers: [
                .json(API.ExportedThread.self, "With `format=json`."),
                .other(MediaType(parsing: "text/markdown") ?? .plain, "With `format=markdown`."),
                .notFound("No such thread."),
            ]
        ) { try await Self(context: $0).export($1) }
    ]

    private func export(_ call: APICall<API.ExportQuery, API.Nothing>) async throws -> HTTPServerResponse {
        let principal = try call.person()
        let format: ExportFormat = call.query.format == .json ? .json : .markdown
        let session = try await self.context.session(call.id, for: principal, to: .read)
        await self.context.noteRead(of: session.id, by: principal, call.logger)
        let export = ConversationExport(
            store: self.context.store, pages: self.context.environment.settings.pages, now: self.context.environment.now
        )
        var response = HTTPServerResponse(
            body: .stream { client in
                try await export.write(session, as: format, for: principal) { try await client.write($0) }
            })
        response.headers["Content-Type"] =
            format == .json ? MediaType.json.description : "text/markdown; charset=utf-8"
        let name = format.fileName(of: session, title: session.shownTitle)
        response.headers["Content-Disposition"] = "attachment; filename*=UTF-8''\(PercentEncoding.encode(name))"
        return response
    }
}
