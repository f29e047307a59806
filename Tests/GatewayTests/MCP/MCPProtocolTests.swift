import Chat
import HTTP
import JSON
import TestSupport
import Testing

@testable import Gateway

@Suite("The Model Context Protocol over HTTP", .timeLimit(.minutes(1)))
struct MCPProtocolTests {
    @Test("each check refuses what fails it, in the protocol's words")
    func checks() async throws {
        try await GatewayHarness.run { harness in
            let modern = MCPTester(caller: try await harness.token(.chat))
            let list = modern.message("tools/list")
            func status(_ headers: [String: String], _ message: JSON? = nil, as caller: MCPTester? = nil) async throws
                -> Int
            {
                try await (caller ?? modern).send(message ?? list, headers: headers).status
            }
            func code(_ message: JSON, _ headers: [String: String] = [:], _ expected: Int = 400) async throws -> Int? {
                try await modern.send(message, headers: headers).expect(expected)["error"]?["code"]?.intValue
            }
            try await expectEqual(status([:]), 200)
            // Host, origin, token.
            try await expectEqual(status(["Host": "evil.example"]), 421)
            try await expectEqual(status(["Origin": "https://evil.example"]), 403)
            try await expectEqual(status(["Origin": "https://evil.example", "Authorization": "Bearer jb_no"]), 403)
            try await expectEqual(status(["Origin": "http://bot.example"]), 200)
            let anybody = try await MCPTester(caller: harness.anybody).send(list)
            #expect(anybody.status == 401 && anybody.headers["www-authenticate"]?.hasPrefix("Bearer") == true)
            try await expectEqual(status([:], as: MCPTester(caller: try await harness.signedIn())), 401)
            // The message.
            try await expectEqual(status(["Content-Type": "text/plain"]), 415)
            let json = ["Content-Type": "application/json"]
            for (text, expected) in [("{", -32_700), ("[]", -32_700), ("[\(list.text)]", -32_700), ("{}", -32_700)] {
                let headers = modern.caller.headers.merged(with: json)
                let answer = try await modern.caller.send(.post, "/mcp", body: Array(text.utf8), headers: headers)
                expectEqual(answer.status, 400, text)
                expectEqual(answer.json["error"]?["code"]?.intValue, expected, text)
                expectEqual(answer.json["id"], .null, text)
            }
            try await expectEqual(
                code(["jsonrpc": "2.0", "id": .null, "method": "ping"], ["Mcp-Method": "ping"]), -32_600)
            // The revision, and headers that say what the body says.
            let unknown = try await modern.send(list, headers: ["MCP-Protocol-Version": "2099-01-01"]).expect(400)
            expectEqual(unknown["error"]?["code"], -32_022)
            expectEqual(unknown["error"]?["data"]?["supported"]?[0], "2026-07-28")
            expectEqual(unknown["error"]?["data"]?["requested"], "2099-01-01")
            try await expectEqual(code(list, ["MCP-Protocol-Version": "2025-11-25"]), -32_020)
            try await expectEqual(code(list, ["Mcp-Method": "tools/call"]), -32_020)
            let call = modern.message("tools/call", ["name": "threads_list"])
            try await expectEqual(code(call, ["Mcp-Name": "asks_list"]), -32_020)
            try await expectEqual(status(["Mcp-Name": "=?base64?dGhyZWFkc19saXN0?="], call), 200)
            let legacy = MCPTester(caller: modern.caller, isModern: false)
            try await expectEqual(code(legacy.message("tools/list"), ["MCP-Protocol-Version": "2026-07-28"]), -32_020)
            let bare: JSON = ["_meta": ["io.modelcontextprotocol/protocolVersion": "2026-07-28"]]
            let lacking: JSON = ["jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": bare]
            try await expectEqual(code(lacking), -32_602)
            // Methods and names.
            try await expectEqual(code(modern.message("ping"), [:], 404), -32_601)
            try await expectEqual(code(modern.message("tools/call", ["name": "nonsense"]), [:], 200), -32_602)
            let old = try await legacy.send(legacy.message("nonsense")).expect(200)
            expectEqual(old["error"]?["code"], -32_601)
            try await expectEqual(legacy.result("ping"), [:])
        }
    }

    @Test("only POST is taken, notifications have no answer, and nobody is sent to a sign-in")
    func methods() async throws {
        try await GatewayHarness.run { harness in
            let client = MCPTester(caller: try await harness.token(.read), isModern: false)
            for method in [HTTPMethod.get, .delete, .put] {
                let answer = try await client.caller.send(method, "/mcp")
                #expect(answer.status == 405 && answer.headers["allow"] == "POST")
            }
            let accepted = try await client.send(["jsonrpc": "2.0", "method": "notifications/initialized"])
            #expect(accepted.status == 202 && accepted.body.isEmpty && accepted.headers["mcp-session-id"] == nil)
            let stray = try await client.send(["jsonrpc": "2.0", "id": "jb-1", "result": [:]])
            expectEqual(stray.status, 202)
            for path in [
                "/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp",
                "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration", "/register",
            ] {
                let answer = try await harness.anybody.send(.get, path)
                #expect(answer.status == 404 && answer.json["status"] == 404, "\(path)")
            }
        }
    }

    @Test("both eras begin as they should")
    func beginning() async throws {
        try await GatewayHarness.run { harness in
            let modern = MCPTester(caller: try await harness.token(.read))
            let found = try await modern.result("server/discover")
            expectEqual(found["resultType"], "complete")
            expectEqual(found["supportedVersions"]?[0], "2026-07-28")
            expectEqual(found["_meta"]?["io.modelcontextprotocol/serverInfo"]?["name"], "jetbridge")
            #expect(found["ttlMs"] == 60_000 && found["cacheScope"] == "private")
            let legacy = MCPTester(caller: modern.caller, isModern: false)
            for (asked, agreed) in [
                ("2025-06-18", "2025-06-18"), ("2024-11-05", "2024-11-05"), ("2026-07-28", "2025-11-25"),
                ("x", "2025-11-25"),
            ] {
                let result = try await legacy.result(
                    "initialize", ["protocolVersion": .string(asked), "capabilities": [:]])
                expectEqual(result["protocolVersion"], .string(agreed))
                #expect(result["resultType"] == nil && result["_meta"] == nil && result["ttlMs"] == nil)
            }
            try await expectEqual(legacy.tools(), modern.tools())
        }
    }

    @Test("a client that reports progress gets a stream, and one that takes none gets JSON")
    func streams() async throws {
        let worker = StepWorker([.hold], [.hold])
        try await GatewayHarness.run(worker: worker) { harness in
            var client = MCPTester(caller: try await harness.token(.chat))
            client.progressToken = "p1"
            let arguments: JSON = ["text": "go", "wait_seconds": 1]
            let call = client.message("tools/call", ["name": "thread_post", "arguments": arguments], id: "x")
            let plain = try await client.send(call, headers: ["Accept": "application/json"]).expect(200)
            #expect(plain["result"]?["content"]?[0]?["text"]?.stringValue?.contains(": running") == true)
            let streamed = try await client.send(call)
            #expect(
                streamed.headers["content-type"] == "text/event-stream" && streamed.headers["x-accel-buffering"] == "no"
            )
            let events = streamed.text.split(separator: "\n").filter { $0.hasPrefix("data: ") }
                .compactMap { try? JSON.parse(Array($0.dropFirst(6).utf8)) }
            #expect(events.first?["method"] == "notifications/progress")
            #expect(events.first?["params"]?["progressToken"] == "p1")
            #expect(events.last?["id"] == "x" && events.last?["result"]?["isError"] == false)
            for _ in 0..<2 { worker.release() }
        }
    }
}

extension HTTPHeaders {
    fileprivate func merged(with others: [String: String]) -> HTTPHeaders {
        var headers = self
        for (name, value) in others { headers[name] = value }
        return headers
    }
}
