import Chat
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
