internal import Chat
internal import HTTP
internal import HTTPServer
internal import Primitives
internal import Schemas
internal import Sessions
internal import Store
internal import Threads

/// The built-in viewer, which opens the links posted into threads.
struct ViewerRoutes: Sendable {
    let context: GatewayContext

    static let routes: [APIRoute] = [
        Self.page(
            "/r/{repository}", "viewRepository", "A repository's branches, documents and files.", from: .member,
            query: API.BranchQuery.self
        ) { try await $0.repository($1) },
        Self.page("/r/{repository}/commit/{sha}", "viewCommit", "A commit with its diff.", from: .guest) {
            try await $0.commit($1)
        },
        Self.page(
            "/r/{repository}/commits/{ref}", "viewCommits", "A branch's commits, newest first.", from: .member,
            query: API.CommitsQuery.self
        ) { try await $0.commits($1) },
        Self.page("/r/{repository}/blob/{ref}/{path...}", "viewFile", "A file.", from: .member) {
            try await $0.blob($1)
        },
        Self.page(
            "/r/{repository}/raw/{ref}/{path...}", "downloadFile", "A file's raw bytes.", from: .member,
            answer: .other(.plain, "The file.")
        ) { try await $0.raw($1) },
        Self.page("/r/{repository}/tree/{ref}", "viewRoot", "A repository's files at a ref.", from: .member) {
            try await $0.tree($1)
        },
        Self.page("/r/{repository}/tree/{ref}/{path...}", "viewFolder", "A folder.", from: .member) {
            try await $0.tree($1)
        },
        Self.page(
            "/t/{thread}/diff", "viewDiff", "What differs in a thread's workspace from its branch's last commit.",
            from: .member
        ) { try await $0.workingDiff($1) },
        Self.page("/a/{message}", "viewAnswer", "The full text of an answer.", from: .guest) {
            try await $0.answer($1)
        },
    ]

    /// - Parameter query: for the document only; a page ignores parameters that it does not know.
    private static func page(
        _ pattern: String, _ operation: String, _ summary: String, from role: Role,
        query: (any FieldValue.Type)? = nil, answer: APIRoute.Answer = .other(.html, "The page."),
        _ handle: @escaping @Sendable (Self, APIRequest) async throws -> HTTPServerResponse
    ) -> APIRoute {
        APIRoute(
            method: .get, pattern: pattern, operation: operation, summary: summary, access: .reading(from: role),
            query: query, answerMemory: APIRoute.anyMemory,
            answers: [answer, .notFound("Not found.")], isPage: true
        ) { context, request in try await handle(Self(context: context), request) }
    }

    private func repository(_ request: APIRequest) async throws -> HTTPServerResponse {
        let found = try await self.context.look(as: request.person()) {
            try await self.context.viewer.overview(
                request.parameter("repository"), branch: request.http.query["branch"])
        }
        guard let found else { throw Problems.missing("repository or branch") }
        return self.html(self.pages(for: request).overview(found))
    }

    private func commit(_ request: APIRequest) async throws -> HTTPServerResponse {
        let visitor = try request.person().visitor
        let found = try await self.context.commit(
            request.parameter("sha"), of: request.parameter("repository"), for: request.person())
        let now = self.context.now()
        let session = try await self.context.store.read { ledger -> SessionRecord? in
            // The newest of those that the person may see.
            for id in try ledger.sessions(ofCommit: found.sha, of: found.repository, limit: 10) {
                if let session = try ledger.session(id: id, for: visitor, to: .read, at: now) { return session }
            }
            return nil
        }
        return self.html(self.pages(for: request).commit(found, postedIn: session), hasCode: true)
    }

    private func commits(_ request: APIRequest) async throws -> HTTPServerResponse {
        let found = try await self.context.look(as: request.person()) {
            try await self.context.viewer.commits(
                request.parameter("repository"), request.parameter("ref"), from: request.http.query["from"])
        }
        guard let found else { throw Problems.missing("branch or commit") }
        return self.html(self.pages(for: request).commits(found))
    }

    /// What differs in a thread's workspace now.
    private func workingDiff(_ request: APIRequest) async throws -> HTTPServerResponse {
        let session = try await self.context.session(
            request.parameter("thread"), for: request.person(), to: .read)
        let diff = try await self.context.inWorkspace(of: session) { desk, place in try await desk.diff(in: place) }
        let title = session.title.isEmpty ? "Conversation" : session.title
        return self.html(
            self.pages(for: request).workingDiff(FileDiffs(diff), of: session.id, title: title), hasCode: true)
    }

    private func blob(_ request: APIRequest) async throws -> HTTPServerResponse {
        let isSource = request.http.query["view"] == "source"
        let page = try await self.context.look(as: request.person()) { () -> HTTPServerResponse? in
            do {
                guard let found = try await self.find(request, limit: ViewerPages.blobLimit) else { return nil }
                let page = try await self.rendered(found.bytes?.count ?? 0) {
                    self.pages(for: request).blob(found, isSource: isSource)
                }
                return self.html(page, hasCode: ViewerPages.hasCode(found, isSource: isSource))
            } catch let refusal as ViewerRefusal where refusal.isTooLarge {
                let (repository, path) = (request.parameter("repository"), request.parameter("path"))
                let file = ViewerBlob(repository: repository, ref: request.parameter("ref"), path: path, bytes: nil)
                return self.html(self.pages(for: request).blob(file, isSource: isSource))
            }
        }
        guard let page else { throw Problems.missing("file") }
        return page
    }

    /// Renders a source of so many bytes: a long one takes more than a hundred times its memory, so that there is one at a
    /// time, whoever asks.
    private func rendered(_ bytes: Int, _ page: () -> HTML) async throws -> HTML {
        let turn = bytes > Self.longMarkdown ? try await Self.renderings.reserve(1, for: "") : nil
        defer { withExtendedLifetime(turn) {} }
        return page()
    }

    /// In bytes.
    private static let longMarkdown = 128 << 10

    private static let renderings = RequestBudget(limit: 1, waiting: 10_000, patience: .seconds(60))
    /// For long downloads of each person.
    private static let downloads = RequestBudget(limit: Self.longestDownload)
    /// In bytes; larger files are left to `git clone`.
    private static let longestDownload = 64 << 20

    /// Browsers never render it under the gateway's origin: it is plain text, an attachment, and not sniffed.
    private func raw(_ request: APIRequest) async throws -> HTTPServerResponse {
        let person = try request.person()
        var share: RequestShare?
        var file: ViewerBlob?
        do {
            // What the route's memory covers.
            file = try await self.context.look(as: person) { try await self.find(request, limit: APIRoute.anyMemory) }
        } catch let refusal as ViewerRefusal where refusal.isTooLarge {
            share = try await Self.downloads.reserve(Self.longestDownload, for: person.identity)
            file = try await self.context.look(as: person) {
                try await self.find(request, limit: Self.longestDownload)
            }
        }
        guard let found = file, let bytes = found.bytes else { throw Problems.missing("file") }
        let name = found.path.split(separator: "/").last.map(String.init) ?? "file"
        var response = HTTPServerResponse(.ok, .plain, bytes: bytes)
        response.share = share
        response.headers["Content-Disposition"] = "attachment; filename*=UTF-8''\(PercentEncoding.encode(name))"
        return response
    }

    private func find(_ request: APIRequest, limit: Int) async throws -> ViewerBlob? {
        try await self.context.viewer.blob(
            request.parameter("repository"), request.parameter("ref"), request.parameter("path"), limit: limit)
    }

    private func tree(_ request: APIRequest) async throws -> HTTPServerResponse {
        let found = try await self.context.look(as: request.person()) {
            try await self.context.viewer.tree(
                request.parameter("repository"), request.parameter("ref"), request.parameter("path"))
        }
        guard let found else { throw Problems.missing("folder") }
        return self.html(self.pages(for: request).tree(found))
    }

    private func answer(_ request: APIRequest) async throws -> HTTPServerResponse {
        let principal = try request.person()
        let id = Int64(request.parameter("message")) ?? -1
        let now = self.context.now()
        let found = try await self.context.store.read { ledger -> (MessageRecord, SessionRecord)? in
            guard let message = try ledger.message(id: id), message.role == .assistant,
                let session = try ledger.session(id: message.session, for: principal.visitor, to: .read, at: now)
            else { return nil }
            return (message, session)
        }
        guard let (message, session) = found else { throw Problems.missing("answer") }
        await self.context.noteRead(of: session.id, by: principal, request.logger)
        let title = session.title.isEmpty ? "Conversation" : session.title
        let time = CommitTime(seconds: message.createdAt / 1000, offset: 0)
        let page = { self.pages(for: request).answer(title: title, thread: session.id, text: message.text, time: time) }
        let size = message.text.utf8.count
        guard size > Self.longMarkdown else { return self.html(page()) }
        return self.html(try await self.context.look(as: principal) { try await self.rendered(size, page) })
    }

    private func pages(for request: APIRequest) -> ViewerPages {
        ViewerPages(theme: Front.theme(of: request.http))
    }

    private func html(_ page: HTML, hasCode: Bool = false) -> HTTPServerResponse {
        var response = HTTPServerResponse(.ok, .html, bytes: page.utf8)
        response.headers["Content-Security-Policy"] =
            hasCode ? SecurityHeaders.codePolicy : SecurityHeaders.viewerPolicy
        return response
    }
}

/// The addresses of the viewer's pages.
///
/// A ref is one segment with its slashes percent-encoded; a file's path keeps its slashes.
enum ViewerPath {
    /// Whether a file or folder can have a page: a path in a commit may have a megabyte, and a repository looks up none
    /// that is longer than this.
    static func hasPage(_ path: String) -> Bool { path.utf8.count <= 1_024 }

    /// The path of a file or folder for people, on one line and not too long for a table.
    static func shown(_ path: String) -> String {
        let shown = path.beginning(bytes: 1_000)
        return VisibleText.line(shown.utf8.count < path.utf8.count ? "\(shown)…" : shown)
    }

    /// A repository's own page; nil is its default branch.
    static func repository(_ repository: String, branch: String? = nil) -> String {
        let page = "/r/\(Self.encoded(repository))"
        return branch.map { "\(page)?branch=\(Self.encoded($0))" } ?? page
    }

    static func tree(_ repository: String, _ ref: String, _ path: String = "") -> String {
        Self.make("tree", repository, ref, path)
    }

    static func blob(_ repository: String, _ ref: String, _ path: String) -> String {
        Self.make("blob", repository, ref, path)
    }

    static func raw(_ repository: String, _ ref: String, _ path: String) -> String {
        Self.make("raw", repository, ref, path)
    }

    static func commit(_ repository: String, _ sha: String) -> String {
        "/r/\(Self.encoded(repository))/commit/\(Self.encoded(sha))"
    }

    static func commits(_ repository: String, _ ref: String, from sha: String? = nil) -> String {
        let page = Self.make("commits", repository, ref, "")
        return sha.map { "\(page)?from=\(Self.encoded($0))" } ?? page
    }

    /// Where a document is edited.
    static func editor(_ repository: String, _ branch: String, _ path: String) -> String {
        "/d/\(Self.encoded(repository))/\(Self.encoded(branch))/\(Self.segments(path))"
    }

    /// On the board.
    static func task(_ repository: String, _ id: String) -> String {
        "/tasks?task=\(Self.encoded("\(repository)/\(id)"))"
    }

    private static func make(_ kind: String, _ repository: String, _ ref: String, _ path: String) -> String {
        let base = "/r/\(Self.encoded(repository))/\(kind)/\(Self.encoded(ref))"
        guard !path.isEmpty else { return base }
        return "\(base)/\(Self.segments(path))"
    }

    private static func segments(_ path: String) -> String {
        path.split(separator: "/").map { Self.encoded(String($0)) }.joined(separator: "/")
    }

    private static func encoded(_ segment: String) -> String { PercentEncoding.encode(segment) }
}

/// Why an existing object cannot be shown, in one line for people.
package struct ViewerRefusal: Error, Sendable {
    package let message: String
    package let isTooLarge: Bool

    package init(_ message: String, isTooLarge: Bool = false) {
        self.message = message
        self.isTooLarge = isTooLarge
    }
}

/// The viewer's data source. Nil means not found.
///
/// A ref is a branch, a tag, or a hash of at least four digits. Throws ``ViewerRefusal``.
package protocol ViewerSource: Sendable {
    /// Branches, documents and files of a branch; nil means the default one.
    func overview(_ repository: String, branch: String?) async throws -> ViewerOverview?
    func commit(_ repository: String, _ ref: String) async throws -> ViewerCommit?
    /// The commits of a ref; `from` is the commit among them to begin with.
    func commits(_ repository: String, _ ref: String, from: String?) async throws -> ViewerLog?
    func blob(_ repository: String, _ ref: String, _ path: String, limit: Int) async throws -> ViewerBlob?
    func tree(_ repository: String, _ ref: String, _ path: String) async throws -> ViewerTree?
}
