internal import Chat
internal import Crypto
internal import Etiquette
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Logging
internal import People
internal import Primitives
internal import Schemas
internal import Sessions
internal import Store
internal import Threads

/// Threads of every network and their messages, and posting to threads of the web chat.
struct ThreadRoutes: Sendable {
    let context: GatewayContext

    /// In bytes. Longer messages are refused; a specification may take 100 KB.
    private static let textLimit = 256 * 1024
    static let routes: [APIRoute] = [
        APIRoute(
            .get, "/api/v1/threads", "listThreads", "Threads of all networks, most recently active first.",
            .watching(from: .guest), query: API.ThreadQuery.self, answerMemory: APIRoute.pageMemory,
            heavyParameter: "q", success: (.ok, "A page.")
        ) { try await Self(context: $0).list($1) },
        APIRoute(
            .post, "/api/v1/threads", "createThread", "Creates a thread in the web chat.",
            .scopes([.chat, .run], from: .guest), headers: [Self.idempotencyKey],
            answers: [.json(API.Created.self, .created, "The new thread."), .noRoom]
        ) { try await Self(context: $0).create($1) },
        APIRoute(
            .get, "/api/v1/threads/{id}", "getThread", "One thread.", .watching(from: .guest),
            success: (.ok, "The thread."), [.notFound("No such thread.")]
        ) { try await Self(context: $0).show($1) },
        Self.change,
        APIRoute(
            .delete, "/api/v1/threads/{id}", "deleteThread",
            "Deletes a thread of any network: transcript, live frames, messages still to be posted and received files. "
                + "Commits and documents stay in Git.", .writing,
            answers: [
                .empty("Deleted."), .notFound("No such thread."),
                .conflict("An answer is running or queued: stop it."),
            ]
        ) { try await Self(context: $0).delete($1) },
        APIRoute(
            .get, "/api/v1/threads/{id}/messages", "listMessages",
            "A thread's messages, oldest first. A page ends early where its texts exceed 512 KiB.",
            .watching(from: .guest), query: API.MessageQuery.self, answerMemory: APIRoute.pageMemory,
            success: (.ok, "A page."), [.notFound("No such thread.")]
        ) { try await Self(context: $0).messages($1) },
        APIRoute(
            .post, "/api/v1/threads/{id}/messages", "postMessage",
            "Posts a message or a `/command` to a thread of the web chat. A credential with the scope `run` alone may post "
                + "commands only.", .scopes([.chat, .run], from: .guest), headers: [Self.idempotencyKey],
            body: API.NewMessage.self, bodyLimit: 2 << 20,
            answers: [
                .json(API.Accepted.self, .accepted, "Stored; the operation will answer it."),
                .json(API.StoppedOnly.self, "A `/stop` was carried out, but there was no room to store it."),
                .notFound("No such thread."),
                .conflict("The conversation is muted, or the message to replace cannot be replaced now."), .noRoom,
            ]
        ) { try await Self(context: $0).post($1) },
    ]

    static let idempotencyKey = APIRoute.Header(
        name: "Idempotency-Key",
        note: MemberNote(
            "A repeated request with the same key gets the first answer.", minLength: 1, maxLength: 200,
            pattern: "^[ -~]*[!-~][ -~]*$"))

    // MARK: Reading

    private func list(
        _ call: APICall<API.ThreadQuery, API.Nothing>
    ) async throws -> API.Page<API.ListedThread> {
        let principal = try call.person()
        let query = call.query
        let cursor = try API.place(query.cursor, SessionCursor.init)
        let now = self.context.now()
        let filter = try Self.filter(of: query, for: principal, at: now)
        // If this fails, the newest messages cannot be found yet.
        if !filter.words.isEmpty { try? await self.context.store.indexMessages() }
        return try await self.context.store.read { ledger in
            let page = try ledger.sessions(filter, after: cursor, limit: query.limit ?? 30)
            var lines = FoundLines(words: filter.words)
            let isFirst = cursor == nil && query.pinned == .first
            let pinned = isFirst ? try Self.pinned(filter, by: principal, in: ledger) : []
            let known = Set(pinned.map(\.id))
            let sessions = pinned + page.items.filter { !known.contains($0.id) }
            let isOwn = sessions.allSatisfy { principal.visitor.began(threadOf: $0.owner) }
            let names = try isOwn ? OwnerNames() : OwnerNames(in: ledger)
            let marks = try ledger.marks(of: sessions, for: principal.visitor, at: now)
            let items = try sessions.map { session in
                let found = try lines.line(of: session.id, in: ledger)
                let thread = API.Thread(session, marks[session.id] ?? ThreadMarks(), at: now, found: found)
                return API.ListedThread(thread, for: principal, names: names)
            }
            return API.Page(items, next: page.next)
        }
    }

    private func show(_ call: PlainCall) async throws -> API.Thread {
        let principal = try call.person()
        let now = self.context.now()
        return try await self.context.read(call.id, for: principal) { ledger, session in
            try API.Thread(session, for: principal, in: ledger, at: now)
        }
    }

    private func messages(_ call: APICall<API.MessageQuery, API.Nothing>) async throws -> API.MessagePage {
        let (query, limit) = (call.query, call.query.limit ?? 50)
        let before = try query.before.map { try Self.position($0, named: "before", latest: true) }
        let begin = try query.after.map { try Self.position($0, named: "after", latest: false) }
        let after = try query.cursor.map { try Self.position($0, named: "cursor", latest: false) } ?? begin
        let pages = self.context.environment.settings.pages
        var shown = try await self.context.read(call.id, for: call.person()) { ledger, session in
            let page: MessagePage
            let branches = try ledger.branches(of: session.id)
            let branch = try Self.branch(query.branch, of: branches)
            if let before {
                page = try ledger.messages(of: session.id, before: before, limit: limit, in: branch)
            } else {
                let found = try ledger.messages(
                    of: session.id, after: after.map(String.init), limit: limit, in: branch)
                page = MessagePage(items: found.items, next: found.next, previous: nil)
            }
            let places = try AnswerPlaces(of: page.items, in: ledger, within: FrameBudget())
            var operations: [API.Operation] = []
            var seen: Set<String> = []
            for message in page.items {
                guard let id = message.turn, seen.insert(id).inserted, let turn = try ledger.turn(id: id) else {
                    continue
                }
                operations.append(try API.Operation(turn, in: ledger, pages: pages))
            }
            return API.MessagePage(
                items: try page.items.map { try API.Message($0, place: places[$0], branches, in: ledger) },
                nextCursor: page.next,
                previousCursor: page.previous, operations: operations)
        }
        shown.operations = await self.context.current(shown.operations)
        if !shown.items.isEmpty { await self.context.noteRead(of: call.id, by: try call.person(), call.logger) }
        return shown
    }

    private static func branch(_ name: String?, of branches: ThreadBranches) throws -> ShownBranch {
        guard let name else { return .current }
        guard let branch = branches.branch(named: name) else { throw Problems.missing("branch") }
        return branch == branches.shown ? .current : .named(branch)
    }

    private static func position(_ text: String, named name: String, latest: Bool) throws -> Int64 {
        if latest, text == "latest" { return .max }
        guard let number = Int64(untrusted: text), number >= 0 else {
            throw HTTPProblem(
                HTTPStatus(422), "`\(name)` must be the id of a message\(latest ? ", or `latest`" : "").")
        }
        return number
    }

    // MARK: Writing

    private func create(_ call: PlainCall) async throws -> HTTPServerResponse {
        let principal = try call.person()
        let name = try Self.key(of: call.request, scope: principal.identity) ?? Crypto.hex(Crypto.randomBytes(10))
        let session = try await self.context.webThread(name, for: principal)
        var response = HTTPServerResponse.json(encoding: API.Created(id: session.id), .created)
        response.headers["Location"] = "/api/v1/threads/\(session.id)"
        return response
    }

    private func post(_ call: APICall<API.Nothing, API.NewMessage>) async throws -> HTTPServerResponse {
        let principal = try call.person()
        let session = try await self.context.writableSession(call.id, for: principal)
        let text = call.body.text
        try Self.check(text, from: principal)
        let key = try Self.key(of: call.request, scope: "\(principal.identity) \(session.id)")
        let id = key ?? Crypto.hex(Crypto.randomBytes(10))
        let files = WaitingFiles(context: self.context, principal: principal, session: session.id, event: id)
        let now = self.context.now()
        let via = call.request.via
        let replaces = try call.body.replaces.map { try Self.position($0, named: "replaces", latest: false) }
        let locale = call.request.locale
        let submit = { (attachments: [Attachment]) in
            var message = InboundMessage(
                thread: session.key, route: session.route, sender: principal.sender, text: text, sentAt: now,
                isDirect: true, isAddressed: true, attachments: attachments)
            message.via = via
            message.replaces = replaces
            message.locale = locale
            return try await self.context.bridge.submit(
                InboundEvent(id: id, adapter: WebAdapter.adapterID, kind: .message(message)))
        }
        // A repeat of a message that had no files must not take those that have arrived for the next one.
        let isRepeat = key == nil ? false : try await self.isStored(id)
        let intent = Intent.parse(text.trimmed, sign: WebAdapter.sign)
        if let replaces, !isRepeat { try await self.check(replaces, in: session, by: principal, intent) }
        self.context.web.noteEvent()
        let taken: Submission?
        do {
            taken =
                isRepeat || intent.isAnsweredAtOnce(as: principal.role)
                ? try await submit([]) : try await files.taken(by: submit)
        } catch let ignored as IgnoredEvent {
            if ignored.reason == Intent.stopped {
                let detail = "Stopped. The command itself was not stored: the disk is full, or the quota is used up."
                return .json(encoding: API.StoppedOnly(messageID: nil, operationID: nil, detail: detail))
            }
            if ignored.reason == Intent.muted {
                throw HTTPProblem(.conflict, "This conversation is muted. Send /unmute, then send the message again.")
            }
            if ignored.reason == Intent.aside {
                throw HTTPProblem(HTTPStatus(422), "The message begins as an aside, which is not for the bot.")
            }
            // From a person with a role, the bridge ignores nothing else.
            throw HTTPProblem(
                .tooManyRequests, "There were too many wrong codes. Wait ten minutes, then try again.",
                headers: ["Retry-After": "600"])
        }
        guard let submission = taken else {
            throw HTTPProblem(
                .serviceUnavailable,
                "The message is stored, but not handled yet. Repeat the request with the same Idempotency-Key.",
                headers: ["Retry-After": "1"])
        }
        // A command is no text for people; what it writes, such as a task, names them itself.
        if !intent.isCommand {
            let message = NamedText(
                .message, in: session.id, about: String(submission.message), key: String(submission.message), text,
                by: principal.sender, at: now)
            try await self.context.store.write { ledger in try ledger.note(message) }
            self.context.store.namedTexts.note()
        }
        call.logger.info(
            "message received", ["thread": .string(session.id), "operation": .string(submission.operation)])
        let accepted = API.Accepted(messageID: String(submission.message), operationID: submission.operation)
        return .json(encoding: accepted, .accepted)
    }

    /// Throws unless a new message may take the place of an earlier one.
    private func check(
        _ message: Int64, in session: SessionRecord, by principal: Principal, _ intent: Intent
    ) async throws {
        guard case .chat = intent else {
            throw HTTPProblem(HTTPStatus(422), "A command cannot take a message's place. Send it as a new message.")
        }
        do {
            try await self.context.store.read { ledger in
                _ = try ledger.replaceable(message, in: session.id, by: principal.visitor.identities)
            }
        } catch let refusal as BranchRefusal {
            throw HTTPProblem(refusal.status, refusal.text)
        }
    }

    /// Whether a message with this event's id has been handled.
    private func isStored(_ event: String) async throws -> Bool {
        try await self.context.store.read { ledger in try ledger.turn(ofEvent: event, adapter: WebAdapter.adapterID) }
            != nil
    }

    private func delete(_ call: PlainCall) async throws -> HTTPServerResponse {
        let session = try await self.context.session(call.id, for: call.person(), to: .own)
        switch try await self.context.deletion.delete(session.id) {
        case .deleted: break
        case .unknown: throw Problems.missing("thread")
        case .busy:
            throw HTTPProblem(
                .conflict, "An answer is still running or queued in this conversation. Stop it, then try again.")
        }
        call.logger.info("a thread was deleted", ["thread": .string(session.id)])
        return HTTPServerResponse(.noContent)
    }

    private static func check(_ text: String, from principal: Principal) throws {
        guard text.contains(where: { !$0.isWhitespace }) else {
            throw HTTPProblem(HTTPStatus(422), "The text is empty. Write something.")
        }
        guard text.utf8.count <= Self.textLimit else {
            throw HTTPProblem(
                .contentTooLarge,
                "The text has \(text.utf8.count) bytes, and the limit is \(Self.textLimit) (256 KB). Send it in parts.")
        }
        let intent = Intent.parse(text.trimmed, sign: WebAdapter.sign)
        guard principal.has(anyOf: [.chat]) || (intent.isCommand && !intent.isSharing) else {
            throw HTTPProblem(
                .forbidden,
                "With the scope `run` you may post commands such as `/run make`. A message or `/share` needs `chat`.")
        }
        guard principal.has(anyOf: [.admin]) || principal.role < .owner || !intent.isAdministrative else {
            throw HTTPProblem(
                .forbidden,
                "This command changes who may do what, or lifts a limit. It needs a token with the scope `admin`.")
        }
    }

    /// The idempotency key of a request, bound to its sender. Nil without the header.
    static func key(of request: APIRequest, scope: String) throws -> String? {
        guard let key = request.http.headers["idempotency-key"] else { return nil }
        guard !key.isEmpty, key.utf8.count <= 200, key.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw HTTPProblem(.badRequest, "An Idempotency-Key must have 1 to 200 characters of ASCII.")
        }
        return String(Crypto.hex(Crypto.sha256("\(scope)\u{0}\(key)")).prefix(40))
    }
}

extension BranchRefusal {
    fileprivate var status: HTTPStatus {
        switch self {
        case .missing: .notFound
        case .notAQuestion: HTTPStatus(422)
        case .notYours: .forbidden
        case .busy, .asked, .tooMany: .conflict
        }
    }
}
