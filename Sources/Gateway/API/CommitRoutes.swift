internal import Chat
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Primitives
internal import Sessions

/// The changes of commits, for the cards that show them.
struct CommitRoutes: Sendable {
    let context: GatewayContext

    var routes: [APIRoute] {
        [
            APIRoute(
                method: .get, pattern: "/api/v1/repositories/{repository}/commits/{sha}", operation: "getCommitFiles",
                summary: "The files that a commit changed. Guests see commits that were posted in their own threads.",
                access: .scopes([.chat, .read], from: .guest),
                answerMemory: APIRoute.anyMemory,
                answers: [
                    .init(
                        status: .ok, description: "The files; the first ones, if there are many.", schema: "CommitFiles"
                    ),
                    .init(status: .notFound, description: "No such commit.", schema: "Problem"),
                ], handle: { try await self.files($0) })
        ]
    }

    private func files(_ request: APIRequest) async throws -> HTTPServerResponse {
        let commit = try await self.context.commit(
            request.parameter("sha"), of: request.parameter("repository"), for: request.person())
        return .json([
            "sha": .string(commit.sha), "files": JSON(commit.total.files), "additions": JSON(commit.total.additions),
            "deletions": JSON(commit.total.deletions), "items": .array(commit.files.map(Self.document)),
            "next_cursor": .null,
        ])
    }

    private static func document(_ file: ViewerFileChange) -> JSON {
        let isMoved = file.kind == .renamed || file.kind == .copied
        return [
            "path": .string(VisibleText.line(file.path)),
            "old_path": isMoved ? .string(VisibleText.line(file.oldPath)) : .null, "kind": .string(file.kind.rawValue),
            "additions": JSON(file.additions), "deletions": JSON(file.deletions), "binary": .bool(file.isBinary),
        ]
    }
}

extension GatewayContext {
    /// A commit that `principal` may see. Throws 404 otherwise.
    ///
    /// A guest sees only the commits that were posted in the guest's own threads. Compares the hash that the ref
    /// resolved to: a branch's name would open every commit it ever points to.
    func commit(_ ref: String, of repository: String, for principal: Principal) async throws -> ViewerCommit {
        guard let commit = try await self.viewer.commit(repository, ref) else { throw Problems.missing("commit") }
        guard principal.role < .member else { return commit }
        let identity = principal.identity
        let isPosted = try await self.store.read { ledger in
            try ledger.hasCommit(commit.sha, of: commit.repository, inThreadsOf: identity)
        }
        guard isPosted else { throw Problems.missing("commit") }
        return commit
    }
}
