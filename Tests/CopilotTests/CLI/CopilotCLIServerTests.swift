import EventLoop
import JSON
import Models
import Primitives
import TestSupport
import Testing

@testable import Copilot

@Net
@Suite("The Copilot CLI in server mode", .timeLimit(.minutes(1)))
struct CopilotCLIServerTests {
    private let cli = ScriptedCopilotCLI()
    private let log = CapturedLog()

    private func server() -> CopilotCLIServer { CopilotCLIServer(on: self.cli, logger: self.log.logger) }

    private func ready() async throws -> CopilotCLIServer {
        let server = self.server()
        try await server.start(within: .seconds(30))
        return server
    }

    /// The error of a start that must fail.
    private func failedStart() async throws -> ModelError {
        let server = self.server()
        let error = await #expect(throws: ModelError.self) { try await server.start(within: .seconds(30)) }
        #expect(self.cli.wasKilled && !server.isReady)
        return try #require(error)
    }

    @Test("it greets once, and accepts the supported version")
    func greeting() async throws {
        let server = try await self.ready()
        try await server.start(within: .seconds(30))
        #expect(server.version == "9.9.9" && server.isReady)
        expectEqual(self.cli.calls.map(\.method), ["connect"])
        await server.end(patience: .zero)
    }

    @Test("an old version is greeted by ping")
    func ping() async throws {
        self.cli.greeting = .failure(JSONRPCError(code: -32601, message: "no such method"))
        self.cli.pong = ["protocolVersion": 3]
        let server = try await self.ready()
        expectEqual(server.version, "unknown")
        expectEqual(self.cli.calls.map(\.method), ["connect", "ping"])
        await server.end(patience: .zero)
    }

    @Test(
        "another version, or none, is refused, and the error says what to do",
        arguments: [
            (JSON.integer(2), "copilot update"), (.integer(4), "newer Jetbridge"), (.null, "copilot update"),
            ("3", "copilot update"),
        ])
    func versions(version: JSON, remedy: String) async throws {
        self.cli.greeting = .success(["protocolVersion": version, "version": "1.2.3"])
        let error = try await self.failedStart()
        expectEqual(error.code, .invalidResponse)
        #expect(error.message.contains("1.2.3") && error.message.contains(remedy))
    }

    @Test("a refused greeting is reported")
    func refusedGreeting() async throws {
        self.cli.greeting = .failure(JSONRPCError(code: -32001, message: "token needed"))
        #expect(try await self.failedStart().message.contains("token needed"))
    }

    @Test("a CLI that ends before it greets is reported with its last words")
    func earlyEnd() async throws {
        self.cli.deaf = ["connect"]
        self.cli.onCall = { cli, _, _ in cli.die() }
        #expect(try await self.failedStart().message.contains("last words"))
    }

    @Test("answers find their calls in any order; one without a call is only logged")
    func answers() async throws {
        let server = try await self.ready()
        self.cli.deaf = ["a", "b"]
        var ids: [JSON] = []
        var answered: [Result<JSON, JSONRPCError>] = []
        for method in ["a", "b"] {
            server.call(method) { answered.append($0) }
            ids.append(try #require(self.cli.lastID))
        }
        let error = JSONRPCError(code: -1, message: "no")
        self.cli.send(JSONRPCMessage.answer(to: ids[1], "B"))
        self.cli.send(JSONRPCMessage.refusal(of: ids[0], error))
        let odd = [
            JSONRPCMessage.answer(to: ids[1], "B"), JSONRPCMessage.answer(to: 99, .null),
            JSONRPCMessage.refusal(of: .null, error),
        ]
        for message in odd { self.cli.send(message) }
        _ = try await server.request("status.get", within: .seconds(30))
        expectEqual(answered, [.success("B"), .failure(error)])
        expectEqual(self.log.records("the Copilot CLI violated its protocol").count, odd.count)
        await server.end(patience: .zero)
    }

    @Test("a request of the CLI with the same number as ours is not its answer")
    func collision() async throws {
        let server = try await self.ready()
        self.cli.deaf = ["session.send"]
        var answered: [Result<JSON, JSONRPCError>] = []
        server.call("session.send") { answered.append($0) }
        let number = try #require(self.cli.lastID)
        self.cli.send(["jsonrpc": "2.0", "id": number, "method": "hooks.invoke", "params": [:]])
        _ = try await server.request("status.get", within: .seconds(30))
        #expect(answered.isEmpty)
        let reply = try #require(self.cli.replies.first)
        #expect(reply["id"] == number && reply["error"]?["code"] == -32601)
        self.cli.send(JSONRPCMessage.answer(to: number, [:]))
        _ = try await server.request("status.get", within: .seconds(30))
        expectEqual(answered, [.success([:])])
        await server.end(patience: .zero)
    }

    @Test("events go to their session while it is open; an invalid one is only logged")
    func events() async throws {
        let server = try await self.ready()
        var events: [JSON] = []
        server.open("jb-1") { if case .event(let event, _) = $0 { events.append(event["type"] ?? .null) } }
        self.cli.event("session.idle")
        self.cli.send(["jsonrpc": "2.0", "method": "session.lifecycle", "params": [:]])
        self.cli.send([
            "jsonrpc": "2.0", "method": "session.event", "params": ["sessionId": "jb-2", "event": ["type": "x"]],
        ])
        self.cli.send(["jsonrpc": "2.0", "method": "session.event", "params": [:]])
        _ = try await server.request("status.get", within: .seconds(30))
        server.close("jb-1")
        self.cli.event("session.idle")
        _ = try await server.request("status.get", within: .seconds(30))
        expectEqual(events, ["session.idle"])
        expectEqual(self.log.records("the Copilot CLI violated its protocol").count, 1)
        await server.end(patience: .zero)
    }

    @Test("the loop serves others while a large message is parsed, and the message keeps its place")
    func large() async throws {
        let server = try await self.ready()
        let order = Protected<[String]>([])
        server.open("jb-1") {
            guard case .event(let event, _) = $0, let type = event["type"]?.stringValue else { return }
            order.withLock { $0.append(type) }
            if type == "first" { Task { @Net in order.withLock { $0.append("other") } } }
        }
        self.cli.event("first")
        self.cli.event("large", ["text": .string(String(repeating: "x", count: 64 * 1024))])
        self.cli.event("last")
        _ = try await server.request("status.get", within: .seconds(30))
        expectEqual(order.withLock { $0 }, ["first", "other", "large", "last"])
        self.cli.send(body: Array(repeating: UInt8(ascii: "["), count: 64 * 1024))
        await server.waitForEnd()
        #expect(self.cli.wasKilled && server.isEnded)
    }

    @Test("a session learns of the end, whenever it was opened, and a request fails")
    func end() async throws {
        let server = try await self.ready()
        var ended: [String] = []
        server.open("jb-1") { if case .ended(let error) = $0 { ended.append(error.message) } }
        self.cli.die()
        await server.waitForEnd()
        server.open("jb-2") { if case .ended(let error) = $0 { ended.append(error.message) } }
        #expect(ended.count == 2 && ended.allSatisfy { $0.contains("last words") })
        await #expect(throws: ModelError.self) { _ = try await server.request("status.get", within: .seconds(30)) }
        #expect(self.cli.wasEnded)
    }

    @Test("what is not a message ends the CLI", arguments: ["[]", "{\"jsonrpc\":\"2.0\"}", "not JSON"])
    func garbage(body: String) async throws {
        let server = try await self.ready()
        self.cli.send(body: Array(body.utf8))
        await server.waitForEnd()
        #expect(self.cli.wasKilled && server.isEnded)
    }

    @Test(
        "questions to a person are declined",
        arguments: ["userInput.request", "elicitation.request", "permission.request"])
    func questions(method: String) async throws {
        let server = try await self.ready()
        self.cli.send(["jsonrpc": "2.0", "id": 5, "method": .string(method), "params": [:]])
        _ = try await server.request("status.get", within: .seconds(30))
        let message = try #require(self.cli.replies.first)
        #expect(message["id"] == 5 && message["error"] == nil && message["result"] != nil)
        await server.end(patience: .zero)
    }
}
