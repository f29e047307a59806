internal import Chat
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Sessions

/// A whole conversation as a file.
struct ExportRoutes: Sendable {
    let context: GatewayContext

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
                answerMemory: 4 * APIRoute.pageMemory,
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
        guard let format = ExportFormat(rawValue: request.http.query["format"] ?? "markdown") else {
            throw HTTPProblem(.badRequest, "`format` must be markdown or json.")
        }
        let session = try await self.context.session(request.parameter("id"), for: principal)
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
