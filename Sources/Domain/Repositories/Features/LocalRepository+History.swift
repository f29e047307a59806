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
            let budget = GitStatBudget()
            for found in try await git.findAll(Self.trailer(turn)).reversed() {
                do {
                    commits.append(try await self.made(found.commit, on: found.branch, git, within: budget))
                } catch let error as GitError where error.code == .tooLarge {
                    // Somebody else has made it, with the turn's trailer.
                }
            }
            return commits
        }
    }

    /// The newest commits on any branch that name a task of the repository's own list in a trailer. The tasks of features
    /// have such ids too, and their commits tick them in the feature's list. Throws ``RepositoryError``.
    package nonisolated func commits(ofTask id: String, limit: Int = 20) async throws -> [GitCommit] {
        try await self.read { git in
            var commits: [GitCommit] = []
            for commit in try await git.findAll(GitTrailer("Jetbridge-Task", id), count: limit).map(\.commit) {
                // A commit that is too large to look at does not tick a task.
                let paths = (try? await git.paths(changedBy: commit.id)) ?? []
                if !paths.contains(where: Self.isTaskList) {
                    commits.append(commit)
                }
            }
            return commits
        }
    }

    /// Whether a path is that of a feature's tasks. By bytes: a path may be one long run of marks.
    private static func isTaskList(_ path: String) -> Bool {
        path.utf8.starts(with: "specs/".utf8) && path.utf8.suffix(9).elementsEqual("/tasks.md".utf8)
    }

    nonisolated func made(
        _ commit: GitCommit, on branch: String, _ git: GitRepository, within budget: GitStatBudget = GitStatBudget()
    ) async throws -> MadeCommit {
        try await MadeCommit(commit.id, on: branch, of: self.name, git, within: budget)
    }
}

extension LocalRepository {
    /// For each path the newest commit, from `id` back, that changed it; see ``GitRepository/lastChanges(of:from:visits:)``.
    /// Throws ``RepositoryError``.
    package nonisolated func lastChanges(
        of paths: [String], from id: GitObjectID
    ) async throws -> [String: GitCommit] {
        try await self.read { git in try await git.lastChanges(of: paths, from: id) }
    }

    /// The commits that changed a path, newest first. Throws ``RepositoryError``.
    package nonisolated func history(
        of path: String, from id: GitObjectID, limit: Int
    ) async throws -> GitRepository.Bounded<GitCommit> {
        try await self.read { git in try await git.history(of: path, from: id, limit: limit) }
    }

    /// What differs in a document between two commits, as a unified diff. Throws ``RepositoryError``.
    package nonisolated func patch(
        of path: String, from old: GitObjectID, to new: GitObjectID
    ) async throws -> String {
        try await self.read { git in try await git.patch(of: path, from: old, to: new) }
    }

    /// What a commit changed in a document, as a unified diff from its first parent's. Throws ``RepositoryError``.
    package nonisolated func patch(of path: String, in commit: GitObjectID) async throws -> String {
        try await self.read { git in
            try await git.patch(of: path, from: git.commit(commit).parents.first, to: commit)
        }
    }

    /// The commit that a branch, a tag or a hash of at least seven digits names. Throws ``RepositoryError``.
    package nonisolated func resolve(_ name: String) async throws -> GitObjectID {
        try await self.look { git in try await git.resolve(name) }
    }
}
