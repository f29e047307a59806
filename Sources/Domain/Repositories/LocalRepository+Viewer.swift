package import Git

extension LocalRepository {
    /// The content of a commit's page.
    package struct CommitPage: Sendable {
        package let commit: GitCommit
        package let diff: GitDiff
    }

    /// The content of a file's page.
    package struct FilePage: Sendable {
        /// The commit that the reference resolved to.
        package let commit: GitObjectID
        package let bytes: [UInt8]
        /// Whether it is a symbolic link: its bytes are the path that it leads to.
        package let isLink: Bool
    }

    /// The content of a folder's page.
    package struct FolderPage: Sendable {
        /// The commit that the reference resolved to.
        package let commit: GitObjectID
        package let entries: [GitTreeEntry]
    }

    /// A commit by its full or short hash. Throws ``RepositoryError``, with code `git(.notFound)` for a missing one.
    package nonisolated func commitPage(
        _ sha: String, limits: GitDiffLimits = GitDiffLimits()
    ) async throws -> CommitPage {
        try await self.look { git in
            let id = try await git.resolve(sha)
            return CommitPage(commit: try await git.commit(id), diff: try await git.diff(of: id, limits: limits))
        }
    }

    /// The commits of a branch, tag or commit, newest first, beginning with `sha` where that is given. Throws
    /// ``RepositoryError``, with code `git(.notFound)` for a missing one.
    package nonisolated func commits(of ref: String, from sha: String?, limit: Int) async throws -> [GitCommit] {
        try await self.look { git in try await git.log(from: git.resolve(sha ?? ref), limit: limit) }
    }

    /// A file at a branch, tag or commit. Throws ``RepositoryError``, with code `git(.tooLarge)` over `limit` bytes.
    package nonisolated func filePage(
        _ path: String, at ref: String, limit: Int = 1 << 20
    ) async throws -> FilePage {
        try await self.look { git in
            let id = try await git.resolve(ref)
            return FilePage(
                commit: id, bytes: try await git.file(path, at: id, limit: limit),
                isLink: try await git.isLink(path, at: id))
        }
    }

    /// A folder at a branch, tag or commit; "" is the root. Throws ``RepositoryError``.
    package nonisolated func folderPage(_ path: String, at ref: String) async throws -> FolderPage {
        try await self.look { git in
            let id = try await git.resolve(ref)
            return FolderPage(commit: id, entries: try await git.entries(in: path, at: id))
        }
    }
}
