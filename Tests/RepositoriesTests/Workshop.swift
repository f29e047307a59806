import Git
import Logging
import Primitives
import Repositories
import TestSupport
import Testing

/// A repository with one feature on its own branch, Jetbridge's view of it, and a colleague's clone.
struct Workshop {
    static let name = "001-login"
    static let spec = "specs/001-login/spec.md"
    /// Lines that are far enough from each other to be changed on their own.
    static let text = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n"
    static let author = GitSignature(name: "Ada", mail: "ada@example.org", seconds: 1_700_000_000)

    let directory: TemporaryDirectory
    let repository: LocalRepository
    /// Another view of the same repository, as after a restart.
    let restarted: LocalRepository
    let git: RealGit
    /// A colleague's clone, with the feature's branch checked out.
    let colleague: RealGit
    /// The server whose mirror ``repository`` is; nil if it is the repository itself.
    let server: FolderUpstream?
    /// The clock by which the mirror judges how recent a fetch is.
    let clock: ManualClock
    /// The pauses that were taken because of locks.
    let pauses: Protected<[Duration]>

    /// `script` runs in the feature's branch before its first commit. `onPause` runs at each pause. `onServer`: Jetbridge
    /// has a mirror of the repository.
    init(
        _ script: String = "true", onServer: Bool = false,
        onPause: @escaping @Sendable (RealGit, Int) throws -> Void = { _, _ in }
    ) async throws {
        self.directory = try TemporaryDirectory()
        let path = self.directory.path + "/notes"
        let git = RealGit(path)
        let pauses = Protected<[Duration]>([])
        let clock = ManualClock()
        let server = onServer ? FolderUpstream(server: GitRepository(path: path)) : nil
        let mirror = self.directory.path + "/mirror"
        func catalog(_ server: FolderUpstream?) -> RepositoryCatalog {
            let place: RepositorySetting.Place = server == nil ? .local(path: path) : .mirror(path: mirror)
            return RepositoryCatalog(
                [RepositorySetting(name: "notes", place: place, branch: "main")],
                upstreams: server.map { ["notes": $0] } ?? [:], now: { 1_700_000_000 },
                elapsed: { clock.now.offset },
                pause: { pause in
                    let count = pauses.withLock { pauses in
                        pauses.append(pause)
                        return pauses.count
                    }
                    try onPause(git, count)
                }, logger: Logger(label: "test"))
        }
        await catalog(nil).prepare()
        if server != nil { await catalog(server).prepare() }
        try git.shell(
            """
            git switch -q -c \(Self.name) && mkdir -p specs/\(Self.name) && printf '\(Self.text)' > \(Self.spec) &&
            { \(script) ; } && git add . && git commit -qm begin && git switch -q main &&
            git clone -q . ../colleague && cd ../colleague && git switch -q \(Self.name)
            """)
        self.git = git
        self.pauses = pauses
        self.server = server
        self.clock = clock
        self.repository = try catalog(server).repository(nil)
        self.restarted = try catalog(server).repository(nil)
        self.colleague = RealGit(self.directory.path + "/colleague")
    }

    var head: GitObjectID {
        get async throws { try await GitRepository(path: self.git.path).resolve(Self.name) }
    }

    /// A change of the feature's files as they are now.
    func change(
        _ texts: [String: String], base: GitObjectID? = nil, branch: String = Self.name, turn: String = "t1"
    ) async throws -> DocumentChange {
        var base = base
        if base == nil { base = try await self.head }
        return DocumentChange(
            branch: branch, base: try #require(base),
            documents: try texts.sorted { $0.key < $1.key }.map { try Document(path: $0.key, text: $0.value) },
            subject: "Plan \(turn)", body: "Why.", author: Self.author, turn: turn)
    }

    /// A colleague commits what the script changes, and pushes it.
    func push(_ script: String, _ subject: String = "theirs") throws {
        try self.colleague.shell(
            "git pull -q && { \(script) ; } && git add -A && git commit -qm '\(subject)' && git push -q")
    }

    func show(_ path: String = Self.spec, at ref: String = Self.name) throws -> String {
        try self.git.shell("git show \(ref):\(path) && echo .").dropLast().description
    }

    /// Packs what the repository, and the mirror, have as loose objects.
    func pack() throws {
        try self.git("repack -dlq")
        if self.server != nil { try RealGit(self.repository.git.path)("repack -dlq") }
    }

    /// No reference of ours is left, and the repository is sound.
    func checkClean() throws -> Bool {
        try self.git("fsck --strict")
        if self.server != nil {
            let mirror = RealGit(self.repository.git.path)
            try mirror("fsck --strict")
            guard try mirror("for-each-ref refs/jetbridge").isEmpty else { return false }
        }
        return try self.git("for-each-ref refs/jetbridge").isEmpty
    }

    static func code(_ body: () async throws -> Void) async -> RepositoryError? {
        do { try await body() } catch { return error as? RepositoryError }
        return nil
    }
}

extension WriteOutcome {
    var made: MadeCommit? {
        switch self {
        case .committed(let made), .merged(let made, _): made
        case .conflict, .unchanged: nil
        }
    }

    var conflict: DocumentConflict? { if case .conflict(let conflict) = self { conflict } else { nil } }

    var kind: String {
        switch self {
        case .committed: "committed"
        case .merged: "merged"
        case .conflict: "conflict"
        case .unchanged: "unchanged"
        }
    }
}
