package import Git

extension LocalRepository {
    /// A change as a tree, to commit on a branch by someone who had read `base`.
    struct Draft: Sendable {
        let branch: String
        let base: GitObjectID
        let tree: GitObjectID
        let subject: String
        let body: String
        var author: GitSignature
        let turn: String
        /// Trailers besides the turn's.
        var trailers: [GitTrailer] = []

        func by(_ author: GitSignature) -> Draft {
            var draft = self
            draft.author = author
            return draft
        }

        /// Without files, because the tree has them.
        func change(_ base: GitChange.Base, on branch: String? = nil, committer: GitSignature) -> GitChange {
            GitChange(
                files: [:], branch: branch ?? self.branch, base: base, author: self.author, committer: committer,
                message: self.body.isEmpty ? self.subject : "\(self.subject)\n\n\(self.body)",
                trailers: [LocalRepository.trailer(self.turn)] + self.trailers)
        }
    }

    /// Commits documents on a branch, which begins at the commit that was read if it does not exist (any more).
    ///
    /// If the branch has moved on since, both changes are merged into one commit on its new head. If they do not fit
    /// together, nothing is committed on the branch; ``conflict(of:)`` and ``resolve(conflictOf:_:author:)`` continue
    /// from there, also after a restart. Nothing that anybody has committed is overwritten.
    ///
    /// Throws ``RepositoryError``. If the work tree or another program is in the way (`git(.dirtyWorkTree)`,
    /// `git(.locked)` after a few tries), ``finish(turn:)`` commits the change later.
    ///
    /// - Parameter isKept: false where nobody would finish the change or resolve a conflict later: nothing is kept then.
    package nonisolated func write(_ change: DocumentChange, isKept: Bool = true) async throws -> WriteOutcome {
        let files = Dictionary(change.documents.map { ($0.path, $0.bytes as [UInt8]?) }) { _, last in last }
        let committer = self.committer
        if self.isMirror { _ = try await self.resolve(change.base.hex) }
        return try await self.call { git in
            do {
                let tree = try await git.tree(
                    of: GitChange(
                        files: files, branch: change.branch, base: .at(change.base), author: change.author,
                        committer: committer, message: change.subject),
                    on: change.base)
                let draft = Draft(
                    branch: change.branch, base: change.base, tree: tree, subject: change.subject, body: change.body,
                    author: change.author, turn: change.turn,
                    trailers: change.coAuthors.map { GitTrailer("Co-authored-by", "\($0.name) <\($0.mail)>") })
                guard isKept else { return try await self.commitOnce(draft, git) }
                let outcome = try await self.commit(draft, git)
                try await git.drop(Self.unfinished(change.turn))
                return outcome
            } catch let error as GitError where error.code == .unchanged {
                return .unchanged
            }
        }
    }

    /// What a document becomes if `ours`, which was written by somebody who had read `base`, meets what `head` has; nil if
    /// both have changed the same lines. Commits nothing. Throws ``RepositoryError``.
    package nonisolated func merged(
        _ ours: Document, since base: GitObjectID, with head: GitObjectID
    ) async throws -> [UInt8]? {
        let committer = self.committer
        return try await self.call { git in
            let change = GitChange(
                files: [ours.path: ours.bytes], branch: "", base: .at(base), author: committer, committer: committer,
                message: "")
            let merge = try await git.merge(git.tree(of: change, on: base), with: head, base: base)
            guard let tree = merge.tree else { return nil }
            return try await git.file(ours.path, at: tree, limit: 2 * Document.sizeLimit)
        }
    }

    private nonisolated func commitOnce(_ draft: Draft, _ git: GitRepository) async throws -> WriteOutcome {
        do {
            let outcome = try await self.waiting { try await self.commitNow(draft, git) }
            if case .conflict(let conflict) = outcome { try await self.forget(conflict, of: draft.turn, git) }
            return outcome
        } catch let error as GitError where error.code == .locked || error.code == .dirtyWorkTree {
            throw await self.explain(error, draft.branch, git, then: "save again")
        }
    }

    /// Commits what ``write(_:)`` could not commit for this turn because the repository was in use. Nil if nothing is
    /// left to commit. Throws as ``write(_:)`` does.
    package nonisolated func finish(turn: String) async throws -> WriteOutcome? {
        try await self.call { git in
            guard let kept = try await git.kept(at: Self.unfinished(turn)),
                let draft = try await KeptChange(kept)?.draft(git)
            else { return nil }
            let outcome = try await self.commit(draft, git)
            try await git.drop(Self.unfinished(turn), at: kept.id)
            return outcome
        }
    }
}

extension LocalRepository {
    /// How often a branch may move while a change is merged before the merge gives up.
    static let attempts = 20
    /// The pauses between tries while another program holds a lock.
    static let pauses: [Duration] = [
        .milliseconds(20), .milliseconds(50), .milliseconds(150), .milliseconds(400), .milliseconds(1_000),
    ]
    /// The commits of others that an outcome lists.
    static let listedCommits = 50

    /// Commits a draft, and waits a little for another program that is writing.
    private nonisolated func commit(_ draft: Draft, _ git: GitRepository) async throws -> WriteOutcome {
        do {
            return try await self.waiting { try await self.commitNow(draft, git) }
        } catch let error as GitError where error.code == .locked || error.code == .dirtyWorkTree {
            try await self.keepUnfinished(draft, git)
            throw await self.explain(error, draft.branch, git)
        } catch  where self.isMirror {
            // The server did not answer or refused the change, which must not be lost for that.
            try await self.keepUnfinished(draft, git)
            throw error
        }
    }

    private nonisolated func keepUnfinished(_ draft: Draft, _ git: GitRepository) async throws {
        _ = try await git.keep(
            tree: draft.tree, parent: draft.base, as: KeptChange.record(draft, theirs: nil, committer: self.committer),
            at: Self.unfinished(draft.turn))
    }

    /// Repeats `body` with growing pauses while another program holds a lock.
    nonisolated func waiting<Result: Sendable>(
        _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        for pause in Self.pauses {
            do {
                return try await body()
            } catch let error as GitError where error.code == .locked {
                try await self.pause(pause)
            }
        }
        return try await body()
    }

    private nonisolated func commitNow(_ draft: Draft, _ git: GitRepository) async throws -> WriteOutcome {
        try await self.whileMoving(draft.branch) {
            guard let head = try await git.tip(of: draft.branch) else {
                return .committed(try await self.commit(draft, draft.tree, .new(from: draft.base), git))
            }
            guard head != draft.base else {
                return .committed(try await self.commit(draft, draft.tree, .at(head), git))
            }
            let merge = try await git.merge(draft.tree, with: head, base: draft.base)
            guard let tree = merge.tree else { return .conflict(try await self.keep(draft, theirs: head, git)) }
            let made = try await self.commit(draft, tree, .at(head), git)
            return .merged(made, with: try await Self.commits(to: head, since: draft.base, git))
        }
    }

    /// Repeats `body` when the branch was moved, made or deleted while it ran.
    nonisolated func whileMoving(
        _ branch: String, _ body: @Sendable () async throws -> WriteOutcome
    ) async throws -> WriteOutcome {
        try await self.repeating(whileMoving: branch) {
            do {
                return try await body()
            } catch let error as GitError where error.code == .unchanged {
                return .unchanged
            }
        }
    }

    /// - Parameter codes: Of errors that say so.
    nonisolated func repeating<Outcome: Sendable>(
        whileMoving branch: String, _ codes: [GitError.Code] = [.conflict, .exists, .notFound],
        _ body: @Sendable () async throws -> Outcome
    ) async throws -> Outcome {
        for _ in 0..<Self.attempts {
            do {
                return try await body()
            } catch let error as GitError where codes.contains(error.code) {
                continue
            }
        }
        throw GitError(
            .conflict,
            "nothing was committed because other programs keep moving the branch \(branch): try again in a minute")
    }

    nonisolated func commit(
        _ draft: Draft, _ tree: GitObjectID, _ base: GitChange.Base, on branch: String? = nil, _ git: GitRepository
    ) async throws -> MadeCommit {
        let change = draft.change(base, on: branch, committer: self.committer)
        let expected: GitObjectID? = if case .at(let head) = base { head } else { nil }
        let id = try await self.advance(change.branch, to: draft.turn, from: expected) { git, target in
            try await git.commit(tree: tree, as: change, to: target)
        }
        return try await MadeCommit(id, on: change.branch, of: self.name, git)
    }

    /// Empty if the older commit does not exist any more.
    static func commits(
        to head: GitObjectID, since base: GitObjectID, _ git: GitRepository
    ) async throws -> [GitCommit] {
        (try? await git.log(from: head, without: base, limit: Self.listedCommits)) ?? []
    }

    /// The reference of a change that could not be committed because the repository was in use.
    private static func unfinished(_ turn: String) -> String { "unfinished/\(Self.referenceName(turn))" }

    /// Names what blocks the repository, and what to do.
    nonisolated func explain(
        _ error: GitError, _ branch: String, _ git: GitRepository, then next: String = "`resume`"
    ) async -> GitError {
        guard error.code == .locked, let lock = try? await git.locks(on: branch).first else {
            return GitError(error.code, "nothing was committed: \(error.message), then \(next)")
        }
        let age = max(self.committer.seconds - lock.seconds, 0)
        let since = age < 120 ? "" : age < 7_200 ? " for \(age / 60) minutes" : " for \(age / 3_600) hours"
        return GitError(
            .locked,
            "nothing was committed because another program has locked the repository\(since) (.git/\(lock.name)): "
                + "wait until it has finished, or delete that file if no Git program is running, then \(next)")
    }
}
