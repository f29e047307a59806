internal import Chat
internal import Git
internal import HTTP
internal import HTTPServer
internal import Store
internal import Threads

/// The changes of commits, for the cards that show them.
enum CommitRoutes {
    static let routes: [APIRoute] = [
        APIRoute(
            .get, "/api/v1/repositories/{repository}/commits/{sha}", "getCommitFiles",
            "The files that a commit changed. Guests see commits that were posted in threads that they may see.",
            .reading(from: .guest), answerMemory: APIRoute.anyMemory,
            success: (.ok, "The files; the first ones, if there are many."),
            [.notFound("No such commit."), .problem(.contentTooLarge, "The commit is too large to show.")]
        ) { (context, call: PlainCall) in
            let commit = try await context.commit(
                call.request.parameter("sha"), of: call.request.parameter("repository"), for: call.person())
            return API.CommitFiles(
                sha: commit.sha, files: commit.total.files, additions: commit.total.additions,
                deletions: commit.total.deletions, items: commit.files.map(API.CommitFile.init), nextCursor: nil)
        }
    ]
}

extension API.CommitFile {
    init(_ file: ViewerFileChange) {
        let isMoved = file.kind == .renamed || file.kind == .copied
        self.init(
            path: ViewerPath.shown(file.path), oldPath: isMoved ? ViewerPath.shown(file.oldPath) : nil,
            kind: file.kind, additions: file.additions, deletions: file.deletions, binary: file.isBinary)
    }
}

extension GatewayContext {
    private static let looks = RequestBudget(limit: 1, patience: .seconds(60))

    /// Looks at a repository when the person's earlier looks have ended. One may take many seconds, and all that people
    /// look at is read on two threads.
    func look<Found>(as principal: Principal, _ body: () async throws -> Found) async throws -> Found {
        let turn = try await Self.looks.reserve(1, for: principal.identity)
        defer { withExtendedLifetime(turn) {} }
        return try await body()
    }

    /// A commit that `principal` may see. Throws 404 otherwise.
    ///
    /// A guest sees only the commits that were posted in threads that the guest may see, and names them by their hashes: a
    /// branch's name would open every commit it ever points to. Nothing is read of any other, because a large one takes
    /// seconds.
    func commit(_ ref: String, of repository: String, for principal: Principal) async throws -> ViewerCommit {
        var ref = ref
        if principal.role < .member {
            let (hash, now) = (ref.lowercased(), self.now())
            guard 7...40 ~= hash.utf8.count, GitObjectID.isHexadecimal(hash) else { throw Problems.missing("commit") }
            let posted = try await self.store.read { ledger in
                try ledger.postedCommit(hash, of: repository, for: principal.visitor, at: now)
            }
            guard let posted else { throw Problems.missing("commit") }
            ref = posted
        }
        let name = ref
        let found = try await self.look(as: principal) { try await self.viewer.commit(repository, name) }
        guard let commit = found else { throw Problems.missing("commit") }
        // Where the commit is gone, a branch may have its hash as a name.
        if principal.role < .member, commit.sha != ref { throw Problems.missing("commit") }
        return commit
    }
}
