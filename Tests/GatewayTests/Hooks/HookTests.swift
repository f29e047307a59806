import Chat
import EventLoop
import HTTP
import HTTPServer
import Sessions
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

    @Test("deliveries share their memory, before anybody knows who sends them, and end in time")
    func room() async throws {
        @Sendable func request(from peer: String, _ length: Int) throws -> HTTPServerRequest {
            let text = "POST /hooks/slack/team HTTP/1.1\r\nHost: b.example\r\nContent-Length: \(length)\r\n\r\n"
            var parser = RequestParser()
            let head = try parser.parse(Array(text.utf8).span).head
            return HTTPServerRequest(head: try #require(head), remoteAddress: SocketAddress(host: peer, port: 9))
        }
        @Sendable func status(_ body: () async throws -> HTTPServerResponse) async throws -> HTTPStatus {
            do { return try await body().status } catch let problem as HTTPProblem { return problem.status }
        }
        let room = HookRoom(limit: 1_000, wait: .milliseconds(1))
        let first = try request(from: "192.0.2.1", 400)
        let answer = try await status {
            try await room.taking(first, upTo: 900) {
                // Of one address half of it, of all together the whole.
                let again = try request(from: "192.0.2.1", 200)
                let crowded = try await status { try await room.taking(again, upTo: 900) { .text("") } }
                expectEqual(crowded, .serviceUnavailable)
                let other = try request(from: "192.0.2.2", 600)
                return try await room.taking(other, upTo: 900) {
                    let third = try request(from: "192.0.2.3", 1)
                    let refused = try await status { try await room.taking(third, upTo: 900) { .text("") } }
                    expectEqual(refused, .serviceUnavailable)
                    return .text("")
                }
            }
        }
        expectEqual(answer, .ok)
        try await expectEqual(status { try await room.taking(first, upTo: 900) { .text("") } }, .ok)
        let late = try await status {
            try await HookRoom(patience: .milliseconds(1)).taking(first, upTo: 900) {
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
