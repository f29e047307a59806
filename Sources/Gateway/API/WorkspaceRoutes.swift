package import Chat
internal import Files
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Schemas
internal import Sessions
internal import Threads

/// A thread's commands and its workspace.
struct WorkspaceRoutes: Sendable {
    let context: GatewayContext

    /// Bytes of a file that are read at once.
    private static let pieceSize = 64 << 10

    static let routes: [APIRoute] = [
        Self.route(
            "jobs", "listJobs", "The running commands of a thread and the last ended ones, newest first.",
            "The commands.", .watching(from: .member)
        ) { desk, place in API.Page(try await desk.jobs(of: place.session).map(API.Job.init)) },
        APIRoute(
            .get, "/api/v1/threads/{id}/files", "listFiles",
            "The files of a thread's workspace, or the content of one.", .reading(from: .member),
            query: API.FileQuery.self, answerMemory: APIRoute.pageMemory,
            answers: [
                .json(API.Page<API.WorkspaceFile>.self, "The list."),
                .other(
                    MediaType(parsing: "application/octet-stream") ?? .plain,
                    "With `name`: its bytes; the type of a PNG, JPEG, GIF or WebP is its own."),
            ] + Self.problems, isInWorkspace: true
        ) { try await Self(context: $0).files($1) },
        Self.route(
            "diff", "getDiff", "What differs in a thread's workspace from its branch's last commit.",
            "A unified diff; empty without a difference.", .reading(from: .member), answerMemory: APIRoute.anyMemory
        ) { desk, place in API.WorkspaceDiff(diff: try await desk.diff(in: place)) },
        Self.route(
            "snapshots", "listSnapshots", "The snapshots of a thread's workspace, newest first.", "The snapshots.",
            .reading(from: .member)
        ) { desk, place in
            API.Page(
                try await desk.snapshots(in: place).map { snapshot in
                    API.Snapshot(
                        id: snapshot.id, reason: snapshot.reason, createdAt: Timestamp(milliseconds: snapshot.at))
                })
        },
    ]

    private static let problems: [APIRoute.Answer] = [
        .notFound("No such thread or file."), .conflict("The thread has no working workspace."),
    ]

    private static func route<Content: FieldValue>(
        _ word: String, _ operation: String, _ summary: String, _ description: String, _ access: APIRoute.Access,
        answerMemory: Int = APIRoute.pageMemory,
        _ show: @escaping @Sendable (any CommandDesk, SessionPlace) async throws -> Content
    ) -> APIRoute {
        APIRoute(
            .get, "/api/v1/threads/{id}/\(word)", operation, summary, access, answerMemory: answerMemory,
            success: (.ok, description), Self.problems, isInWorkspace: true
        ) { (context, call: PlainCall) in
            let session = try await context.session(call.id, for: call.person(), to: .read)
            return try await context.inWorkspace(of: session, show)
        }
    }

    private func files(_ call: APICall<API.FileQuery, API.Nothing>) async throws -> HTTPServerResponse {
        let session = try await self.context.session(call.id, for: call.person(), to: .read)
        return try await self.context.inWorkspace(of: session) { desk, place in
            guard let name = call.query.name else {
                let files = try await desk.files(below: call.query.path ?? "", in: place)
                return .json(encoding: API.Page(files.map(API.WorkspaceFile.init)))
            }
            let file = try await desk.open(name, in: place)
            var response = HTTPServerResponse(.ok, body: .stream { try await Self.send(file, to: $0) })
            response.headers["Content-Length"] = "\(file.size)"
            // The web page shows images.
            let type = FileType.sniff(try await file.read(0, min(FileType.headLength, file.size)))
            response.headers["Content-Type"] = type.isImage ? type.mediaType : "application/octet-stream"
            // A page that a command wrote must not run in the browser as one of this host.
            response.headers["Content-Disposition"] = "attachment"
            response.headers["X-Content-Type-Options"] = "nosniff"
            return response
        }
    }

    private static func send(_ file: PlaceContent, to client: ResponseWriter) async throws {
        var sent = 0
        while sent < file.size {
            let piece = try await file.read(sent, min(Self.pieceSize, file.size - sent))
            // The file has become shorter: the connection breaks, so that the answer does not look complete.
            guard !piece.isEmpty else { return }
            try await client.write(piece)
            sent += piece.count
        }
    }
}

extension API.Job {
    package init(_ job: Chat.Job) {
        self.init(
            id: job.id, operationID: job.turn, command: job.command, background: job.isBackground, state: job.state,
            ending: job.ending, startedAt: Timestamp(milliseconds: job.startedAt),
            endedAt: job.endedAt.map { Timestamp(milliseconds: $0) })
    }
}

extension API.WorkspaceFile {
    init(_ file: PlaceFile) {
        self.init(path: file.path, kind: Kind(rawValue: file.kind) ?? .other, size: file.size)
    }
}

extension GatewayContext {
    /// Queries a thread's jail or workspace; a failure there becomes a 409 with its reason.
    func inWorkspace<Result>(
        of session: SessionRecord, _ body: (any CommandDesk, SessionPlace) async throws -> Result
    ) async throws -> Result {
        guard let desk = self.bridge.desk else {
            throw HTTPProblem(.conflict, "This host has no workspaces.")
        }
        do {
            let place = SessionPlace(
                session: session.id, repository: session.repository, feature: session.feature, update: .none)
            return try await body(desk, place)
        } catch let problem as HTTPProblem {
            throw problem
        } catch let error as CancellationError {
            throw error
        } catch {
            // The workspace's errors are written for people.
            throw HTTPProblem(.conflict, "\(error)")
        }
    }
}
