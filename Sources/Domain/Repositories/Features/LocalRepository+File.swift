package import Git

/// A file on a repository's base branch, as one commit has it.
package struct BaseFile: Sendable {
    package let branch: String
    package let commit: GitObjectID
    /// Nil where the commit has no such file.
    package let bytes: [UInt8]?

    package init(branch: String, commit: GitObjectID, bytes: [UInt8]?) {
        self.branch = branch
        self.commit = commit
        self.bytes = bytes
    }
}

/// Changes of a single file by what its bytes mean: not merged by lines, but decided again on whatever is there now.
extension LocalRepository {
    /// Throws ``RepositoryError``, with code `git(.tooLarge)` over `limit` bytes.
    package nonisolated func file(
        _ path: String, at branch: GitRepository.Branch, limit: Int
    ) async throws -> BaseFile {
        BaseFile(
            branch: branch.name, commit: branch.id, bytes: try await self.bytes(of: path, at: branch.id.hex, limit))
    }

    /// At a commit; nil where it has no such file. Throws ``RepositoryError``, with code `git(.notFound)` for an unknown
    /// commit.
    package nonisolated func bytes(of path: String, at commit: String, _ limit: Int) async throws -> [UInt8]? {
        try await self.look { git in
            let id = try await git.resolve(commit)
            do {
                return try await git.file(path, at: id, limit: limit)
            } catch let error as GitError where error.code == .notFound {
                return nil
            }
        }
    }

    /// Commits other bytes of a file on its branch, or on a new one that begins there. Throws ``RepositoryError``: with code `git(.conflict)`,
    /// `git(.exists)` or `git(.notFound)` if the branch is not at the commit that was read any more.
    package nonisolated func replace(
        _ path: String, of file: BaseFile, with bytes: [UInt8], subject: String, author: GitSignature, turn: String,
        trailers: [GitTrailer] = [], onNew other: String? = nil
    ) async throws -> MadeCommit {
        let committer = self.committer
        return try await self.call { git in
            let change = GitChange(
                files: [path: bytes], branch: other ?? file.branch, base: .at(file.commit), author: author,
                committer: committer, message: subject)
            let draft = Draft(
                branch: other ?? file.branch, base: file.commit, tree: try await git.tree(of: change, on: file.commit),
                subject: subject, body: "", author: author, turn: turn, trailers: trailers)
            // In the middle of somebody's push into a checked-out branch, files differ for a moment.
            var pauses = Self.pauses.dropLast()
            while true {
                do {
                    return try await self.waiting {
                        try await self.commit(
                            draft, draft.tree, other == nil ? .at(file.commit) : .new(from: file.commit), git)
                    }
                } catch let error as GitError where error.code == .dirtyWorkTree && !pauses.isEmpty {
                    try await self.pause(pauses.removeFirst())
                } catch let error as GitError where error.code == .locked || error.code == .dirtyWorkTree {
                    throw await self.explain(error, file.branch, git, then: "try again")
                }
            }
        }
    }

    /// The commit that a turn has made on a branch; nil if it has made none there.
    package nonisolated func commit(ofTurn turn: String, on branch: String) async throws -> MadeCommit? {
        try await self.call { git in
            guard let found = try await git.find(Self.trailer(turn)), found.branch == branch else { return nil }
            return try await self.made(found.commit, on: branch, git)
        }
    }

    /// When a commit was made, in seconds since 1970.
    package nonisolated func time(of commit: GitObjectID) async throws -> Int64 {
        try await self.call { git in try await git.commit(commit).committer.seconds }
    }
}
