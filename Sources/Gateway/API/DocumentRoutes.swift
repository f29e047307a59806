internal import Audit
internal import Chat
internal import Delivery
internal import Documents
internal import Git
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Logging
internal import Posts
internal import Primitives
internal import Repositories
internal import Schemas
internal import Sessions
internal import Store
internal import Threads

/// The Markdown documents beside a thread.
enum DocumentRoutes {
    private static let access = APIRoute.Access.scopes([.chat, .read, .documents], from: .member)
    private static let missing = APIRoute.Answer.notFound("No such thread or document.")
    /// Of the text's bytes each may be an escape of six, and the message and the members' names need some.
    private static let bodyLimit = 6 * Repositories.Document.sizeLimit + APIRoute.smallBody * 2

    static let routes: [APIRoute] = [
        APIRoute(
            .get, "/api/v1/documents", "findDocuments",
            "The Markdown documents of all repositories: of each its own below `docs/`, and those of its features.",
            Self.access, query: API.DocumentSearch.self, answerMemory: APIRoute.anyMemory,
            success: (.ok, "The first 1,000."), [.notFound("No such repository.")]
        ) { try await Self.all($0, $1) },
        APIRoute(
            .post, "/api/v1/documents/open", "openDocument",
            "The thread beside which the caller edits a document: the one that is named, if the caller may write in it, "
                + "else the caller's own on the document's repository and branch, which is created if missing.",
            .scopes([.chat, .documents], from: .member), body: API.DocumentAddress.self,
            success: (.ok, "Where the document is, and the thread for its other requests."),
            [
                .notFound("No such thread or repository."), .conflict("The repository can't be read."), .noRoom,
            ]
        ) { try await Self.open($0, $1) },
        APIRoute(
            .get, "/api/v1/threads/{id}/documents", "listDocuments",
            "The Markdown documents of a thread's feature and those below `docs/`.", Self.access,
            answerMemory: APIRoute.pageMemory, success: (.ok, "The documents."),
            [Self.missing, .conflict("The repository can't be read.")]
        ) { (context, call: PlainCall) in
            let (desk, thread, _) = try await context.documents(call, to: .read)
            return try await Self.answering {
                let list = try await desk.list(thread)
                return API.DocumentList(
                    repository: list.repository, branch: list.branch,
                    items: list.items.map {
                        API.ListedDocument(path: $0.path, size: $0.size, branch: $0.branch, commit: $0.head.hex)
                    }, isCut: list.isCut)
            }
        },
        APIRoute(
            .get, "/api/v1/threads/{id}/documents/{path...}", "getDocument", "One of a thread's documents.",
            Self.access, answerMemory: APIRoute.pageMemory, success: (.ok, "The document."),
            [Self.missing, .conflict("The repository or the document can't be read.")]
        ) { (context, call: PlainCall) in
            let (desk, thread, _) = try await context.documents(call, to: .read)
            let pages = context.environment.settings.pages
            return try await Self.answering {
                let document = try await desk.read(call.request.parameter("path"), of: thread)
                return API.Document(
                    path: document.path, text: document.text, commit: document.commit.hex,
                    url: pages.file(document.path, on: document.commit.hex, of: document.repository))
            }
        },
        APIRoute(
            .get, "/api/v1/threads/{id}/documents/{path...}/live", "editDocument",
            "A WebSocket on which a document is edited together with others: see docs/documents.md.",
            .scopes([.chat, .read, .documents], from: .member), query: API.EpochQuery.self,
            answers: [
                .init(status: .switchingProtocols, text: "The connection speaks the live protocol of documents."),
                Self.missing, .conflict("The repository or the document can't be read."),
                .problem(HTTPStatus(426), "Not a WebSocket request."),
            ], isLive: true
        ) { (context, call: APICall<API.EpochQuery, API.Nothing>) in try await DocumentSocket.open(context, call) },
        APIRoute(
            .put, "/api/v1/threads/{id}/documents/{path...}", "saveDocument",
            "Commits a document as the caller's change, and posts the commit in the thread. Lines that others have "
                + "changed since `base` are merged. Line ends and a byte order mark stay as they are in the file.",
            .scopes([.chat, .documents], from: .member), body: API.DocumentChange.self, bodyLimit: Self.bodyLimit,
            answerMemory: APIRoute.pageMemory,
            answers: [
                .json(API.SavedDocument.self, "The document as it is now."), Self.missing,
                APIRoute.Answer(
                    status: .conflict,
                    text: "Others have changed the same lines, or the repository can't be written to. "
                        + "Nothing was committed.", content: API.DocumentConflict.self, type: .problem),
            ]
        ) { try await Self.save($0, $1) },
        APIRoute(
            .get, "/api/v1/threads/{id}/documents/{path...}/comments", "listComments",
            "The open comments on passages of a document, with their answers, oldest first.", Self.access,
            answerMemory: APIRoute.pageMemory, success: (.ok, "The comments."), [Self.missing]
        ) { (context, call: PlainCall) in
            let (comments, thread, _) = try await Self.comments(context, call, to: .read)
            return try await Self.answering {
                API.List(
                    items: try await comments.list(call.request.parameter("path"), of: thread).map {
                        try API.Comment(decoding: $0.json)
                    })
            }
        },
        APIRoute(
            .post, "/api/v1/threads/{id}/documents/{path...}/comments", "createComment",
            "Comments on a passage of a document, or answers a comment; the thread shows it.",
            .scopes([.chat, .documents], from: .member), headers: [ThreadRoutes.idempotencyKey],
            body: API.NewComment.self, bodyLimit: 64 << 10, answerMemory: APIRoute.pageMemory,
            success: (.created, "The comment."),
            [Self.missing, .conflict("The document has too many open comments, or can't be read.")]
        ) { try await Self.comment($0, $1) },
        APIRoute(
            .delete, "/api/v1/threads/{id}/documents/{path...}/comments", "resolveComment",
            "Resolves a comment: it is no longer shown beside the document, and the thread hears of it.",
            .scopes([.chat, .documents], from: .member), query: API.CommentQuery.self,
            answerMemory: APIRoute.pageMemory,
            answers: [.empty("Resolved."), .notFound("No such thread, document or open comment.")]
        ) { (context, call: APICall<API.CommentQuery, API.Nothing>) in
            let (comments, thread, _) = try await Self.comments(context, call, to: .join)
            let sender = try call.person().sender
            try await Self.answering {
                try await comments.resolve(
                    call.query.number, call.request.parameter("path"), of: thread, by: sender)
            }
            return HTTPServerResponse(.noContent)
        },
    ]

    /// The conversation beside which somebody edits a document: the one that they name if they may write in it, else their
    /// own on its repository and branch. Every later request about the document then has the rights of that one.
    private static func open(
        _ context: GatewayContext, _ call: APICall<API.Nothing, API.DocumentAddress>
    ) async throws -> API.OpenedDocument {
        let (body, principal) = (call.body, try call.person())
        guard let desk = context.settings.documents else { throw Problems.missing("document") }
        let found: FoundDocument
        if let id = body.threadID {
            // Every member may read every repository: what is learned of somebody else's thread is which one it uses.
            guard let session = try await context.store.read({ try $0.session(id: id) }) else {
                throw Problems.missing("thread")
            }
            let thread = DocumentThread(repository: session.repository, feature: session.feature)
            found = try await Self.answering { try await desk.find(body.path, of: thread) }
            if let right = try await context.right(of: principal, in: session), right >= .join {
                return try await Self.opened(found, in: session, body.template, desk)
            }
        } else {
            guard let repository = body.repository, let branch = body.branch else {
                throw HTTPProblem(HTTPStatus(422), "Name the document's `repository` and `branch`, or a `thread_id`.")
            }
            let address = DocumentPlace(repository: repository, branch: branch, path: body.path)
            found = try await Self.answering { try await desk.find(address) }
        }
        let conversation = DocumentConversation(of: found)
        let known = try await Self.answering {
            try await context.store.read { ledger in try conversation.find(for: principal.visitor, in: ledger) }
        }
        switch known {
        case .session(let session): return try await Self.opened(found, in: session, body.template, desk)
        case .missing(let name):
            let session = try await context.webThread(name, for: principal) { session in
                (session.repository, session.feature) = (conversation.repository, conversation.feature)
                (session.title, session.isNamed) = (conversation.title, true)
            }
            return try await Self.opened(found, in: session, body.template, desk)
        }
    }

    private static func opened(
        _ document: FoundDocument, in session: SessionRecord, _ template: String?, _ desk: DocumentDesk
    ) async throws -> API.OpenedDocument {
        var text: String?
        if let template { text = try await Self.answering { try await desk.template(template, for: document) } }
        let place = document.place
        return API.OpenedDocument(
            threadID: session.id, repository: place.repository, branch: place.branch, path: place.path, text: text)
    }

    private static let listLimit = 1_000

    private static func all(
        _ context: GatewayContext, _ call: APICall<API.DocumentSearch, API.Nothing>
    ) async throws -> API.FoundDocuments {
        guard let desk = context.settings.documents else { throw Problems.missing("document") }
        let names = call.query.repository.map { [$0] } ?? desk.repositories
        let words = (call.query.q ?? "").lowercased().split(whereSeparator: \.isWhitespace).prefix(8).map(String.init)
        var (items, homes, unreadable): ([API.FoundDocument], [API.DocumentHome], [String]) = ([], [], [])
        var isCut = false
        for name in names {
            let all: RepositoryDocuments
            do {
                all = try await context.look(as: call.person()) { try await desk.all(of: name) }
            } catch let error as RepositoryError {
                if error.code == .unknown { throw Problems.missing("repository") }
                call.logger.info(
                    "a repository's documents were not listed",
                    ["repository": .string(name), "reason": .string(error.message)])
                unreadable.append(name)
                continue
            }
            isCut = isCut || all.isCut
            for folder in all.folders {
                homes.append(API.DocumentHome(repository: name, branch: folder.branch, feature: folder.feature))
                let found = folder.items.filter { $0.has(words) }
                let shown = found.prefix(Self.listLimit - items.count)
                isCut = isCut || shown.count < found.count
                items += shown.map { item in
                    API.FoundDocument(
                        repository: name, branch: folder.branch, feature: folder.feature, path: item.path,
                        title: item.title, url: ViewerPath.editor(name, folder.branch, item.path))
                }
            }
        }
        return API.FoundDocuments(items: items, homes: homes, unreadable: unreadable, isCut: isCut)
    }

    private static func comments<Query, Body>(
        _ context: GatewayContext, _ call: APICall<Query, Body>, to right: ThreadRight
    ) async throws -> (DocumentComments, DocumentThread, SessionRecord) {
        let (desk, thread, session) = try await context.documents(call, to: right)
        return (DocumentComments(desk: desk, posts: context.bridge.posts), thread, session)
    }

    private static func comment(
        _ context: GatewayContext, _ call: APICall<API.Nothing, API.NewComment>
    ) async throws -> API.Comment {
        let (comments, thread, session) = try await Self.comments(context, call, to: .join)
        let (body, sender, path) = (call.body, try call.person().sender, call.request.parameter("path"))
        func isBlank(_ text: String) -> Bool { text.allSatisfy(\.isWhitespace) }
        guard !isBlank(body.text), body.answers != nil || !isBlank(body.quote ?? "") else {
            throw HTTPProblem(HTTPStatus(422), "A comment has a `text`, and a `quote` or the number that it `answers`.")
        }
        let isRefining = body.refine == true && body.answers == nil
        guard !isRefining || path.hasPrefix("specs/") else {
            throw HTTPProblem(HTTPStatus(422), "Only a feature's documents, below `specs/`, can be refined.")
        }
        let scopes: Set<Scope> = [.chat, .run]
        guard try !isRefining || call.person().has(anyOf: scopes) else { throw Problems.missingScope(scopes) }
        let key = try ThreadRoutes.key(of: call.request, scope: "\(sender.id) \(call.http.target)")
        let anchor = try body.anchor.flatMap { CommentAnchor.checked(try JSON(encoding: $0)) } ?? .null
        let comment = try await Self.answering {
            if let number = body.answers {
                return try await comments.answer(
                    number, body.text, path, of: thread, by: sender, key: key ?? Identifier.make("c"))
            }
            return try await comments.add(
                body.text, on: body.quote ?? "", at: anchor, path, of: thread, in: session.id, by: sender,
                key: key ?? Identifier.make("c"))
        }
        if isRefining { try await Self.refine(comment, in: session, as: sender, context) }
        return try API.Comment(decoding: comment.json)
    }

    /// Asks for the change in the comment's thread, on whatever network that is.
    private static func refine(
        _ comment: DocumentComment, in session: SessionRecord, as sender: Sender, _ context: GatewayContext
    ) async throws {
        let room = session.route.room
        let passage = comment.quote.split(separator: "\n", omittingEmptySubsequences: false)
            .map { "> \($0)" }.joined(separator: "\n")
        let message = InboundMessage(
            thread: session.key,
            // It answers no message there.
            route: Route(
                room: room, anchor: session.route.anchor, addressee: session.route.addressee,
                recipient: session.route.recipient), sender: sender,
            text: "\(context.bridge.adapters.traits(of: room).sign.character)refine \(comment.text)\n\n"
                + "This concerns the following passage of \(comment.place.path):\n\n\(passage)",
            sentAt: context.now(), isDirect: false, isAddressed: true)
        // A repeated request is the same event.
        let event = InboundEvent(
            id: "comment-\(comment.number)", adapter: WebAdapter.adapterID, kind: .message(message))
        context.web.noteEvent()
        _ = try await context.bridge.submit(event)
    }

    private static func save(
        _ context: GatewayContext, _ call: APICall<API.Nothing, API.DocumentChange>
    ) async throws -> HTTPServerResponse {
        let (desk, thread, session) = try await context.documents(call, to: .join)
        let author = try call.person().sender
        let edit = DocumentEdit(
            path: call.request.parameter("path"), text: call.body.text, base: call.body.base,
            message: call.body.message, author: author, id: Identifier.make("d"))
        do {
            let saved = try await Self.answering { try await desk.save(edit, of: thread) }
            switch saved {
            case .committed(let commit, let text, let isMerged):
                let audit = context.environment.auditDecision
                try await context.store.write { ledger in
                    try audit(ledger, .commit(commit, session: session.id, turn: edit.id, actor: author.id))
                }
                try await context.bridge.posts.post(commit, in: session.id)
                let url = context.environment.settings.pages.commit(
                    commit.sha, of: commit.repository, on: commit.branch)
                return .json(
                    encoding: API.SavedDocument(
                        commit: API.MadeCommit(sha: commit.sha, url: url), text: text, merged: isMerged))
            case .unchanged(let text):
                return .json(encoding: API.SavedDocument(commit: nil, text: text, merged: false))
            case .conflict(let texts):
                let change = texts.change.map(Self.named) ?? ""
                return try Self.conflict(
                    texts.theirs == nil
                        ? "Others have deleted `\(edit.path)` since you read it\(change). Nothing was committed."
                        : "Others have changed the same lines of `\(edit.path)`\(change). Nothing was committed: put both "
                            + "texts together, and save with the document's newest `commit` as `base`.", texts)
            }
        } catch let problem as HTTPProblem where problem.status == .conflict {
            return try Self.conflict(problem.detail)
        }
    }

    /// The newest change of a document: which commit, whose, and when.
    private static func named(_ change: GitCommit) -> String {
        let time = CivilTime(seconds: change.author.seconds)
        let (subject, author) = (VisibleText.line(change.subject), VisibleText.line(change.author.name))
        return ", last in \(change.id.hex.prefix(7)) (“\(subject.prefix(72))” by \(author.prefix(64)), "
            + "\(time.date) \(time.clock) UTC)"
    }

    private static func conflict(_ detail: String, _ texts: DocumentVersions? = nil) throws -> HTTPServerResponse {
        let problem = HTTPProblem(.conflict, detail)
        let document = API.DocumentConflict(
            type: "about:blank", title: problem.title, status: problem.status.code, detail: detail,
            baseText: texts?.base, theirs: texts?.theirs, ours: texts?.ours)
        return HTTPServerResponse(.conflict, .problem, bytes: JSON.bytes(encoding: document))
    }

    static func answering<Content>(_ body: () async throws -> Content) async throws -> Content {
        do {
            return try await body()
        } catch let problem as DocumentProblem {
            switch problem {
            case .invalid(let line): throw HTTPProblem(.badRequest, line)
            case .tooLarge(let line): throw HTTPProblem(.contentTooLarge, line)
            case .missing: throw Problems.missing("document")
            case .busy(let line): throw HTTPProblem(.serviceUnavailable, line, headers: ["Retry-After": "30"])
            case .unreadable(let line): throw HTTPProblem(.conflict, line)
            }
        } catch let problem as CommentProblem {
            switch problem {
            case .tooMany: throw HTTPProblem(.conflict, CommentTexts.tooMany)
            case .unknown: throw Problems.missing("open comment")
            }
        } catch let error as TurnFailure {
            throw HTTPProblem(.notFound, error.message)
        } catch let error as RepositoryError {
            throw HTTPProblem(error.code == .unknown ? .notFound : .conflict, "\(error.message).")
        }
    }
}

extension GatewayContext {
    /// Where a thread's documents are. Throws like ``session(_:for:to:naming:)``.
    func documents<Query, Body>(
        _ call: APICall<Query, Body>, to right: ThreadRight
    ) async throws -> (DocumentDesk, DocumentThread, SessionRecord) {
        let session = try await self.session(call.id, for: call.person(), to: right)
        guard let desk = self.settings.documents else { throw HTTPProblem(.notFound, "This host has no documents.") }
        return (desk, DocumentThread(repository: session.repository, feature: session.feature), session)
    }
}
