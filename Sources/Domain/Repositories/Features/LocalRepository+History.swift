package import Git

extension LocalRepository {
    /// The newest commit of a turn on any branch, if there is one. Throws ``RepositoryError``.
    package nonisolated func find(turn: String) async throws -> MadeCommit? {
        try await self.refresh()
        return try await self.call { git in
            guard let found = try await git.find(Self.trailer(turn)) else { return nil }
            return try await self.made(found.commit, on: found.branch, git)
        }
    }

    /// All commits of a turn on any branch, oldest first. Throws ``RepositoryError``.
    package nonisolated func commits(ofTurn turn: String) async throws -> [MadeCommit] {
        try await self.refresh()
        return try await self.call { git in
            var commits: [MadeCommit] = []
            for found in try await git.findAll(Self.trailer(turn)).reversed() {
                commits.append(try await self.made(found.commit, on: found.branch, git))
            }
            return commits
        }
    }

    /// The commit that last changed a file or folder on a branch. Nil if the branch does not have it, or if it has not
    /// changed for a very long time. Throws ``RepositoryError``.
    package nonisolated func lastCommit(touching path: String, on branch: String) async throws -> GitObjectID? {
        try await self.call { try await $0.lastChange(of: path, at: $0.resolve(branch)) }
    }

    nonisolated func made(_ commit: GitCommit, on branch: String, _ git: GitRepository) async throws -> MadeCommit {
        MadeCommit(
            repository: self.name, id: commit.id, branch: branch, subject: commit.subject,
            stat: try await git.stat(of: commit.id))
    }
}
