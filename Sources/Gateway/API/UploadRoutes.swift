internal import Chat
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Logging
internal import Sessions

/// Files for a person's next message in a thread.
struct UploadRoutes: Sendable {
    let context: GatewayContext

    var routes: [APIRoute] { [self.upload] }

    private var upload: APIRoute {
        APIRoute(
            method: .post, pattern: "/api/v1/threads/{id}/files", operation: "uploadFile",
            summary: "Sends a file, which goes with the person's next message and lands in the workspace.",
            access: .scopes([.chat], from: .guest),
            parameters: [
                .init(name: "name", place: .query, description: "The file's name, without a folder.", isRequired: true)
            ],
            body: "FileBytes", bodyType: "application/octet-stream",
            // The handler knows the limit and says it.
            bodyLimit: .max,
            answers: [
                .init(
                    status: .created, description: "Stored. It expires after a day without a message.", schema: "Upload"
                ),
                .init(status: .notFound, description: "No such thread.", schema: "Problem"),
                .init(status: .conflict, description: "Too many files wait for a message.", schema: "Problem"),
                .init(status: .contentTooLarge, description: "The file is too large.", schema: "Problem"),
                .init(status: 422, description: "The name is not a file name.", schema: "Problem"),
            ], handle: { try await self.upload($0) })
    }

    private func upload(_ request: APIRequest) async throws -> HTTPServerResponse {
        let principal = try request.person()
        let session = try await self.context.writableSession(request.parameter("id"), for: principal)
        guard let uploads = self.context.web.uploads else {
            throw HTTPProblem(.conflict, "This host has no place for files.")
        }
        if let length = request.http.headers["content-length"].flatMap({ Int($0) }), length > uploads.limit {
            throw Self.problem(.tooLarge, uploads)
        }
        do {
            let file = try await uploads.receive(
                request.http.body, named: request.http.query["name"] ?? "", in: session.id, from: principal.identity)
            request.logger.info(
                "file received", ["thread": .string(session.id), "bytes": .integer(Int64(file.size))])
            return .json(
                ["name": .string(file.name), "size": JSON(file.size), "type": .string(file.mediaType)], .created)
        } catch let failure as UploadFailure {
            throw Self.problem(failure, uploads)
        }
    }

    private static func problem(_ failure: UploadFailure, _ uploads: Uploads) -> HTTPProblem {
        switch failure {
        case .badName:
            HTTPProblem(
                422,
                "`name` must be a file name of 1 to 255 bytes, without slashes and control characters, such as ?name=data.csv."
            )
        case .tooLarge:
            HTTPProblem(
                .contentTooLarge, "The file is larger than \(uploads.limit >> 20) MiB. Send a smaller one, or in parts."
            )
        case .tooMany:
            HTTPProblem(
                .conflict, "\(Uploads.count) files already wait for your next message. Send a message, then continue.")
        case .notStored(let reason):
            HTTPProblem(.serviceUnavailable, "The file was not stored: \(reason). Try again, or ask an owner.")
        }
    }
}
