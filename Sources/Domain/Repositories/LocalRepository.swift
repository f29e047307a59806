package import Git

/// A repository on this machine as a place for documents.
///
/// Numbers of features are given out here: a number is taken from the moment it is reserved, so two at once get two.
package actor LocalRepository {
    package nonisolated let name: String
    package nonisolated let git: GitRepository

    private nonisolated let branch: String?
    private nonisolated let now: @Sendable () -> Int64
    private var reserved: [Reservation.Ticket: Int] = [:]
    private var lastTicket = 0
    /// The highest number that was committed here: a list of branches that was read before may not show it.
    private var highestCommitted = 0

    /// `now`: seconds since 1970.
    init(name: String, path: String, branch: String?, now: @escaping @Sendable () -> Int64) {
        self.name = name
        self.git = GitRepository(path: path)
        self.branch = branch
        self.now = now
    }

    /// Makes the repository where it is missing; returns whether it did. Throws ``RepositoryError``.
    package nonisolated func prepare() async throws -> Bool {
        let committer = GitSignature.jetbridge(seconds: self.now())
        return try await self.call { try await $0.initialise(committer: committer) }
    }

    /// The branch that new ones grow from, when a commit can be made now; otherwise throws ``RepositoryError`` with
    /// what is in the way and what to do.
    package nonisolated func checkReady() async throws -> GitRepository.Branch {
        _ = try await self.prepare()
        let branch = self.branch
        return try await self.call { git in
            do {
                return try await git.checkReady(base: branch)
            } catch let error as GitError where error.code == .unborn && branch == "main" {
                // `main` is what the configuration says when nobody chose; the repository may call it otherwise.
                return try await git.checkReady(base: nil)
            }
        }
    }

    /// A document's text at a branch, tag or commit; nil where it does not exist. Throws ``RepositoryError``.
    package nonisolated func text(
        of path: String, at ref: String, limit: Int = Document.sizeLimit
    ) async throws -> String? {
        try await self.call { git in
            do {
                let bytes = try await git.file(path, at: git.resolve(ref), limit: limit)
                return String(decoding: bytes, as: UTF8.self)
            } catch let error as GitError where error.code == .notFound {
                return nil
            }
        }
    }

    /// Takes the next free number for `shortName`, until a commit is made with it or ``release(_:)`` gives it back.
    package func reserve(_ shortName: String) async throws -> Reservation {
        let highest = try await self.usedNumbers().max() ?? 0
        // No await from here on: nobody else takes it.
        let number = max(highest, self.reserved.values.max() ?? 0, self.highestCommitted) + 1
        self.lastTicket += 1
        let ticket = Reservation.Ticket(number: self.lastTicket)
        self.reserved[ticket] = number
        return Reservation(name: NumberedName(number: number, shortName: shortName), ticket: ticket)
    }

    /// Gives back a number that was not used. Doing it twice, or after the commit, changes nothing.
    package func release(_ reservation: Reservation) {
        self.reserved[reservation.ticket] = nil
    }

    /// Commits documents on a new branch of the reserved name; the reservation ends, whatever comes of it. When
    /// somebody else has made that branch or taken that number meanwhile, `documents` is asked again with the next one.
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

    /// The commit that was made for a turn, if there is one.
    package nonisolated func find(turn: String) async throws -> MadeCommit? {
        let name = self.name
        return try await self.call { git in
            guard let found = try await git.find(Self.trailer(turn)) else { return nil }
            let stat = try await git.stat(of: found.commit.id)
            return MadeCommit(
                repository: name, id: found.commit.id, branch: found.branch, subject: found.commit.subject, stat: stat)
        }
    }
}

extension LocalRepository {
    private static func trailer(_ turn: String) -> GitTrailer {
        GitTrailer("Jetbridge-Turn", turn)
    }

    private func commit(
        _ name: NumberedName, _ base: GitRepository.Branch, _ author: GitSignature, _ turn: String,
        _ content: (subject: String, body: String, documents: [Document])
    ) async throws -> MadeCommit {
        // Another program may have taken the number under another name.
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
            let id = try await git.commit(change)
            return MadeCommit(
                repository: repository, id: id, branch: change.branch, subject: content.subject,
                stat: try await git.stat(of: id))
        }
    }

    /// Of the folders below `specs/` on any branch, and of the branches' names.
    private nonisolated func usedNumbers() async throws -> Set<Int> {
        try await self.call { git in
            let folders = try await git.directoryNames(in: "specs")
            let branches = try await git.branches().map(\.name)
            return Set((folders + branches).compactMap { NumberedName.number(of: $0) })
        }
    }

    nonisolated func call<Result: Sendable>(
        _ body: @Sendable (GitRepository) async throws -> Result
    ) async throws -> Result {
        do {
            return try await body(self.git)
        } catch let error as GitError {
            throw RepositoryError(self.name, error)
        }
    }
}
