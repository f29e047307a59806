internal import Chat
internal import Git
internal import Primitives
internal import Repositories

/// `merge [BRANCH]`: merges the thread's branch, or another one, into the base branch of a repository on this machine.
struct MergeTurn: TurnWorker {
    let work: GitHubWork

    /// Conflicting files that are named.
    private static let namedFiles = 10

    func run(_ request: TurnRequest, in thread: any TurnThread) async throws -> TurnEnding {
        try await self.work.explaining("The branch can't be merged") {
            let repository = try self.work.repositories.repository(request.repository)
            guard !repository.isMirror else {
                throw TurnFailure(
                    "The repository \(repository.name) is on a server, and its branches are merged there: `pr` opens a "
                        + "pull request.")
            }
            let base = try await repository.checkReady().name
            let branch = try await self.branch(request, in: repository, base)
            let outcome = try await repository.merge(
                branch, author: try await repository.author(request.sender, seconds: WallClock.now() / 1_000),
                turn: request.id)
            try await self.tell(outcome, Self.code(branch), Self.code(base), thread)
            return .complete
        }
    }

    private func branch(_ request: TurnRequest, in repository: LocalRepository, _ base: String) async throws -> String {
        let named = request.text.trimmed
        if !named.isEmpty, named != base { return named }
        let own = try await self.work.branch(of: request, in: repository).name
        guard own != base, named.isEmpty else {
            throw TurnFailure(
                "\(Self.code(base)) is the branch that others are merged into: `merge BRANCH` names another, and "
                    + "`repo branches` lists them.")
        }
        guard try await repository.git.tip(of: own) != nil else {
            throw TurnFailure(
                "Nothing is committed in this thread yet, so it has no branch to merge: `commit` the changes or begin "
                    + "with `specify TEXT`, then `merge` again.")
        }
        return own
    }

    private func tell(
        _ outcome: MergeOutcome, _ branch: String, _ base: String, _ thread: any TurnThread
    ) async throws {
        switch outcome {
        case .merged(let made, let commits, let isForward):
            let count =
                commits == 1
                ? "the commit" : commits < MergeOutcome.mostCounted ? "the \(commits) commits" : "all commits"
            let how = isForward ? "" : ", by a merge commit"
            try await thread.report(.text("\(base) now has \(count) of \(branch)\(how)."))
            try await thread.report(.commit(made.notice))
        case .contained:
            try await thread.report(.text("\(base) already has everything of \(branch)."))
        case .conflict(let paths, let head):
            let named = paths.prefix(Self.namedFiles).map(Self.code).joined(separator: ", ")
            let more = paths.count > Self.namedFiles ? " and \(paths.count - Self.namedFiles) more files" : ""
            throw TurnFailure(
                "Nothing was merged: \(branch) and \(base) have changed the same lines of \(named)\(more). In a "
                    + "thread of that branch, `run git merge \(head.short)` brings \(base) into it: settle the lines, "
                    + "`run git commit -am merged`, then `merge` again.")
        }
    }

    private static func code(_ name: String) -> String { EscapedText.code(name) }
}
