internal import Chat
package import Git
internal import JSON
internal import Primitives
internal import Telemetry

extension LocalRepository {
    /// Whether the repository is on a server, and this one is its mirror.
    package nonisolated var isMirror: Bool { self.mirror != nil }

    /// Reads where the server's branches are now; has no effect without a server. Throws ``RepositoryError``.
    ///
    /// - Parameter hasMoved: The server reports that they have moved: what was just read is not good enough.
    package nonisolated func refresh(hasMoved: Bool = false) async throws {
        guard let mirror = self.mirror else { return }
        try await self.call { _ in try await mirror.refresh(hasMoved: hasMoved) }
    }

    /// ``refresh()`` if the server answers: what was read before is good enough otherwise.
    package nonisolated func refreshIfPossible() async {
        await self.mirror?.refreshIfPossible()
    }

    /// ``checkReady()`` without a wait for the server: the base branch as it was last read there. Later changes are
    /// visible at the next call. The server is contacted first only if the branch was never read.
    ///
    /// - Parameter last: The result of an earlier call, which saves reading a branch that has not moved since.
    package nonisolated func knownBase(since last: KnownBase? = nil) async throws -> KnownBase {
        if let last, self.isUnmoved(since: last) {
            self.refreshBeside()
            return last
        }
        let start = WallClock.now()
        let branch: GitRepository.Branch
        if self.isMirror, let known = try? await self.base() {
            self.refreshBeside()
            branch = known
        } else {
            branch = try await self.checkReady()
        }
        return KnownBase(branch: branch, mark: self.git.mark(of: branch.name, unmovedSince: start))
    }

    /// Whether the branch is certainly where it was. Asks no server.
    package nonisolated func isUnmoved(since last: KnownBase) -> Bool {
        last.mark != nil && self.git.mark(of: last.branch.name) == last.mark
    }

    /// The folders in which it shows that the branch has moved; nil if only reading it can show that.
    package nonisolated func folders(of known: KnownBase) -> Set<String>? { self.git.folders(of: known.branch.name) }

    /// ``refreshIfPossible()`` without a wait for the server.
    package nonisolated func refreshBeside() {
        guard self.isMirror else { return }
        // It runs in the background, so its progress is not shown in any thread.
        let work = RemoteWork(person: RemoteWork.current.person)
        // Unstructured: it runs while the caller continues. There is at most one, because a busy mirror skips it.
        Task { await RemoteWork.$current.withValue(work) { await self.refreshIfPossible() } }
    }

    /// Runs a read, and repeats it after a fetch if the object is unknown here.
    nonisolated func look<Result: Sendable>(
        _ body: @Sendable (GitRepository) async throws -> Result
    ) async throws -> Result {
        do {
            return try await self.read(body)
        } catch let error as RepositoryError where error.code == .git(.notFound) && self.isMirror {
            try await self.refresh()
            return try await self.read(body)
        }
    }

    /// Makes commits for a branch, and moves the branch to them: here at once, otherwise when the server has accepted
    /// them. Returns the last of the commits as the branch has it, which the server may have made anew.
    ///
    /// - Parameters:
    ///   - turn: The operation that makes them.
    ///   - expected: Where the branch has to be; nil if it must not exist.
    ///   - isDocuments: Whether it is a single commit of documents.
    ///   - make: Makes the commits and leaves them at the target.
    ///
    /// Throws what `make` throws, and `GitError` with code `conflict` or `exists` if the branch is somewhere else.
    package nonisolated func advance(
        _ branch: String, to turn: String, from expected: GitObjectID?, isDocuments: Bool = true,
        _ make: @Sendable (GitRepository, CommitTarget) async throws -> GitObjectID
    ) async throws -> GitObjectID {
        let attributes: JSONObject = [
            "vcs.repository.name": .string(self.name), "vcs.ref.head.name": .string(branch),
        ]
        return try await traced("commit \(self.name)", attributes: attributes) { span in
            let commit = try await self.made(branch, to: turn, from: expected, isDocuments: isDocuments, make)
            span?.set("vcs.ref.head.revision", .string(commit.hex))
            return commit
        }
    }

    private nonisolated func made(
        _ branch: String, to turn: String, from expected: GitObjectID?, isDocuments: Bool,
        _ make: @Sendable (GitRepository, CommitTarget) async throws -> GitObjectID
    ) async throws -> GitObjectID {
        guard let mirror = self.mirror else { return try await make(self.git, .branch) }
        let reference = "outgoing/\(Self.referenceName(turn))"
        let commit = try await make(self.git, .kept(reference))
        let publication = Publication(
            reference: reference, commit: commit, branch: branch, expected: expected, isDocuments: isDocuments,
            turn: turn)
        do {
            let published = try await mirror.publish(publication)
            try await self.git.drop(reference, at: commit)
            return published
        } catch {
            try? await self.git.drop(reference, at: commit)
            throw error
        }
    }
}

/// A repository's base branch as it was last read.
package struct KnownBase: Sendable, Equatable {
    package let branch: GitRepository.Branch
    /// Shows whether the branch has moved since; nil if only reading it can show that.
    let mark: BranchMark?
}
