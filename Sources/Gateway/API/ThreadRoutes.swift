internal import Chat
internal import Crypto
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Logging
internal import Sessions

/// Threads of every network and their messages, and posting to threads of the web chat.
struct ThreadRoutes: Sendable {
    let context: GatewayContext

    /// In bytes. Longer messages are refused; a specification may take 100 KB.
    private static let textLimit = 256 * 1024
    private static let reading: APIRoute.Access = .scopes([.chat, .read], from: .guest)

    var routes: [APIRoute] {
        [self.list, self.create, self.show, self.change, self.delete, self.messages, self.post]
    }

    private var list: APIRoute {
        APIRoute(
            method: .get, pattern: "/api/v1/threads", operation: "listThreads",
            summary: "Threads of all networks, most recently active first.", access: Self.reading,
            parameters: [
                .sessionCursor, .limit(30, most: 100),
                .init(name: "adapter", place: .query, description: "Only this network's threads."),
                .init(
                    name: "q", place: .query,
                    description: "Only threads with all these words, or longer ones that begin with them, in one "
                        + "message; or with all of them anywhere in the title. At most 200 bytes.",
                    schema: ["type": "string", "maxLength": 200]),
                .init(
                    name: "mine", place: .query, description: "`true` lists only threads that you began.",
                    schema: ["type": "boolean", "default": false]),
                .init(
                    name: "pinned", place: .query,
                    description: "`first` begins the first page with all threads that you have pinned; they may appear "
                        + "again where their time puts them.", schema: ["type": "string", "enum": ["first"]]),
                .init(
                    name: "archived", place: .query,
                    description: "`true` lists the archived threads instead of the others.",
                    schema: ["type": "boolean", "default": false]),
            ],
            answerMemory: APIRoute.pageMemory,
            answers: [.init(status: .ok, description: "A page.", schema: "ThreadPage")],
            handle: { try await self.list($0) })
    }

    private var create: APIRoute {
        APIRoute(
            method: .post, pattern: "/api/v1/threads", operation: "createThread",
            summary: "Creates a thread in the web chat.",
            access: .scopes([.chat], from: .guest), parameters: [.idempotencyKey], bodyLimit: 4096,
            answers: [
                .init(status: .created, description: "The new thread.", schema: "Created"),
                .init(status: .badRequest, description: "The body is not a JSON object.", schema: "Problem"), .noRoom,
            ],
            handle: { try await self.create($0) })
    }

    private var show: APIRoute {
        APIRoute(
            method: .get, pattern: "/api/v1/threads/{id}", operation: "getThread", summary: "One thread.",
            access: Self.reading,
            answers: [
                .init(status: .ok, description: "The thread.", schema: "Thread"),
                .init(status: .notFound, description: "No such thread.", schema: "Problem"),
            ], handle: { try await self.show($0) })
    }

    private var delete: APIRoute {
        APIRoute(
            method: .delete, pattern: "/api/v1/threads/{id}", operation: "deleteThread",
            summary:
                "Deletes a thread of any network: transcript, live frames, messages still to be posted and received "
                + "files. Commits and documents stay in Git.",
            access: .scopes([.chat], from: .guest),
            answers: [
                .init(status: .noContent, description: "Deleted."),
                .init(status: .notFound, description: "No such thread.", schema: "Problem"),
                .init(status: .conflict, description: "An answer is running or queued: stop it.", schema: "Problem"),
            ], handle: { try await self.delete($0) })
    }

    private var messages: APIRoute {
        APIRoute(
            method: .get, pattern: "/api/v1/threads/{id}/messages", operation: "listMessages",
            summary: "A thread's messages, oldest first. A page ends early where its texts exceed 512 KiB.",
            access: Self.reading,
            parameters: [
                .cursor, .limit(50, most: 200),
                .init(
                    name: "after", place: .query, description: "Only messages after the one with this id.",
                    schema: APIRoute.Parameter.number),
                .init(
                    name: "before", place: .query,
                    description: "The messages just before the one with this id, or `latest` for the newest.",
                    schema: ["type": "string", "pattern": "^(latest|[0-9]{1,18})$"]),
            ],
            answerMemory: APIRoute.pageMemory,
            answers: [
                .init(status: .ok, description: "A page.", schema: "MessagePage"),
                .init(status: .notFound, description: "No such thread.", schema: "Problem"),
            ], handle: { try await self.messages($0) })
    }

    private var post: APIRoute {
        APIRoute(
            method: .post, pattern: "/api/v1/threads/{id}/messages", operation: "postMessage",
            summary: "Posts a message or a `/command` to a thread of the web chat.",
            access: .scopes([.chat], from: .guest), parameters: [.idempotencyKey], body: "NewMessage",
            bodyLimit: 2 * 1024 * 1024,
            answers: [
                .init(status: .accepted, description: "Stored; the operation will answer it.", schema: "Accepted"),
                .init(
                    status: .ok, description: "A `/stop` was carried out, but there was no room to store it.",
                    schema: "StoppedOnly"),
                .init(status: .notFound, description: "No such thread.", schema: "Problem"), .noRoom,
            ], handle: { try await self.post($0) })
    }

    // MARK: Reading

    private func list(_ request: APIRequest) async throws -> HTTPServerResponse {
        let principal = try request.person()
        let limit = try request.limit(default: 30, most: 100)
        let cursor = try request.cursor(SessionCursor.init)
        let filter = try Self.filter(of: request, for: principal)
        // If this fails, the newest messages cannot be found yet.
        if !filter.words.isEmpty { try? await self.context.store.indexMessages() }
        let now = self.context.now()
        let page = try await self.context.store.read { ledger in
            let page = try ledger.sessions(filter, after: cursor, limit: limit)
            var lines = FoundLines(words: filter.words)
            let pinned = try cursor == nil ? Self.pinned(filter, of: request, by: principal, in: ledger) : []
            let known = Set(pinned.map(\.id))
            let items = try (pinned + page.items.filter { !known.contains($0.id) }).map { session in
                let found = try lines.line(of: session.id, in: ledger)
                return try ThreadDocument(session: session, for: principal, in: ledger, at: now, found: found)
            }
            let names = try principal.seesEverything ? OwnerNames(in: ledger) : OwnerNames()
            return Page(items: items.map { $0.json(for: principal, names: names) }, next: page.next)
        }
        return .json(page.document { $0 })
    }

    private func show(_ request: APIRequest) async throws -> HTTPServerResponse {
        let principal = try request.person()
        let session = try await self.context.session(request.parameter("id"), for: principal)
        let now = self.context.now()
        let document = try await self.context.store.read { ledger in
            try ThreadDocument(session: session, for: principal, in: ledger, at: now)
        }
        return .json(document.json)
    }

    private func messages(_ request: APIRequest) async throws -> HTTPServerResponse {
        let session = try await self.context.session(request.parameter("id"), for: request.person())
        let limit = try request.limit(default: 50, most: 200)
        let query = request.http.query
        let before = try query["before"].map { try Self.position($0, named: "before", latest: true) }
        let after = try (query["cursor"] ?? query["after"]).map {
            try Self.position($0, named: "cursor", latest: false)
        }
        let pages = self.context.environment.settings.pages
        let document = try await self.context.store.read { ledger -> JSON in
            let page: MessagePage
            if let before {
                page = try ledger.messages(of: session.id, before: before, limit: limit)
            } else {
                let found = try ledger.messages(of: session.id, after: after.map(String.init), limit: limit)
                page = MessagePage(items: found.items, next: found.next, previous: nil)
            }
            let places = try AnswerPlaces(of: page.items, in: ledger)
            var operations: [JSON] = []
            var seen: Set<String> = []
            for message in page.items {
                guard let id = message.turn, seen.insert(id).inserted, let turn = try ledger.turn(id: id) else {
                    continue
                }
                operations.append(try OperationDocument(turn: turn, in: ledger).json(pages: pages))
            }
            return [
                "items": .array(page.items.map { $0.json(place: places[$0]) }),
                "next_cursor": page.next.map { .string($0) } ?? .null,
                "previous_cursor": page.previous.map { .string($0) } ?? .null, "operations": .array(operations),
            ]
        }
        return .json(document)
    }

    private static func position(_ text: String, named name: String, latest: Bool) throws -> Int64 {
        if latest, text == "latest" { return .max }
        guard let number = Int64(text), number >= 0 else {
            throw HTTPProblem(.badRequest, "`\(name)` must be the id of a message\(latest ? ", or `latest`" : "").")
        }
        return number
    }

    // MARK: Writing

    private func create(_ request: APIRequest) async throws -> HTTPServerResponse {
        let principal = try request.person()
        // It has no members yet; an invalid body is still the caller's mistake.
        _ = try await request.object(upTo: 4096)
        let name = try Self.key(of: request, scope: principal.identity) ?? Crypto.hex(Crypto.randomBytes(10))
        let key = ThreadKey(adapter: WebAdapter.adapterID, value: name)
        let route = Route(room: RoomID(adapter: WebAdapter.adapterID, name: name))
        let now = self.context.now()
        let quota = self.context.environment.settings.quota.limits(for: principal.role)
        let session = try await self.context.store.write(beside: Place(of: key)) { ledger in
            if let session = try ledger.session(for: key) { return session }
            try ledger.checkRoom(quota, for: 0, in: key, from: principal.identity)
            return try ledger.session(for: key, route: route, owner: principal.identity, title: "", at: now)
        }
        var response = HTTPServerResponse.json(["id": .string(session.id)], .created)
        response.headers["Location"] = "/api/v1/threads/\(session.id)"
        return response
    }

    private func post(_ request: APIRequest) async throws -> HTTPServerResponse {
        let principal = try request.person()
        let session = try await self.context.writableSession(request.parameter("id"), for: principal)
        let text = try await Self.text(of: request)
        let key = try Self.key(of: request, scope: "\(principal.identity) \(session.id)")
        let id = key ?? Crypto.hex(Crypto.randomBytes(10))
        let files = WaitingFiles(context: self.context, principal: principal, session: session.id, event: id)
        // A repeat of a message that had no files must not take those that have arrived for the next one.
        let isRepeat = key == nil ? false : try await self.isStored(id)
        let event = InboundEvent(
            id: id, adapter: WebAdapter.adapterID,
            kind: .message(
                InboundMessage(
                    thread: session.key, route: session.route, sender: principal.sender, text: text,
                    sentAt: self.context.now(), isDirect: true, isAddressed: true,
                    attachments: isRepeat ? [] : try await files.take())))
        self.context.web.noteEvent()
        let taken: Submission?
        do {
            taken = try await files.settled { try await self.context.bridge.submit(event) }
        } catch let ignored as IgnoredEvent {
            if ignored.reason == Intent.stopped {
                return .json([
                    "message_id": .null, "operation_id": .null,
                    "detail": "Stopped. The command itself was not stored: the disk is full, or the quota is used up.",
                ])
            }
            // From a person with a role, the bridge ignores nothing else.
            throw HTTPProblem(
                .tooManyRequests, "There were too many wrong codes. Wait ten minutes, then try again.",
                headers: ["Retry-After": "600"])
        }
        guard let submission = taken else {
            throw HTTPProblem(
                .serviceUnavailable,
                "The message is still being stored. Repeat the request with the same Idempotency-Key.",
                headers: ["Retry-After": "1"])
        }
        request.logger.info(
            "message received", ["thread": .string(session.id), "operation": .string(submission.operation)])
        let body: JSON = [
            "message_id": .string(String(submission.message)), "operation_id": .string(submission.operation),
        ]
        return .json(body, .accepted)
    }

    /// Whether a message with this event's id has been handled.
    private func isStored(_ event: String) async throws -> Bool {
        try await self.context.store.read { ledger in try ledger.turn(ofEvent: event, adapter: WebAdapter.adapterID) }
            != nil
    }

    private func delete(_ request: APIRequest) async throws -> HTTPServerResponse {
        let session = try await self.context.session(request.parameter("id"), for: request.person())
        switch try await self.context.deletion.delete(session.id) {
        case .deleted: break
        case .unknown: throw Problems.missing("thread")
        case .busy:
            throw HTTPProblem(
                .conflict, "An answer is still running or queued in this conversation. Stop it, then try again.")
        }
        request.logger.info("a thread was deleted", ["thread": .string(session.id)])
        return HTTPServerResponse(.noContent)
    }

    private static func text(of request: APIRequest) async throws -> String {
        let body = try await request.object(upTo: 2 * 1024 * 1024)
        guard let text = body["text"]?.stringValue else {
            throw HTTPProblem(.badRequest, "The body needs a member `text`.")
        }
        guard text.contains(where: { !$0.isWhitespace }) else {
            throw HTTPProblem(.badRequest, "The text is empty. Write something.")
        }
        guard text.utf8.count <= Self.textLimit else {
            throw HTTPProblem(
                .contentTooLarge,
                "The text has \(text.utf8.count) bytes, and the limit is \(Self.textLimit) (256 KB). Send it in parts.")
        }
        return text
    }

    /// The idempotency key of a request, bound to its sender. Nil without the header.
    private static func key(of request: APIRequest, scope: String) throws -> String? {
        guard let key = request.http.headers["idempotency-key"] else { return nil }
        guard !key.isEmpty, key.utf8.count <= 200, key.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw HTTPProblem(.badRequest, "An Idempotency-Key must have 1 to 200 characters of ASCII.")
        }
        return String(Crypto.hex(Crypto.sha256("\(scope)\u{0}\(key)")).prefix(40))
    }
}

extension APIRoute.Parameter {
    /// Ids and cursors that are numbers, as texts.
    static let number: JSON = ["type": "string", "pattern": "^[0-9]{1,18}$"]

    static let cursor = Self.cursor(Self.number)
    static let sessionCursor = Self.cursor(["type": "string", "pattern": "^[0-9]{1,18}-"])
    static let idempotencyKey = Self(
        name: "Idempotency-Key", place: .header,
        description: "A repeated request with the same key gets the first answer.",
        schema: ["type": "string", "maxLength": 200, "pattern": "^[ -~]*[!-~][ -~]*$"])

    private static func cursor(_ schema: JSON) -> Self {
        Self(name: "cursor", place: .query, description: "`next_cursor` of the previous page.", schema: schema)
    }

    static func limit(_ usual: Int, most: Int) -> Self {
        Self(
            name: "limit", place: .query, description: "The most items to return.",
            schema: [
                "type": "integer", "default": .integer(Int64(usual)), "minimum": 1, "maximum": .integer(Int64(most)),
            ])
    }
}

extension APIRoute.Answer {
    static let noRoom = Self(
        status: HTTPStatus(507), description: "The person's quota or the host's disk is used up.", schema: "Problem")
}
