internal import Chat
package import Git
internal import Primitives

/// A repository on this machine that stores documents: one of its own, or the mirror of one on a server.
///
/// It assigns the numbers of features: a reserved number is taken, so two simultaneous features get different ones.
package actor LocalRepository {
    package nonisolated let name: String
    package nonisolated let git: GitRepository
    /// The same, for what people look at.
    private nonisolated let reader: GitRepository

    /// Follows the repository on its server; nil if it has none.
    nonisolated let mirror: Mirror?
    nonisolated let branch: String?
    /// See ``RepositoryCatalog``.
    nonisolated let authors: @Sendable (Sender) async throws -> Sender
    private nonisolated let now: @Sendable () -> Int64
    /// Waits until another program may have finished.
    nonisolated let pause: @Sendable (Duration) async throws -> Void
    private var reserved: [Reservation.Ticket: Int] = [:]
    private var lastTicket = 0
    /// The highest number committed here, which a list of branches that was read earlier may not contain.
    private var highestCommitted = 0

    /// `now`: seconds since 1970. `elapsed`: the time since some moment.
    init(
        name: String, path: String, branch: String?, upstream: (any Upstream)? = nil,
        authors: @escaping @Sendable (Sender) async throws -> Sender = { $0 },
        now: @escaping @Sendable () -> Int64, elapsed: @escaping @Sendable () -> Duration,
        pause: @escaping @Sendable (Duration) async throws -> Void
    ) {
        let git = GitRepository(path: path)
        self.name = name
        self.git = git
        self.reader = GitRepository(path: path, isForReading: true)
        self.mirror = upstream.map { Mirror(git: git, upstream: $0, elapsed: elapsed) }
        self.branch = branch
        self.authors = authors
        self.now = now
        self.pause = pause
    }

    /// Creates the repository if it is missing; returns whether it did. A mirror is empty then. Throws
    /// ``RepositoryError``.
    package nonisolated func prepare() async throws -> Bool {
        if self.mirror != nil {
            return try await self.call { try await $0.createStore(sharing: nil) }
        }
        let committer = GitSignature.jetbridge(seconds: self.now())
        return try await self.call { try await $0.initialise(committer: committer) }
    }

    /// The base branch, if the repository is ready for a commit; otherwise throws ``RepositoryError``, which says why
    /// not and what to do.
    package nonisolated func checkReady() async throws -> GitRepository.Branch {
        _ = try await self.prepare()
        try await self.refresh()
        return try await self.base()
    }

    /// The base branch as it is here.
    nonisolated func base() async throws -> GitRepository.Branch {
        let branch = self.branch
        return try await self.call { git in
            do {
                return try await git.checkReady(base: branch)
            } catch let error as GitError where error.code == .unborn && branch == "main" {
                // `main` is the configuration's default; the repository may use another name.
                return try await git.checkReady(base: nil)
            }
        }
    }

    /// A document's text at a branch, tag or commit; nil where it does not exist. Throws ``RepositoryError``.
    package nonisolated func text(
        of path: String, at ref: String, limit: Int = Document.sizeLimit
    ) async throws -> String? {
        try await self.refresh()
        return try await self.knownText(of: path, at: ref, limit: limit)
    }

    /// ``text(of:at:limit:)`` as it is here. Its bytes may be others: long runs of marks are broken.
    package nonisolated func knownText(of path: String, at ref: String, limit: Int) async throws -> String? {
        try await self.call { git in
            do {
                let bytes = try await git.file(path, at: git.resolve(ref), limit: limit)
                return StreamSafeText.of(String(decoding: bytes, as: UTF8.self))
            } catch let error as GitError where error.code == .notFound {
                return nil
            }
        }
    }

    /// Reserves the next free number for `shortName`, until a commit uses it or ``release(_:)`` frees it.
    package func reserve(_ shortName: String) async throws -> Reservation {
        let highest = try await self.usedNumbers().max() ?? 0
        // No await from here on, so no other reservation can take it.
        let number = max(highest, self.reserved.values.max() ?? 0, self.highestCommitted) + 1
        self.lastTicket += 1
        let ticket = Reservation.Ticket(number: self.lastTicket)
        self.reserved[ticket] = number
        return Reservation(name: NumberedName(number: number, shortName: shortName), ticket: ticket)
    }

    /// Frees an unused number. Has no effect the second time, or after the commit.
    package func release(_ reservation: Reservation) {
        self.reserved[reservation.ticket] = nil
    }

    /// Commits documents on a new branch with the reserved name, and ends the reservation, even on failure. When
    /// another program has taken the branch or number, calls `documents` again with the next one.
    package func commit(
        _ reservation: Reservation, onBase base: GitRepository.Branch, author: GitSignature, turn: String,
        documents: @Sendable (NumberedName) throws -> (subject: String, body: String, documents: [Document])
    ) async throws -> MadeCommit {
        var current = reservation
        for _ in 0..<20 {
            do {
                let made = try await self.commit(current.name, base, author, turn, documents(current.name))
                self.highestCommitted = max(self.highestCommitted, current.name.number)
                self.release(current)
                return made
            } catch let error as RepositoryError where error.code == .git(.exists) {
                self.release(current)
                current = try await self.reserve(reservation.name.shortName)
            } catch {
                self.release(current)
                throw error
            }
        }
        self.release(current)
        throw RepositoryError(
            .git(.exists), "repository \(self.name): other programs keep taking the branch names: try again later")
    }
}

extension LocalRepository {
    /// Removes locks that a killed host has left on the branches that only a host makes: those of threads and features.
    /// Call it at the start, before anything is committed. Throws ``RepositoryError``.
    nonisolated func removeLeftLocks() async throws {
        try await self.call { git in
            try await git.removeLocks(ofBranches: { branch in
                let number = branch.prefix(while: \.isNumber)
                return branch.hasPrefix("jetbridge/")
                    || number.count >= 3 && branch.dropFirst(number.count).first == "-"
            })
        }
    }

    static let turnKey = "Jetbridge-Turn"

    static func trailer(_ turn: String) -> GitTrailer { GitTrailer(Self.turnKey, turn) }

    /// The program itself, now.
    nonisolated var committer: GitSignature { .jetbridge(seconds: self.now()) }

    private func commit(
        _ name: NumberedName, _ base: GitRepository.Branch, _ author: GitSignature, _ turn: String,
        _ content: (subject: String, body: String, documents: [Document])
    ) async throws -> MadeCommit {
        // Another program may have used the number with another name.
        if try await self.usedNumbers().contains(name.number) {
            throw RepositoryError(.git(.exists), "the number \(name.digits) is taken")
        }
        let change = GitChange(
            files: Dictionary(content.documents.map { ($0.path, $0.bytes) }) { _, last in last },
            branch: name.description, base: .new(from: base.id), author: author,
            committer: .jetbridge(seconds: self.now()),
            message: content.body.isEmpty ? content.subject : "\(content.subject)\n\n\(content.body)",
            trailers: [Self.trailer(turn)])
        let repository = self.name
        return try await self.call { git in
            let id = try await self.advance(change.branch, to: turn, from: nil) { git, target in
                try await git.commit(change, to: target)
            }
            return try await MadeCommit(id, on: change.branch, of: repository, git)
        }
    }

    /// From the folders below `specs/` on any branch, and from the names of branches.
    private nonisolated func usedNumbers() async throws -> Set<Int> {
        try await self.refresh()
        return try await self.call { git in
            let folders = try await git.directoryNames(in: "specs")
            let branches = try await git.branches().map(\.name)
            return Set((folders + branches).compactMap { NumberedName.number(of: $0) })
        }
    }

    nonisolated func call<Result: Sendable>(
        _ body: @Sendable (GitRepository) async throws -> Result
    ) async throws -> Result {
        try await self.call(self.git, body)
    }

    /// Like ``call(_:)`` beside what changes the repository: for what people ask to see, which may take long.
    nonisolated func read<Result: Sendable>(
        _ body: @Sendable (GitRepository) async throws -> Result
    ) async throws -> Result {
        try await self.call(self.reader, body)
    }

    private nonisolated func call<Result: Sendable>(
        _ git: GitRepository, _ body: @Sendable (GitRepository) async throws -> Result
    ) async throws -> Result {
        do {
            return try await body(git)
        } catch let error as GitError {
            throw RepositoryError(self.name, at: git.path, error)
        }
    }
}
