internal import Primitives

/// The threads for transfers, which take minutes and must not occupy the thread of ``GitLibrary``, which every commit
/// needs.
enum GitNetwork {
    /// The maximum number of concurrent transfers; further ones wait.
    private static let limit = 6
    /// Those of them that one server may have: it may hang for half an hour.
    private static let serverLimit = 3
    private static let turns = GitTurns(Self.limit)
    private static let idle = Protected<[GitNetworkThread]>([])
    /// By the paths of mirrors, and the names of servers.
    private static let places = Protected<[String: (turns: GitTurns, users: Int)]>([:])

    /// Runs `body`, which blocks, on one of the threads.
    ///
    /// - Parameter host: The server's name; nil for a folder.
    static func run<Result: Sendable>(
        with host: String?, _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        guard let host else { return try await self.run(body) }
        // Without a thread, so that transfers with other servers are not behind it.
        return try await self.turn(at: host, among: self.serverLimit) { try await self.run(body) }
    }

    private static func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
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
        try await self.turn(at: path, among: 1, body)
    }

    private static func turn<Result: Sendable>(
        at place: String, among limit: Int, _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        let turns = self.places.withLock { places in
            let entry = places[place] ?? (GitTurns(limit), 0)
            places[place] = (entry.turns, entry.users + 1)
            return entry.turns
        }
        defer {
            self.places.withLock { places in
                guard let entry = places[place] else { return }
                places[place] = entry.users > 1 ? (entry.turns, entry.users - 1) : nil
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
