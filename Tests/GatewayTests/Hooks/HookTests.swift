import Chat
import EventLoop
import HTTP
import HTTPServer
import Store
import TestSupport
import Testing

@testable import Gateway

@Suite("Webhooks", .timeLimit(.minutes(1)))
struct HookTests {
    /// Echoes what it receives.
    private static let echo = GatewayHook(path: "/hooks/slack/team", of: .network(AdapterID("slack:team"))) { request in
        do {
            let body = try await request.body.collect()
            return HTTPServerResponse(.ok, .plain, bytes: Array("\(request.headers["x-sign"] ?? "") ".utf8) + body)
        } catch {
            return .text("\(error)", .badRequest)
        }
    }

    @Test("a delivery reaches its adapter without a gateway credential")
    func delivered() async throws {
        try await GatewayHarness.run(hooks: [Self.echo]) { harness in
            let answer = try await harness.anybody.send(
                .post, "/hooks/slack/team", body: Array("event".utf8), headers: ["X-Sign": "v0=1"])
            #expect(answer.status == 200 && answer.text == "v0=1 event")
            expectEqual(answer.headers["x-content-type-options"], "nosniff")
            expectEqual(answer.headers["cache-control"], "no-store")
        }
    }

    @Test("other methods and other ids are refused", arguments: [HTTPMethod.get, .head, .put])
    func otherMethod(_ method: HTTPMethod) async throws {
        try await GatewayHarness.run(hooks: [Self.echo]) { harness in
            let answer = try await harness.anybody.send(method, "/hooks/slack/team")
            expectEqual(answer.status, 405)
            expectEqual(answer.headers["allow"], "POST")
            for path in ["/hooks/slack/other", "/hooks/slack/team/", "/hooks/slack", "/hooks", "/hooks/telegram/team"] {
                try await expectEqual(harness.anybody.send(.post, path).status, 404)
            }
        }
    }

    @Test("deliveries share their memory as they arrive, before anybody knows who sends them, and end in time")
    func room() async throws {
        let limit = 1 << 20
        /// Of a declared length, of which so many steps of memory have arrived.
        @Sendable func request(from peer: String, steps: Int) throws -> HTTPServerRequest {
            let text = "POST /hooks/slack/team HTTP/1.1\r\nHost: b.example\r\nContent-Length: \(limit)\r\n\r\n"
            var parser = RequestParser()
            let head = try parser.parse(Array(text.utf8).span).head
            return HTTPServerRequest(
                head: try #require(head), body: RequestBody([UInt8](repeating: 0x78, count: steps << 12)),
                remoteAddress: SocketAddress(host: peer, port: 9))
        }
        @Sendable func status(_ body: () async throws -> HTTPServerResponse) async throws -> HTTPStatus {
            do { return try await body().status } catch let problem as HTTPProblem { return problem.status }
        }
        let room = HookRoom(limit: 10 << 12, wait: .milliseconds(1))
        @Sendable func taken(_ request: HTTPServerRequest) async throws -> HTTPStatus {
            try await status { try await room.taking(request, upTo: limit) { _ in .text("") } }
        }
        let first = try request(from: "192.0.2.1", steps: 4)
        let answer = try await status {
            try await room.taking(first, upTo: limit) { _ in
                // Of one address half of it, of all together the whole.
                try await expectEqual(taken(request(from: "192.0.2.1", steps: 2)), .serviceUnavailable)
                let other = try request(from: "192.0.2.2", steps: 5)
                return try await room.taking(other, upTo: limit) { whole in
                    try await expectEqual(whole.body.collect().count, 5 << 12)
                    try await expectEqual(taken(request(from: "192.0.2.3", steps: 2)), .serviceUnavailable)
                    try await expectEqual(taken(request(from: "192.0.2.3", steps: 1)), .ok)
                    return .text("")
                }
            }
        }
        expectEqual(answer, .ok)
        try await expectEqual(taken(first), .ok)
        try await expectEqual(
            status { try await room.taking(first, upTo: 9) { _ in .text("") } }, .contentTooLarge)
        let late = try await status {
            try await HookRoom(limit: limit, patience: .milliseconds(1)).taking(first, upTo: limit) { _ in
                try? await Task.sleep(for: .seconds(600))
                return .text("")
            }
        }
        expectEqual(late, HTTPStatus(408))
    }

    @Test("a delivery's size is limited")
    func limit() async throws {
        try await GatewayHarness.run(hooks: [Self.echo]) { harness in
            func status(_ count: Int) async throws -> Int {
                let body = [UInt8](repeating: 0x78, count: count)
                return try await harness.anybody.send(.post, "/hooks/slack/team", body: body, headers: [:]).status
            }
            let (within, beyond) = (
                try await status(GatewayHook.bodyLimit), try await status(GatewayHook.bodyLimit + 1)
            )
            #expect(within == 200 && beyond == 413)
        }
    }
}
