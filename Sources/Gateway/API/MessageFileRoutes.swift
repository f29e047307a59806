internal import Chat
internal import Files
internal import HTTP
internal import HTTPServer
internal import Primitives
internal import Sessions
internal import Threads

/// The files that came with messages, as long as the host keeps them.
struct MessageFileRoutes: Sendable {
    let context: GatewayContext

    static let routes: [APIRoute] = [
        APIRoute(
            .get, "/api/v1/threads/{id}/messages/{message}/files/{number}", "getMessageFile",
            "A file that came with a message.", .reading(from: .guest), answerMemory: APIRoute.pageMemory,
            answers: [
                .other(
                    MediaType(parsing: "application/octet-stream") ?? .plain,
                    "Its bytes; the type of a PNG, JPEG, GIF or WebP is its own."),
                .notFound("No such thread, message or file, or the file is no longer kept."),
                .problem(.serviceUnavailable, "The files cannot be read now."),
            ]
        ) { try await Self(context: $0).file($1) }
    ]

    private func file(_ call: PlainCall) async throws -> HTTPServerResponse {
        let (message, number) = (call.request.parameter("message"), call.request.parameter("number"))
        let (session, found) = try await self.context.read(call.id, for: call.person()) { ledger, session in
            let message = try Int64(untrusted: message).flatMap { try ledger.message(id: $0) }
            guard let message, message.session == session.id else { return (session.id, nil as SentFile?) }
            return (session.id, try ledger.files(of: message)?.files.first { String($0.number) == number })
        }
        guard let found, let name = found.file, let files = self.context.environment.settings.files else {
            throw Problems.missing("file")
        }
        await self.context.noteRead(of: session, by: try call.person(), call.logger)
        let kept: (name: String, size: Int)?
        do {
            kept = try await files.files(prefix: name, in: session).first { $0.name == name }
        } catch let failure as FileFailure {
            throw HTTPProblem(.serviceUnavailable, "The file cannot be read: \(failure.reason). Try again later.")
        }
        guard let kept else { throw Problems.missing("file") }
        var response = HTTPServerResponse(
            .ok,
            body: .stream { client in
                _ = try await files.pass(name, in: session) { try await client.write($0) }
            })
        let isImage = found.mediaType.flatMap { FileType(rawValue: $0) }?.isImage == true
        response.headers["Content-Length"] = "\(kept.size)"
        response.headers["Content-Type"] = isImage ? found.mediaType : "application/octet-stream"
        // A page that somebody sent must not run in the browser as one of this host.
        if !isImage { response.headers["Content-Disposition"] = "attachment" }
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "private, max-age=3600"
        return response
    }
}
