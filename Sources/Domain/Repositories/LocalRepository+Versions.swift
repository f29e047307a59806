package import Git

extension LocalRepository {
    /// For each path the newest commit, from `id` back, that changed it; see ``GitRepository/lastChanges(of:from:visits:)``.
    /// Throws ``RepositoryError``.
    package nonisolated func lastChanges(
        of paths: [String], from id: GitObjectID
    ) async throws -> [String: GitCommit] {
        try await self.call { git in try await git.lastChanges(of: paths, from: id) }
    }

    /// The commits that changed a path, newest first. Throws ``RepositoryError``.
    package nonisolated func history(
        of path: String, from id: GitObjectID, limit: Int
    ) async throws -> GitRepository.Bounded<GitCommit> {
        try await self.call { git in try await git.history(of: path, from: id, limit: limit) }
    }

    /// What differs in a document between two commits, as a unified diff. Throws ``RepositoryError``.
    package nonisolated func patch(
        of path: String, from old: GitObjectID, to new: GitObjectID
    ) async throws -> String {
        try await self.call { git in try await git.patch(of: path, from: old, to: new) }
    }

    /// The commit that a branch, a tag or a hash of at least seven digits names. Throws ``RepositoryError``.
    package nonisolated func resolve(_ name: String) async throws -> GitObjectID {
        try await self.look { git in try await git.resolve(name) }
    }
}
