internal import Chat
internal import Files
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Logging
internal import People
internal import Schemas
internal import Sessions
internal import Store
internal import Threads

/// Files for a person's next message in a thread.
struct UploadRoutes: Sendable {
    let context: GatewayContext

    static let routes: [APIRoute] = [
        APIRoute(
            method: .post, pattern: "/api/v1/threads/{id}/files", operation: "uploadFile",
            summary: "Sends a file, which goes with the person's next message and lands in the workspace.",
            access: .writing, query: API.UploadQuery.self,
            body: .bytes(MediaType(parsing: "application/octet-stream") ?? .plain),
            // The handler checks the limit, so that it can name it in its answer.
            bodyLimit: .max,
            answers: [
                .json(API.Upload.self, .created, "Stored. It expires after a day without a message."),
                .notFound("No such thread."), .conflict("Too many files wait for a message."),
                .problem(.contentTooLarge, "The file is too large."), .noRoom,
                .problem(422, "The name is not a file name."),
            ]
        ) { context, request in
            let query = try request.query(as: API.UploadQuery.self)
            return try await Self(context: context).upload(request, named: query.name)
        }
    ]

    private func upload(_ request: APIRequest, named name: String) async throws -> HTTPServerResponse {
        let principal = try request.person()
        let session = try await self.context.writableSession(request.parameter("id"), for: principal)
        guard let uploads = self.context.web.uploads else {
            throw HTTPProblem(.conflict, "This host has no place for files.")
        }
        if let length = request.http.headers["content-length"].flatMap({ Int($0) }), length > uploads.limit {
            throw Self.problem(.tooLarge, uploads)
        }
        let room = try await self.context.bridge.fileQuota.room(
            in: session.id, of: session.owner, from: principal.identity, as: principal.role)
        do {
            let file = try await uploads.receive(
                request.http.body, named: name, in: session.id, from: principal.identity,
                into: room)
            let now = self.context.now()
            try await self.context.store.write(ofSession: session.id) { ledger in
                try ledger.noteUpload(of: principal.identity, in: session.id, at: now)
            }
            request.logger.info(
                "file received", ["thread": .string(session.id), "bytes": .integer(Int64(file.size))])
            let upload = API.Upload(name: file.name, size: file.size, type: file.mediaType)
            return .json(encoding: upload, .created)
        } catch let failure as UploadFailure {
            throw Self.problem(failure, uploads)
        }
    }

    private static let badName = HTTPProblem(
        422,
        "`name` must be a file name of 1 to 255 bytes, without slashes and control characters, such as ?name=data.csv.")

    private static func problem(_ failure: UploadFailure, _ uploads: Uploads) -> HTTPProblem {
        switch failure {
        case .badName: Self.badName
        case .tooLarge:
            HTTPProblem(
                .contentTooLarge, "The file is larger than \(uploads.limit >> 20) MiB. Send a smaller one, or in parts."
            )
        case .tooMany:
            HTTPProblem(
                .conflict, "\(Uploads.count) files already wait for your next message. Send a message, then continue.")
        case .sessionIsFull:
            HTTPProblem(
                .conflict, "This conversation has \(Uploads.sessionCount) files, which is the limit. Start a new one.")
        case .notStored(let reason):
            HTTPProblem(.serviceUnavailable, "The file was not stored: \(reason). Try again, or ask an owner.")
        }
    }
}

/// The files that a person has uploaded for the next message, around the submission of that message.
struct WaitingFiles: Sendable {
    let context: GatewayContext
    let principal: Principal
    let session: String
    /// The message's event.
    let event: String

    /// Submits the message with the files. If it does not take them, because it failed or is a command that is answered at
    /// once, they wait for another one.
    func taken(by submit: ([Attachment]) async throws -> Submission?) async throws -> Submission? {
        let (person, session) = (self.principal.identity, self.session)
        let last = try await self.context.store.read { ledger in try ledger.lastUpload(of: person, in: session) }
        // Most messages have none, and must not depend on the place of files.
        guard let last else { return try await submit([]) }
        let files = try await self.take()
        let submission: Submission?
        let isTaken: Bool
        do {
            submission = try await submit(files)
            isTaken = try await self.isTaken(by: submission)
        } catch {
            await self.putBack()
            throw error
        }
        if isTaken {
            // The message is stored, so this must not fail it. What is left only costs the next one a look.
            try? await self.context.store.write(ofSession: session) { ledger in
                try ledger.forgetUploads(of: person, in: session, through: last)
            }
        } else {
            await self.putBack()
        }
        return submission
    }

    private func take() async throws -> [Attachment] {
        do {
            return try await self.context.web.uploads?.take(
                from: self.principal.identity, in: self.session, for: self.event) ?? []
        } catch UploadFailure.notStored(let reason) {
            throw HTTPProblem(
                .serviceUnavailable, "The message's files cannot be read: \(reason). Try again, or ask an owner.")
        }
    }

    private func isTaken(by submission: Submission?) async throws -> Bool {
        // The first request with this key is still being processed; it decides.
        guard let submission else { return true }
        let turn = try await self.context.store.read { ledger in try ledger.turn(id: submission.operation) }
        // A turn that continues another one has no files either.
        return turn.map { $0.kind != .command && $0.work == $0.id } ?? false
    }

    private func putBack() async {
        await self.context.web.uploads?.putBack(
            from: self.principal.identity, in: self.session, for: self.event)
    }
}
