import Copilot
import EventLoop
import JSON
import Logging
import Models
import Primitives
import TestSupport
import Testing

@Suite("A session of the Copilot CLI as an agent", .timeLimit(.minutes(1)))
struct CopilotCLIAgentSessionTests {
    /// Decides as it is told, and records.
    private final class Host: CopilotCLIAgentHost {
        let groups = Protected<[[CopilotCLIAsk]]>([])
        let events = Protected<[CopilotCLIAgentEvent]>([])
        let decision: @Sendable (CopilotCLIAsk) async throws -> CopilotCLIPermission.Decision
        let onEvent: @Sendable (CopilotCLIAgentEvent) async throws -> Void

        init(
            _ decision: @escaping @Sendable (CopilotCLIAsk) async throws -> CopilotCLIPermission.Decision = { _ in
                .approve
            },
            onEvent: @escaping @Sendable (CopilotCLIAgentEvent) async throws -> Void = { _ in }
        ) {
            self.decision = decision
            self.onEvent = onEvent
        }

        func handle(_ event: CopilotCLIAgentEvent) async throws {
            self.events.withLock { $0.append(event) }
            try await self.onEvent(event)
        }

        func decide(_ asks: [CopilotCLIAsk]) async throws -> [CopilotCLIPermission.Decision] {
            self.groups.withLock { $0.append(asks) }
            var decisions: [CopilotCLIPermission.Decision] = []
            for ask in asks { decisions.append(try await self.decision(ask)) }
            return decisions
        }

        func call(_ call: CopilotCLIToolCall) async throws -> CopilotCLIToolAnswer {
            CopilotCLIToolAnswer(.success, "called \(call.name)")
        }
    }

    private struct Stopped: Error {}

    private static let request = CopilotCLIAgentRequest(
        session: "jb-1", isResumed: false, model: "gpt-x", provider: .endpoint(baseURL: "http://127.0.0.1:1/v1"),
        instructions: "", prompt: "", fullPrompt: "Work.", directory: "/workspace")

    private func session(
        _ cli: ScriptedCopilotCLI, _ host: Host, _ change: (inout CopilotCLIAgentLimits) -> Void = { _ in }
    ) -> CopilotCLIAgentSession {
        var limits = CopilotCLIAgentLimits(idle: .seconds(30))
        change(&limits)
        return CopilotCLIAgentSession(Self.request, on: cli, limits: limits, host: host, logger: .silent)
    }

    /// Sends `events` when the message arrives, and is idle when all `questions` are answered.
    private func cli(
        questions: Int = 0, _ events: @escaping @Net (ScriptedCopilotCLI) -> Void
    ) async -> ScriptedCopilotCLI {
        let cli = ScriptedCopilotCLI()
        await self.prepare(cli, questions, events)
        return cli
    }

    @Net private func prepare(
        _ cli: ScriptedCopilotCLI, _ questions: Int, _ events: @escaping @Net (ScriptedCopilotCLI) -> Void
    ) {
        cli.onCall = { cli, method, _ in
            switch method {
            case "session.send":
                cli.event("user.message")
                events(cli)
                if questions == 0 { cli.event("session.idle") }
            case "session.permissions.handlePendingPermissionRequest":
                if cli.decisions.count == questions { cli.event("session.idle") }
            case "session.abort": cli.event("session.idle", ["aborted": true])
            default: break
            }
        }
    }

    @Test("calls that the model made together are one question, each with its own answer")
    func batch() async throws {
        let cli = await self.cli(questions: 2) { cli in
            let calls: JSON = [
                ["toolCallId": "a", "name": "bash", "arguments": [:]],
                ["toolCallId": "b", "name": "bash", "arguments": [:]],
            ]
            cli.event("assistant.message", ["content": "", "toolRequests": calls])
            // Calls begin before any of them asks.
            cli.event("tool.execution_start", ["toolCallId": "b", "toolName": "bash", "arguments": [:]])
            cli.ask("a", "ls")
            cli.ask("b", "pwd")
        }
        let host = Host { $0.subject == .command("ls") ? .approve : .reject("No.") }
        try await self.session(cli, host).run()
        #expect(host.groups.withLock { $0.map(\.count) } == [2])
        #expect(await cli.decisions == ["r-a approve-once", "r-b reject"])
        #expect(await cli.wasEnded)
        #expect(await !cli.wasKilled)
    }

    @Test("an error of the host ends the turn: the session is aborted, and the process ends")
    func hostError() async throws {
        let cli = await self.cli { $0.event("assistant.usage", ["inputTokens": 9, "outputTokens": 1]) }
        let host = Host(onEvent: { if case .usage = $0 { throw Stopped() } })
        await #expect(throws: Stopped.self) { try await self.session(cli, host).run() }
        #expect(await cli.calls.contains { $0.method == "session.abort" })
        #expect(await cli.wasEnded)
    }

    @Test("stop ends a turn that waits for people, and the process")
    func stop() async throws {
        let cli = await self.cli(questions: 1) { $0.ask("a", "ls") }
        let asked = Signal()
        let host = Host { _ in
            asked.signal()
            try await Task.sleep(for: .seconds(600))
            return .approve
        }
        let session = self.session(cli, host)
        let task = Task { try await session.run() }
        await asked.wait()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(await cli.wasEnded)
        #expect(await cli.decisions == [])
    }

    @Test("a process that dies in the middle of a call ends the turn with its last words")
    func death() async throws {
        let cli = await self.cli(questions: 2) { cli in
            cli.ask("a", "ls")
            cli.die()
        }
        do {
            try await self.session(cli, Host()).run()
            Issue.record("the turn is complete")
        } catch let error as ModelError {
            #expect(error.code == .interrupted && error.message.contains("last words"))
        }
    }

    @Test("a process that does not answer is killed")
    func hanging() async throws {
        let cli = await self.cli(questions: 2) { $0.ask("a", "ls") }
        await Self.makeDeaf(cli)
        let session = self.session(cli, Host()) { limits in
            (limits.tick, limits.ping, limits.pong) = (.milliseconds(5), .milliseconds(5), .milliseconds(20))
        }
        do {
            try await session.run()
            Issue.record("the turn is complete")
        } catch let error as ModelError {
            #expect(error.code == .timedOut && error.message.contains("hung"))
        }
        #expect(await cli.wasKilled)
    }

    @Test("a model that says nothing ends the turn, though the process answers our pings")
    func silent() async throws {
        let cli = await self.cli(questions: 1) { _ in }
        let session = self.session(cli, Host()) { limits in
            (limits.tick, limits.ping, limits.idle) = (.milliseconds(5), .milliseconds(5), .milliseconds(60))
        }
        let error = await #expect(throws: ModelError.self) { try await session.run() }
        #expect(error?.code == .timedOut && error?.message.contains("hung") == false)
        #expect(await cli.calls.contains { $0.method == "ping" })
    }

    @Net private static func makeDeaf(_ cli: ScriptedCopilotCLI) { cli.deaf = ["ping"] }

    @Test("our own tools are called, and words for the turn are sent at once")
    func ownTools() async throws {
        let cli = await self.cli(questions: 1) { cli in
            cli.event(
                "external_tool.requested",
                ["requestId": "e1", "toolCallId": "c1", "toolName": "commit", "arguments": [:]])
        }
        let session = self.session(cli, Host())
        await self.prepareSteering(cli, session)
        try await session.run()
        let answer = await cli.calls.first { $0.method == "session.tools.handlePendingToolCall" }
        #expect(answer?.parameters["result"]?["textResultForLlm"] == "called commit")
        let prompts = await cli.calls.filter { $0.method == "session.send" }.map { $0.parameters["mode"] }
        #expect(prompts == ["enqueue", "immediate"])
    }

    @Net private func prepareSteering(_ cli: ScriptedCopilotCLI, _ session: CopilotCLIAgentSession) {
        let before = cli.onCall
        cli.onCall = { cli, method, parameters in
            switch (method, parameters["mode"]) {
            case ("session.tools.handlePendingToolCall", _): session.steer("Faster.")
            case ("session.send", "immediate"):
                cli.event("user.message")
                cli.event("session.idle")
            default: before?(cli, method, parameters)
            }
        }
    }
}
