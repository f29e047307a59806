internal import Chat
internal import EventLoop
internal import Git
internal import Lifecycle
internal import Repositories

/// What was committed shortly before the host ended, for threads that were not told.
extension Workspace {
    /// Commits of the branch that are searched for those of a turn.
    private static let searched = 200

    /// The turn's commits among the last ones of the branch, oldest first.
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
            let commits = try await git.log(from: tip, limit: Self.searched).filter { $0.trailers.contains(trailer) }
            return try await self.notices(of: commits, repository)
        }
    }
}
