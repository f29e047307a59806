import Chat
import HTTP
import JSON
import TestSupport
import Testing

@testable import Gateway

/// Asks over the Model Context Protocol: the person at the client decides, and nobody else.
@Suite("Asks over the Model Context Protocol", .timeLimit(.minutes(1)))
struct MCPAskTests {
    private static func request(_ approver: ApprovalRequest.Approver) -> ApprovalRequest {
        ApprovalRequest(action: .run, subject: "make test", directory: "/workspace", tool: "run", approver: approver)
    }

    private static func run(_ body: (GatewayHarness, MCPTester) async throws -> Void) async throws {
        try await GatewayHarness.run(worker: StepWorker([.approval(Self.request(.ownersOnly))])) { harness in
            let member = try await harness.signedIn(.member, name: "bob")
            let thread = try await member.newThread()
            let operation = try await member.write("go", to: thread)
            try await eventually("the thread has an open ask") {
                try await member.send(.get, "/api/v1/threads/\(thread)/asks").expect(200)["items"]?[0] != nil
            }
            var owner = MCPTester(caller: try await harness.token(.run))
            owner.capabilities = ["elicitation": ["form": [:]]]
            try await body(harness, owner)
            _ = try await member.send(.post, "/api/v1/operations/\(operation)/stop", json: [:])
            _ = try await member.ended(operation)
        }
    }

    private static func repeated(
        _ client: MCPTester, _ first: JSON, _ response: JSON, ask: String = "a1"
    ) async throws -> JSON {
        try await client.send(
            client.message(
                "tools/call",
                [
                    "name": "ask_answer", "arguments": ["ask_id": .string(ask)],
                    "requestState": first["requestState"] ?? .null, "inputResponses": ["decision": response],
                ])
        ).expect(200)
    }

    @Test("a client of today gets a form, and what its person enters decides once")
    func modern() async throws {
        try await Self.run { harness, owner in
            #expect(try await owner.text("asks_list").contains("`a1` approval in “go”, asked by bob: "))
            let first = try await owner.call("ask_answer", ["ask_id": "a1"])
            expectEqual(first["resultType"], "input_required")
            let form = first["inputRequests"]?["decision"]
            expectEqual(form?["method"], "elicitation/create")
            #expect(form?["params"]?["message"]?.stringValue?.contains("make test") == true)
            let answer = form?["params"]?["requestedSchema"]?["properties"]?["answer"]
            expectEqual(answer?["enum"], ["A", "B", "C"])

            let declined = try await Self.repeated(owner, first, ["action": "decline"])
            #expect(declined["result"]?["content"]?[0]?["text"]?.stringValue?.contains("stays open") == true)
            // Another token, another state, and ten minutes later.
            var other = MCPTester(caller: try await harness.token(.chat))
            other.capabilities = owner.capabilities
            let yes: JSON = ["action": "accept", "content": ["answer": "A"]]
            try await expectEqual(Self.repeated(other, first, yes)["error"]?["code"], -32_602)
            try await expectEqual(Self.repeated(owner, ["requestState": "x"], yes)["error"]?["code"], -32_602)
            harness.advance(by: 600_001)
            try await expectEqual(Self.repeated(owner, first, yes)["error"]?["code"], -32_602)

            let again = try await owner.call("ask_answer", ["ask_id": "a1"])
            let decided = try await Self.repeated(owner, again, yes)
            #expect(
                decided["result"]?["content"]?[0]?["text"]?.stringValue?.hasPrefix("`a1`: Approved by test") == true)
            #expect(try await owner.refusal("ask_answer", ["ask_id": "a1"]).hasPrefix("There is no open ask `a1`"))
        }
    }

    @Test("a state is good for its own ask only, and for its arguments as they were")
    func states() async throws {
        let worker = StepWorker([.approval(Self.request(.ownersOnly))], [.approval(Self.request(.ownersOnly))])
        try await GatewayHarness.run(worker: worker) { harness in
            let member = try await harness.signedIn(.member, name: "bob")
            var operations: [String] = []
            for _ in 0..<2 { operations.append(try await member.write("go", to: try await member.newThread())) }
            var owner = MCPTester(caller: try await harness.token(.run))
            owner.capabilities = ["elicitation": ["form": [:]]]
            try await eventually("both wait") {
                try await owner.caller.send(.get, "/api/v1/asks").expect(200)["items"]?.arrayValue?.count == 2
            }
            let yes: JSON = ["action": "accept", "content": ["answer": "A"]]
            let first = try await owner.call("ask_answer", ["ask_id": "a1"])
            try await expectEqual(Self.repeated(owner, first, yes, ask: "a2")["error"]?["code"], -32_602)
            try await expectEqual(
                owner.caller.send(.get, "/api/v1/asks").expect(200)["items"]?.arrayValue?.count, 2)
            for operation in operations {
                _ = try await member.send(.post, "/api/v1/operations/\(operation)/stop", json: [:])
                _ = try await member.ended(operation)
            }
        }
    }

    @Test("a client without forms gets the link")
    func link() async throws {
        try await Self.run { _, owner in
            var plain = owner
            plain.capabilities = [:]
            let text = try await plain.refusal("ask_answer", ["ask_id": "a1"])
            #expect(text.hasPrefix("This client shows no forms") && text.contains("http://bot.example/#/t/t_"))
            plain.isModern = false
            try await expectEqual(plain.refusal("ask_answer", ["ask_id": "a1"]), text)
        }
    }

    @Test("an older client is asked on the call's stream, and its answer comes as a request of its own")
    func legacy() async throws {
        try await Self.run { harness, owner in
            var client = owner
            client.isModern = false
            _ = try await client.result(
                "initialize", ["protocolVersion": "2025-11-25", "capabilities": ["elicitation": [:]]])
            let questions = client.caller.gateway.context.mcp.questions
            let call = client.message("tools/call", ["name": "ask_answer", "arguments": ["ask_id": "a1"]], id: 7)
            async let streamed = client.send(call)
            var id: String?
            try await eventually("the client is asked") {
                id = questions.openIDs.first
                return id != nil
            }
            let yes: JSON = [
                "jsonrpc": "2.0", "id": .string(try #require(id)),
                "result": ["action": "accept", "content": ["answer": "A", "text": "fine"]],
            ]
            // Somebody else's answer to it counts for nothing.
            let other = MCPTester(caller: try await harness.token(.chat), isModern: false)
            try await expectEqual(other.send(yes).status, 202)
            expectEqual(questions.openIDs, [id].compactMap(\.self))
            try await expectEqual(client.send(yes).status, 202)
            let events = try await streamed.text.split(separator: "\n").filter { $0.hasPrefix("data: ") }
                .compactMap { try? JSON.parse(Array($0.dropFirst(6).utf8)) }
            #expect(events.first?["method"] == "elicitation/create" && events.first?["id"]?.stringValue == id)
            #expect(events.last?["id"] == 7)
            let text = events.last?["result"]?["content"]?[0]?["text"]?.stringValue ?? ""
            #expect(text.hasPrefix("`a1`: Approved by test"))
        }
    }

    @Test("what a message through a client has caused is decided elsewhere")
    func own() async throws {
        try await GatewayHarness.run(worker: StepWorker([.approval(Self.request(.requester))])) { harness in
            var owner = MCPTester(caller: try await harness.token(.chat))
            owner.capabilities = ["elicitation": [:]]
            let posted = try await owner.text("thread_post", ["text": "go"])
            #expect(posted.contains("It waits for a decision, `a1`"))
            let text = try await owner.refusal("ask_answer", ["ask_id": "a1"])
            #expect(text.hasPrefix("Ask `a1` is decided by a person in its conversation, not here"))
            // Nor do its words decide, whatever they are.
            let thread = try #require(posted.firstMatch(of: /#\/t\/(t_[0-9a-f]+)/)?.output.1)
            for words in ["/approve a1", "/approve", "A", "yes", "/deny a1 no"] {
                _ = try await owner.text(
                    "thread_post", ["text": .string(words), "thread_id": .string(String(thread)), "wait_seconds": 0])
                let open = try await owner.caller.send(.get, "/api/v1/threads/\(thread)/asks").expect(200)
                expectEqual(open["items"]?.arrayValue?.count, 1, words)
            }
            let forced = try await owner.caller.send(
                .post, "/api/v1/asks/a1", json: ["answer": "A"], headers: [MCPCall.header: MCPCall.via])
            expectEqual(forced.status, 403)
            try await expectEqual(owner.caller.send(.post, "/api/v1/asks/a1", json: ["answer": "A"]).status, 200)
        }
    }
}
