internal import Crypto
package import Git

extension LocalRepository {
    private static let resolutionKey = "Jetbridge-Resolution"
    /// A longer version is cut in a ``DocumentConflict``.
    private static let shownBytes = 4 * Document.sizeLimit

    /// The conflict that a turn's change waits for, however long ago it was met. Nil if there is none, or if it has been
    /// resolved. Throws ``RepositoryError``.
    package nonisolated func conflict(of turn: String) async throws -> DocumentConflict? {
        try await self.call { git in
            guard let kept = try await Self.conflict(turn, git) else { return nil }
            return try await self.describe(kept, git)
        }
    }

    /// Carries out what people chose. Resolving again, such as after a crash, returns what was done.
    ///
    /// - Returns: `committed` and `merged` for our version; `unchanged` for theirs; `conflict` if the branch has moved on
    ///   again, in the same place, so that there is something else to choose.
    ///
    /// Throws ``RepositoryError``: `git(.notFound)` if another choice has dropped our change.
    package nonisolated func resolve(
        conflictOf turn: String, _ choice: ConflictChoice, author: GitSignature
    ) async throws -> WriteOutcome {
        try await self.call { git in
            let reference = Self.conflictReference(turn)
            let kept = try await Self.conflict(turn, git)
            if let done = try await self.resolution(of: turn, kept, git) {
                try await git.drop(reference, at: kept?.commit.id)
                return .committed(done)
            }
            guard let kept else {
                if choice == .theirs { return .unchanged }
                throw GitError(
                    .notFound, "the conflict has been resolved already, and the branch was left as it is: try again")
            }
            let outcome = try await self.carryOut(choice, kept, author, git)
            if case .conflict = outcome { return outcome }
            try await git.drop(reference, at: kept.commit.id)
            return outcome
        }
    }

    /// Keeps a change that does not fit together with the branch's head, in place of an earlier one of the same turn.
    nonisolated func keep(
        _ draft: Draft, theirs: GitObjectID, _ git: GitRepository
    ) async throws -> DocumentConflict {
        let record = KeptChange.record(draft, theirs: theirs, committer: self.committer)
        let id = try await git.keep(
            tree: draft.tree, parent: draft.base, as: record, at: Self.conflictReference(draft.turn))
        guard let kept = try await KeptChange(git.commit(id)) else {
            throw GitError(.failed, "the change can't be kept: look at the repository with `git fsck`")
        }
        return try await self.describe(kept, git)
    }

    /// Drops a kept change that nobody will resolve.
    nonisolated func forget(_ conflict: DocumentConflict, of turn: String, _ git: GitRepository) async throws {
        try await git.drop(Self.conflictReference(turn), at: conflict.ours)
    }

    /// A turn's id, or a hash of one that has other characters.
    static func referenceName(_ turn: String) -> String {
        Self.isPlain(turn) ? turn : "hash-\(hex(sha256(turn)))"
    }

    /// Whether an id can be the name of a file or reference: at most 100 letters, digits, dashes and underscores.
    package static func isPlain(_ id: String) -> Bool {
        1...100 ~= id.utf8.count
            && id.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    private static func conflictReference(_ turn: String) -> String { "conflicts/\(Self.referenceName(turn))" }

    private static func conflict(_ turn: String, _ git: GitRepository) async throws -> KeptChange? {
        try await git.kept(at: Self.conflictReference(turn)).flatMap { KeptChange($0) }
    }

    private nonisolated func describe(_ kept: KeptChange, _ git: GitRepository) async throws -> DocumentConflict {
        let ours = kept.commit.id
        var theirs = kept.base
        for candidate in [kept.theirs, try await git.tip(of: kept.branch)] {
            guard let candidate, try await git.hasAll([candidate]) else { continue }
            theirs = candidate
            break
        }
        let found = try await git.merge(ours, with: theirs, base: kept.base).conflicts
        let ids = Set(found.flatMap { [$0.base, $0.ours, $0.theirs].compactMap { $0 } })
        let contents = try await git.contents(ids, limit: Self.shownBytes)
        let files = found.map { file in
            DocumentConflict.File(
                path: file.path, base: file.base.flatMap { contents[$0] }, ours: file.ours.flatMap { contents[$0] },
                theirs: file.theirs.flatMap { contents[$0] })
        }
        return DocumentConflict(
            repository: self.name, branch: kept.branch, ours: ours, theirs: theirs,
            commits: try await Self.commits(to: theirs, since: kept.base, git), files: files)
    }

    /// The commit by which this conflict was resolved; any conflict of the turn if none is kept.
    private nonisolated func resolution(
        of turn: String, _ kept: KeptChange?, _ git: GitRepository
    ) async throws -> MadeCommit? {
        for found in try await git.findAll(Self.trailer(turn), without: kept?.base) {
            let value = found.commit.trailers.last { $0.key == Self.resolutionKey }?.value
            guard let value, kept == nil || value.hasSuffix(kept?.commit.id.hex ?? "") else { continue }
            return try await self.made(found.commit, on: found.branch, git)
        }
        return nil
    }

    private nonisolated func resolved(
        _ kept: KeptChange, _ choice: String, _ author: GitSignature, _ git: GitRepository
    ) async throws -> Draft {
        var draft = try await kept.draft(git).by(author)
        draft.trailers.append(GitTrailer(Self.resolutionKey, "\(choice) \(kept.commit.id.hex)"))
        return draft
    }

    private nonisolated func carryOut(
        _ choice: ConflictChoice, _ kept: KeptChange, _ author: GitSignature, _ git: GitRepository
    ) async throws -> WriteOutcome {
        do {
            return switch choice {
            case .theirs: .unchanged
            case .ours: try await self.waiting { try await self.commitOurs(kept, author, git) }
            case .ownBranch(let name):
                .committed(try await self.waiting { try await self.branchOff(kept, name, author, git) })
            }
        } catch let error as GitError where error.code == .locked || error.code == .dirtyWorkTree {
            throw await self.explain(error, kept.branch, git)
        }
    }

    private nonisolated func commitOurs(
        _ kept: KeptChange, _ author: GitSignature, _ git: GitRepository
    ) async throws -> WriteOutcome {
        let draft = try await self.resolved(kept, "ours", author, git)
        return try await self.whileMoving(kept.branch) {
            guard let head = try await git.tip(of: kept.branch) else {
                return .committed(try await self.commit(draft, draft.tree, .new(from: draft.base), git))
            }
            guard let tree = try await Self.ours(kept, on: head, git) else {
                return .conflict(try await self.keep(kept.draft(git), theirs: head, git))
            }
            let made = try await self.commit(draft, tree, .at(head), git)
            guard head != kept.theirs else { return .committed(made) }
            return .merged(made, with: try await Self.commits(to: head, since: kept.theirs ?? kept.base, git))
        }
    }

    /// The tree with our versions on the branch's head; nil if that would overwrite changes nobody was asked about.
    private static func ours(
        _ kept: KeptChange, on head: GitObjectID, _ git: GitRepository
    ) async throws -> GitObjectID? {
        // The others may have made room since.
        if let tree = try await git.merge(kept.commit.id, with: head, base: kept.base).tree { return tree }
        guard let theirs = kept.theirs, try await git.hasAll([theirs]) else { return nil }
        let chosen = try await git.merge(kept.commit.id, with: theirs, base: kept.base, preferOurs: true).tree
        guard head != theirs, let chosen else { return chosen }
        return try await git.merge(chosen, with: head, base: theirs).tree
    }

    private nonisolated func branchOff(
        _ kept: KeptChange, _ name: String?, _ author: GitSignature, _ git: GitRepository
    ) async throws -> MadeCommit {
        let draft = try await self.resolved(kept, "branch", author, git)
        let names = name.map { [$0] } ?? (2...99).map { "\(kept.branch)-\($0)" }
        for candidate in names {
            do {
                return try await self.commit(draft, draft.tree, .new(from: draft.base), on: candidate, git)
            } catch let error as GitError where error.code == .exists && name == nil {
                continue
            }
        }
        throw GitError(.exists, "all names from \(kept.branch)-2 to \(kept.branch)-99 are taken: choose another name")
    }
}
