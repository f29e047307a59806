import Copilot
import EventLoop
import JSON
import Logging
import Models
import Primitives
import TestSupport
import Testing

@Suite("A session of the Copilot CLI", .timeLimit(.minutes(1)))
struct CopilotCLISessionTests {
    /// Decides as it is told, and records.
    private final class Host: CopilotCLIHost {
        let groups = Protected<[[CopilotCLIAsk]]>([])
        let events = Protected<[CopilotCLIEvent]>([])
        let decision: @Sendable (CopilotCLIAsk) async throws -> CopilotCLIAsk.Decision
        let onEvent: @Sendable (CopilotCLIEvent) async throws -> Void

        init(
            _ decision: @escaping @Sendable (CopilotCLIAsk) async throws -> CopilotCLIAsk.Decision = { _ in
                .approve
            },
            onEvent: @escaping @Sendable (CopilotCLIEvent) async throws -> Void = { _ in }
        ) {
            self.decision = decision
            self.onEvent = onEvent
        }

        func handle(_ event: CopilotCLIEvent) async throws {
            self.events.withLock { $0.append(event) }
            try await self.onEvent(event)
        }

        func decide(_ asks: [CopilotCLIAsk]) async throws -> [CopilotCLIAsk.Decision] {
            self.groups.withLock { $0.append(asks) }
            var decisions: [CopilotCLIAsk.Decision] = []
            for ask in asks { decisions.append(try await self.decision(ask)) }
            return decisions
        }

        func call(_ call: CopilotCLIToolCall) async throws -> CopilotCLIToolAnswer {
            CopilotCLIToolAnswer(.success, "called \(call.name)")
        }

        /// What people say, each with whether the turn must be about to end.
        let said = Protected<[(words: String, isLast: Bool)]>([])

        func words(isLast: Bool) async -> [String] {
            self.said.withLock { said in
                let heard = said.filter { isLast || !$0.isLast }.map(\.words)
                said.removeAll { isLast || !$0.isLast }
                return heard
            }
        }
    }

    private struct Stopped: Error {}

    @Net private func run(_ cli: ScriptedCopilotCLI, _ host: Host) async throws {
        let session = try await self.session(cli, host)
        try await session.run()
    }

    private static let request = CopilotCLIRequest(
        session: "jb-1", model: "gpt-x", provider: .account(nil), instructions: "", fullPrompt: "Work.",
        purpose: .work(tools: [], excluded: []), directory: "/workspace")

    @Net private func session(
        _ cli: ScriptedCopilotCLI, _ host: Host, _ change: (inout CopilotCLILimits) -> Void = { _ in }
    ) async throws -> CopilotCLISession {
        var limits = CopilotCLILimits(idle: .seconds(30))
        change(&limits)
        let server = CopilotCLIServer(on: cli, logger: .silent)
        try await server.start(within: .seconds(30))
        return CopilotCLISession(Self.request, on: server, limits: limits, host: host, logger: .silent)
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
        try await self.run(cli, host)
        expectEqual(host.groups.withLock { $0.map(\.count) }, [2])
        await expectEqual(cli.decisions, ["r-a approve-once", "r-b reject"])
        #expect(await !cli.wasKilled)
        await expectEqual(cli.calls.last?.method, "session.destroy")
    }

    @Test("an error of the host ends the turn: the session is aborted and stored")
    func hostError() async throws {
        let cli = await self.cli { $0.event("assistant.usage", ["inputTokens": 9, "outputTokens": 1]) }
        let host = Host(onEvent: { if case .usage = $0 { throw Stopped() } })
        await #expect(throws: Stopped.self) { try await self.run(cli, host) }
        await expectEqual(cli.calls.map(\.method).suffix(2), ["session.abort", "session.destroy"])
    }

    @Test("stop ends a turn that waits for people")
    func stop() async throws {
        let cli = await self.cli(questions: 1) { $0.ask("a", "ls") }
        let asked = Signal()
        let host = Host { _ in
            asked.signal()
            try await Task.sleep(for: .seconds(600))
            return .approve
        }
        let session = try await self.session(cli, host)
        let task = Task { try await session.run() }
        await asked.wait()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        await expectEqual(cli.calls.map(\.method).suffix(2), ["session.abort", "session.destroy"])
        await expectEqual(cli.decisions, [])
    }

    @Test("a process that dies in the middle of a call ends the turn with its last words")
    func death() async throws {
        let cli = await self.cli(questions: 2) { cli in
            cli.ask("a", "ls")
            cli.die()
        }
        do {
            try await self.run(cli, Host())
            Issue.record("the turn is complete")
        } catch let error as ModelError {
            #expect(error.code == .interrupted && error.message.contains("last words"))
        }
    }

    @Test("a process that does not answer is killed")
    func hanging() async throws {
        let cli = await self.cli(questions: 2) { $0.ask("a", "ls") }
        await Self.makeDeaf(cli)
        let session = try await self.session(cli, Host()) { limits in
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
        let session = try await self.session(cli, Host()) { limits in
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
        let host = Host()
        let session = try await self.session(cli, host)
        await self.prepareSteering(cli, session, host)
        try await session.run()
        let answer = await cli.calls.first { $0.method == "session.tools.handlePendingToolCall" }
        expectEqual(answer?.parameters["result"]?["textResultForLlm"], "called commit")
        let prompts = await cli.calls.filter { $0.method == "session.send" }.map { $0.parameters["mode"] }
        expectEqual(prompts, ["enqueue", "immediate"])
    }

    @Test("words that come when the CLI is done continue the turn")
    func lastWords() async throws {
        let cli = await self.cli { $0.event("assistant.message", ["messageId": "m", "content": "Done."]) }
        let host = Host()
        host.said.withLock { $0 = [("One more thing.", true)] }
        try await self.run(cli, host)
        let prompts = await cli.calls.filter { $0.method == "session.send" }.map { $0.parameters["prompt"] }
        expectEqual(prompts, ["Work.", "One more thing."])
        expectEqual(host.events.withLock { $0.last }, .complete(.stop))
    }

    @Net private func prepareSteering(_ cli: ScriptedCopilotCLI, _ session: CopilotCLISession, _ host: Host) {
        let before = cli.onCall
        cli.onCall = { cli, method, parameters in
            switch (method, parameters["mode"]) {
            case ("session.tools.handlePendingToolCall", _):
                host.said.withLock { $0 = [("Faster.", false)] }
                session.noticeWords()
            case ("session.send", "immediate"):
                cli.event("user.message")
                cli.event("session.idle")
            default: before?(cli, method, parameters)
            }
        }
    }
}
