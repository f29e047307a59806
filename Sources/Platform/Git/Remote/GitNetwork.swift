internal import Primitives

/// The threads for transfers, which take minutes and must not occupy the thread of ``GitLibrary``, which every commit
/// needs.
enum GitNetwork {
    /// The maximum number of concurrent transfers; further ones wait.
    private static let limit = 6
    private static let turns = GitTurns(Self.limit)
    private static let idle = Protected<[GitNetworkThread]>([])
    private static let mirrors = Protected<[String: (turns: GitTurns, users: Int)]>([:])

    /// Runs `body`, which blocks, on one of the threads.
    static func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        // Starts the library.
        _ = GitLibrary.executor
        try await self.turns.enter()
        let thread = self.idle.withLock { $0.popLast() } ?? GitNetworkThread()
        defer {
            self.idle.withLock { $0.append(thread) }
            self.turns.leave()
        }
        return try await thread.run(body)
    }

    /// Runs `body` exclusively: no other such body of this process uses the mirror at this path meanwhile.
    static func alone<Result: Sendable>(
        at path: String, _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        let turns = self.mirrors.withLock { mirrors in
            let entry = mirrors[path] ?? (GitTurns(1), 0)
            mirrors[path] = (entry.turns, entry.users + 1)
            return entry.turns
        }
        defer {
            self.mirrors.withLock { mirrors in
                guard let entry = mirrors[path] else { return }
                mirrors[path] = entry.users > 1 ? (entry.turns, entry.users - 1) : nil
            }
        }
        try await turns.enter()
        defer { turns.leave() }
        return try await body()
    }
}

private actor GitNetworkThread {
    private let executor = ThreadExecutor(name: "git-network", umask: 0o022)

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe self.executor.asUnownedSerialExecutor() }

    func run<Result: Sendable>(_ body: @Sendable () throws -> Result) throws -> Result { try body() }
}
