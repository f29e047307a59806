import EventLoop
import HTTP
import Primitives
import TestSupport
import Testing

@testable import HTTPServer

@Suite("Memory of a client's requests", .timeLimit(.minutes(1)))
struct RequestBudgetTests {
    @Test("requests beyond the budget wait in order; another client's do not")
    func order() async throws {
        let budget = RequestBudget(limit: 100)
        var first: RequestShare? = try await budget.reserve(60, for: "a")
        var second: RequestShare? = try await budget.reserve(40, for: "a")
        _ = try await budget.reserve(100, for: "b")
        let order = Protected<[Int]>([])
        let large = Task.immediate {
            let share = try await budget.reserve(50, for: "a")
            order.withLock { $0.append(50) }
            return share
        }
        try await eventually("the budget is crowded") { budget.isCrowded("a") }
        second = nil
        // It would fit, but the larger one has waited longer.
        let small = Task {
            let share = try await budget.reserve(1, for: "a")
            order.withLock { $0.append(1) }
            return share
        }
        await Task.yield()
        expectEqual(first?.isCrowded, true)
        first = nil
        _ = try await (large.value, small.value)
        expectEqual(order.withLock { $0 }.sorted(), [1, 50])
        #expect(second == nil && !budget.isCrowded("a"))
    }

    @Test("a request that is larger than the budget is the only one")
    func oversized() async throws {
        let budget = RequestBudget(limit: 100, patience: .milliseconds(1))
        let share = try await budget.reserve(1_000, for: "a")
        await #expect(throws: HTTPProblem.self) { _ = try await budget.reserve(1, for: "a") }
        share.settle(at: 20)
        _ = try await budget.reserve(80, for: "a")
    }

    @Test("too many waiting requests and a long wait are refused with 429, and a client that leaves frees its place")
    func refusals() async throws {
        let budget = RequestBudget(limit: 100, waiting: 1, patience: .seconds(3600))
        let share = try await budget.reserve(100, for: "a")
        let waiting = Task { try await budget.reserve(1, for: "a") }
        try await eventually("the budget is crowded") { budget.isCrowded("a") }
        do {
            _ = try await budget.reserve(1, for: "a")
            Issue.record("a second request waits")
        } catch let problem as HTTPProblem {
            #expect(problem.status == .tooManyRequests && problem.headers["Retry-After"] != nil)
        }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { _ = try await waiting.value }
        #expect(!budget.isCrowded("a"))
        withExtendedLifetime(share) {}
    }

    // On one actor, so that the waiting request cannot go on before it is cancelled.
    @Test("a client that leaves when its turn has just come gives its memory back")
    @Net func lateLeave() async throws {
        let budget = RequestBudget(limit: 100, patience: .seconds(10))
        var share: RequestShare? = try await budget.reserve(100, for: "a")
        let waiting = Task { @Net in try await budget.reserve(100, for: "a") }
        try await eventually("the budget is crowded") { budget.isCrowded("a") }
        expectEqual(share?.isCrowded, true)
        share = nil
        #expect(!budget.isCrowded("a"))
        waiting.cancel()
        await #expect(throws: CancellationError.self) { _ = try await waiting.value }
        _ = try await budget.reserve(100, for: "a")
    }

    @Test("a reader that is too slow is closed while others wait for its memory, and only then")
    func slowReader() async throws {
        let budget = RequestBudget(limit: 20 << 20)
        let handler = HTTPDispatch.Handler.pool { request in
            var response = HTTPServerResponse(body: .bytes([UInt8](repeating: 0x61, count: 16 << 20)))
            response.share = try await budget.reserve(16 << 20, for: String(request.path))
            return response
        }
        try await withServer(settings: .patient(), handler) { server in
            var clients: [RawConnection] = []
            for path in ["/alone", "/crowded"] {
                let client = try await RawConnection(to: server.boundAddress)
                client.isReading = false
                try await client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
                while server.queuedCount < (8 << 20) * (clients.count + 1) {
                    try await EventLoop.shared.sleep(for: .milliseconds(1))
                }
                clients.append(client)
            }
            _ = try await budget.reserve(16 << 20, for: "/crowded")
            // The other one has been slow for longer.
            expectEqual(server.connectionCount, 1)
            for client in clients { client.close() }
        }
    }

    @Test("slow readers of all clients are closed when the server's answers exceed its limit")
    func total() async throws {
        var settings = HTTPServerSettings.patient()
        settings.queuedLimit = 1 << 20
        let handler = HTTPDispatch.Handler.pool { _ in
            HTTPServerResponse(body: .bytes([UInt8](repeating: 0x61, count: 16 << 20)))
        }
        try await withServer(settings: settings, handler) { server in
            let client = try await RawConnection(to: server.boundAddress)
            client.isReading = false
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            while server.connectionCount > 0 { try await EventLoop.shared.sleep(for: .milliseconds(1)) }
            expectEqual(server.queuedCount, 0)
            client.close()
        }
    }
}

extension HTTPServerSettings {
    /// Closes slow readers only where others wait.
    fileprivate static func patient() -> HTTPServerSettings {
        var settings = HTTPServerSettings()
        settings.deadlines.progress = .seconds(3600)
        settings.deadlines.crowded = .milliseconds(100)
        return settings
    }
}
