internal import Chat
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Primitives
internal import Sessions

/// A thread's commands and its workspace.
struct WorkspaceRoutes: Sendable {
    let context: GatewayContext

    /// Bytes of a file that are read at once.
    private static let pieceSize = 64 << 10
    private static let reading: APIRoute.Access = .scopes([.chat, .read], from: .member)

    var routes: [APIRoute] { [self.jobs, self.files, self.diff, self.snapshots] }

    private var jobs: APIRoute {
        self.route(
            "jobs", operation: "listJobs",
            summary: "The running commands of a thread and the last ended ones, newest first.",
            answer: .init(status: .ok, description: "The commands.", schema: "JobPage")
        ) { desk, place, _ in
            Self.page(try await desk.jobs(of: place.session).map(Self.document))
        }
    }

    private var files: APIRoute {
        self.route(
            "files", operation: "listFiles", summary: "The files of a thread's workspace, or the content of one.",
            parameters: [
                .init(name: "path", place: .query, description: "Only entries below this folder."),
                .init(name: "name", place: .query, description: "Answers this file's bytes instead of a list."),
            ], answer: .init(status: .ok, description: "The list.", schema: "WorkspaceFilePage"),
            besides: [.init(status: .ok, description: "With `name`: its bytes.", type: "application/octet-stream")]
        ) { desk, place, request in
            let query = request.http.query
            guard let name = query["name"] else {
                return Self.page(try await desk.files(below: query["path"] ?? "", in: place).map(Self.document))
            }
            let file = try await desk.open(name, in: place)
            var response = HTTPServerResponse(.ok, body: .stream { try await Self.send(file, to: $0) })
            response.headers["Content-Length"] = "\(file.size)"
            response.headers["Content-Type"] = "application/octet-stream"
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

    private var diff: APIRoute {
        self.route(
            "diff", operation: "getDiff", answerMemory: APIRoute.anyMemory,
            summary: "What differs in a thread's workspace from its branch's last commit.",
            answer: .init(
                status: .ok, description: "A unified diff; empty without a difference.", schema: "WorkspaceDiff")
        ) { desk, place, _ in
            .json(["diff": .string(try await desk.diff(in: place))])
        }
    }

    private var snapshots: APIRoute {
        self.route(
            "snapshots", operation: "listSnapshots", summary: "The snapshots of a thread's workspace, newest first.",
            answer: .init(status: .ok, description: "The snapshots.", schema: "SnapshotPage")
        ) { desk, place, _ in
            Self.page(
                try await desk.snapshots(in: place).map { snapshot in
                    [
                        "id": .string(snapshot.id), "reason": .string(snapshot.reason),
                        "created_at": Self.time(snapshot.at),
                    ]
                })
        }
    }

    private func route(
        _ word: String, operation: String, answerMemory: Int = APIRoute.pageMemory, summary: String,
        parameters: [APIRoute.Parameter] = [], answer: APIRoute.Answer, besides others: [APIRoute.Answer] = [],
        handle: @escaping @Sendable (any CommandDesk, SessionPlace, APIRequest) async throws -> HTTPServerResponse
    ) -> APIRoute {
        APIRoute(
            method: .get, pattern: "/api/v1/threads/{id}/\(word)", operation: operation, summary: summary,
            access: Self.reading, parameters: parameters, answerMemory: answerMemory,
            answers: [answer] + others + [
                .init(status: .notFound, description: "No such thread or file.", schema: "Problem"),
                .init(status: .conflict, description: "The thread has no working workspace.", schema: "Problem"),
            ], isInWorkspace: true
        ) { request in
            let session = try await self.context.session(request.parameter("id"), for: request.person())
            return try await self.context.inWorkspace(of: session) { desk, place in
                try await handle(desk, place, request)
            }
        }
    }

    private static func document(_ job: Job) -> JSON {
        [
            "id": .string(job.id), "operation_id": .string(job.turn), "command": .string(job.command),
            "background": .bool(job.isBackground), "state": .string(job.state.rawValue),
            "ending": job.ending.map { .string($0) } ?? .null, "started_at": Self.time(job.startedAt),
            "ended_at": job.endedAt.map(Self.time) ?? .null,
        ]
    }

    private static func document(_ file: PlaceFile) -> JSON {
        [
            "path": .string(file.path), "kind": .string(file.kind), "size": file.size.map { JSON($0) } ?? .null,
        ]
    }

    private static func page(_ items: [JSON]) -> HTTPServerResponse {
        .json(["items": .array(items), "next_cursor": .null])
    }

    private static func time(_ milliseconds: Int64) -> JSON {
        .string(CivilTime(milliseconds: milliseconds).rfc3339)
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
