internal import Chat
internal import EventLoop
internal import Git
internal import Lifecycle
internal import Repositories

/// What was committed shortly before the host ended, for threads that were not told.
extension Workspace {
    /// Commits of the branch that are searched for those of a turn.
    private static let searched = 200

    /// The turn's commits among the last ones of the branch, and those that were last taken over from the jail, oldest
    /// first.
    ///
    /// - Parameter isRefreshing: Whether a server is asked first; without that, a repository that has none answers in full.
    func lastCommits(of turn: String, refreshing isRefreshing: Bool) async throws -> [CommitNotice] {
        guard let repository = self.repository else { return [] }
        if isRefreshing {
            guard repository.isMirror else { return [] }
            try await repository.refresh()
        }
        return try await self.call { _ in
            guard let tip = try await self.head()?.tip else { return [] }
            let git = repository.git
            let trailer = GitTrailer("Jetbridge-Turn", turn)
            var commits = try await git.log(from: tip, limit: Self.searched).filter { $0.trailers.contains(trailer) }
            // Those were made by a Git in the jail, so no trailer says whose they are.
            if let taken = await self.readTakeOver(), try await git.hasAll([taken.old, taken.new]),
                try await git.isAncestor(taken.new, of: tip)
            {
                commits += try await git.log(from: taken.new, without: taken.old, limit: Self.searched)
            }
            var known: Set<GitObjectID> = []
            var notices: [CommitNotice] = []
            for commit in commits.reversed() where known.insert(commit.id).inserted {
                notices.append(try await self.notice(of: commit, repository))
            }
            return notices
        }
    }

    /// Remembers commits that are about to be taken over.
    @concurrent
    func writeTakeOver(from old: GitObjectID, to new: GitObjectID) async throws {
        do throws(SystemError) {
            try self.layout.writeTakeOver(BranchMove(from: old, to: new).text)
        } catch {
            throw WorkspaceFailure("the workspace's state can't be saved (\(error.message)): check the data directory")
        }
    }

    @concurrent
    private func readTakeOver() async -> BranchMove? { self.layout.readTakeOver().flatMap { BranchMove($0[...]) } }
}
