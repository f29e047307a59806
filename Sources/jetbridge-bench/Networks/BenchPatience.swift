enum BenchPatience {
    static func run(_ limit: Duration, _ body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(name: "body") { try await body() }
            group.addTask(name: "limit") {
                try await Task.sleep(for: limit)
                throw BenchFailure("timed out after \(limit)")
            }
            try await group.next()
            group.cancelAll()
        }
    }
}
