import Chat
import HTTP
import JSON
import TestSupport
import Testing
import WebSockets

@testable import Gateway

@Suite("The live WebSocket", .timeLimit(.minutes(1)))
struct LiveSocketTests {
    @Test("a cookie or a token opens it, and frames arrive as they are made")
    func frames() async throws {
        let worker = StepWorker([.event(.text("a")), .hold, .event(.text("b"))])
        try await GatewayHarness.run(worker: worker) { harness in
            let (browser, program) = (try await harness.signedIn(), try await harness.token(.chat))
            let operation = try await browser.write("go", to: try await browser.newThread())
            let client = WebSocketClient()
            let first = try await client.connect(to: harness, as: browser)
            let second = try await client.connect(to: harness, as: program)
            for socket in [first, second] {
                try await socket.send(#"{"subscribe":"\#(operation)","last_sequence":0}"#)
                let frame = try await socket.frame()
                expectEqual(frame["type"], "execution")
                expectEqual(frame["content"], "a")
                expectEqual(frame["sequence"], 1)
                expectEqual(frame["id"]?.stringValue?.isEmpty, false)
                expectEqual(frame["timestamp"], "2023-11-14T22:13:20.000Z")
            }
            // A pause of the answer, in which a client asks more often than it may subscribe.
            for number in 1...300 {
                try await second.send(#"{"ping":\#(number)}"#)
                try await expectEqual(second.frame(), ["pong": .integer(Int64(number))])
            }
            await first.close()
            worker.release()
            try await expectEqual(second.frame()["content"], "b")
            let last = try await second.frame()
            expectEqual(last["type"], "complete")
            expectEqual(last["content"], "ab")
            expectEqual(last["sequence"], 3)
            // A client that reconnects gets the frames it missed.
            let again = try await client.connect(to: harness, as: browser)
            try await again.send(#"{"subscribe":"\#(operation)","last_sequence":1}"#)
            try await expectEqual(again.frame()["sequence"], 2)
            try await expectEqual(again.frame()["type"], "complete")
            await client.stop()
        }
    }

    @Test("the asks that wait for a person are pushed when they change, and only to whom may answer them")
    func asks() async throws {
        let request = ApprovalRequest(
            action: .run, subject: "make test", directory: "/workspace", tool: "run", approver: .ownersOnly)
        let worker = StepWorker([.approval(request)])
        try await GatewayHarness.run(worker: worker) { harness in
            let (owner, member) = (try await harness.signedIn(.owner), try await harness.signedIn(.member))
            let client = WebSocketClient()
            let socket = try await client.connect(to: harness, as: owner)
            let other = try await client.connect(to: harness, as: member)
            for socket in [socket, other] {
                try await socket.send(#"{"subscribe_asks":true}"#)
                try await expectEqual(socket.frame(), ["asks": [], "mentions": []])
            }
            let operation = try await member.write("go", to: try await member.newThread())
            try await expectEqual(socket.frame(), ["asks": ["a1"], "mentions": []])
            _ = try await owner.send(.post, "/api/v1/asks/a1", json: ["answer": "A"]).expect(200)
            try await expectEqual(socket.frame(), ["asks": [], "mentions": []])
            _ = try await member.ended(operation)
            // The member's connection has got nothing in between.
            try await other.send(#"{"subscribe":"\#(operation)","last_sequence":0}"#)
            try await expectEqual(other.frame()["operation_id"]?.stringValue, operation)
            await client.stop()
        }
    }

    @Test("a connection follows all asks, and all that changes, once", arguments: ["subscribe_asks", "subscribe_all"])
    func once(_ command: String) async throws {
        try await GatewayHarness.run { harness in
            let client = WebSocketClient()
            let owner = try await harness.signedIn(.owner)
            let socket = try await client.connect(to: harness, as: owner)
            try await socket.send("{\"\(command)\":true}")
            // The asks, or the number at which the events begin.
            _ = try await socket.frame()
            for _ in 1...3 {
                try await socket.send("{\"\(command)\":true}")
                let refusal = try await socket.frame()
                #expect(refusal["type"] == "error" && refusal["sequence"] == 0)
                expectEqual(refusal["content"]?.stringValue?.contains("has `\(command)` already"), true)
            }
            // Another connection has its own.
            let other = try await client.connect(to: harness, as: owner)
            try await other.send("{\"\(command)\":true}")
            try await expectEqual(other.frame()["type"], nil)
            await client.stop()
        }
    }

    @Test("without a credential, or from another site, the connection is refused")
    func closed() async throws {
        try await GatewayHarness.run { harness in
            let client = WebSocketClient()
            await #expect(throws: WebSocketError.self) {
                _ = try await client.connect(to: harness, as: harness.anybody)
            }
            let foreign = try await harness.signedIn().with("Origin", "https://evil.example")
            await #expect(throws: WebSocketError.self) { _ = try await client.connect(to: harness, as: foreign) }
            await client.stop()
        }
    }

    @Test("a request without a WebSocket handshake gives 426")
    func noHandshake() async throws {
        try await GatewayHarness.run { harness in
            let answer = try await harness.token(.chat).send(.get, "/api/v1/live")
            expectEqual(answer.status, 426)
            expectEqual(answer.headers["content-type"], "application/problem+json")
        }
    }

    @Test("a binary or oversized message closes the connection")
    func misuse() async throws {
        try await GatewayHarness.run { harness in
            let client = WebSocketClient()
            let binary = try await client.connect(to: harness, as: try await harness.token(.chat))
            try await binary.send(.binary([1, 2, 3]))
            try await expectEqual(binary.next(), nil)
            expectEqual(binary.closure?.code, .unsupportedData)
            let large = try await client.connect(to: harness, as: try await harness.token(.read))
            try await large.send(String(repeating: "a", count: 20_000))
            try await expectEqual(large.next(), nil)
            expectEqual(large.closure?.code, .messageTooBig)
            await client.stop()
        }
    }
}

extension WebSocketClient {
    fileprivate func connect(to harness: GatewayHarness, as caller: Caller) async throws -> WebSocket {
        let address = try #require(harness.gateway.boundAddress)
        return try await self.connect(try HTTPURL("ws://\(address)/api/v1/live"), headers: caller.headers)
    }
}

extension WebSocket {
    fileprivate func frame() async throws -> JSON {
        guard case .text(let text) = try await self.next() else { return .null }
        return try JSON.parse(text)
    }
}
