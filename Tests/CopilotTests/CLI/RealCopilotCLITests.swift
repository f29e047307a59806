import Copilot
import EventLoop
import Glibc
import JSON
import Models
import Primitives
import TestSupport
import Testing

/// GitHub's own binary, offline, with your own key and a loopback endpoint.
@Suite(
    "The real Copilot CLI with your own key", .serialized, .timeLimit(.minutes(2)),
    .enabled(if: !RealCopilotCLI.isSkipped))
struct RealCopilotCLITests {
    private let cli: RealCopilotCLI

    init() throws {
        self.cli = try RealCopilotCLI()
    }

    /// Runs `body` with a server, and a client of the real program that uses it.
    private func withBench(
        change: (inout CopilotCLISettings) -> Void = { _ in },
        _ body: (CopilotCLIBench, LoopbackModelServer) async throws -> Void
    ) async throws {
        let server = try await LoopbackModelServer.started()
        let bench = try CopilotCLIBench(
            executable: self.cli.executable, cache: self.cli.cache, baseURL: server.baseURL,
            change: change)
        do {
            try await body(bench, server)
        } catch {
            await bench.client.stop()
            await server.stop()
            throw error
        }
        await bench.client.stop()
        await server.stop()
    }

    @Test("an answer is streamed completely and counted, without the CLI's own prompt")
    func answer() async throws {
        try await self.withBench { bench, server in
            server.enqueue(.answer("One two three four five six seven.", rate: 20, chunkLength: 6))
            let answer = await bench.ask("Say something.")
            #expect(answer.error == nil)
            expectEqual(answer.text, "One two three four five six seven.")
            #expect(answer.events.filter { if case .delta = $0 { true } else { false } }.count > 3)
            expectEqual(answer.finish, .stop)
            #expect((answer.usage?.output ?? 0) > 0)
            let request = try #require(server.requests.first)
            expectEqual(request.messages.map(\.role), ["system", "user"])
            expectEqual(request.messages.first?.text, "Be brief.")
            #expect(request.question.hasSuffix("Say something."))
            expectEqual(request.key, "sk-planted-own-key")
            #expect(request.body.count < 2000)
        }
    }

    @Test("the history is ours, and nothing of a session remains in the CLI's home")
    func history() async throws {
        try await self.withBench { bench, server in
            let request = ModelRequest(messages: [
                ModelMessage(.system, "Be brief."), ModelMessage(.user, "My name is \"Ada\"."),
                ModelMessage(.assistant, "Hello Ada."), ModelMessage(.user, "What is my name?"),
            ])
            #expect(await bench.ask(request).error == nil)
            let question = try #require(server.requests.first?.question)
            #expect(question.contains(#"{"role":"user","content":"My name is \"Ada\"."}"#))
            #expect(question.contains(#"{"role":"assistant","content":"Hello Ada."}"#))
            #expect(question.hasSuffix("The message to answer now:\nWhat is my name?"))
            let home = try #require(bench.records("process started").first?["home"]?.stringValue)
            let shell = RealGit(home)
            // Deletion continues for a moment after the answer.
            var left = "?"
            for _ in 0..<100 where left != "" {
                left = (try? shell.shell("ls copilot/session-state 2>/dev/null || true")) ?? ""
                try await EventLoop.shared.sleep(for: .milliseconds(20))
            }
            expectEqual(left, "")
        }
    }

    @Test("simultaneous requests on one process get their own answers")
    func parallel() async throws {
        try await self.withBench { bench, server in
            let texts = await withTaskGroup(of: String.self) { group in
                for number in 0..<8 { group.addTask { await bench.ask("number \(number)", model: "echo").text } }
                return await group.reduce(into: [String]()) { $0.append($1) }
            }
            for number in 0..<8 {
                expectEqual(texts.filter { $0.hasPrefix("You said:") && $0.hasSuffix("number \(number)") }.count, 1)
            }
            expectEqual(bench.records("process started").count, 1)
        }
    }

    @Test(
        "stop ends the answer, the process and its children within a second",
        arguments: [ModelBehavior.stall(after: "This answer stops"), .answer(ModelBehavior.longText, rate: 20)])
    func stop(behavior: ModelBehavior) async throws {
        try await self.withBench { bench, server in
            server.enqueue(behavior)
            let (task, pid) = try await self.untilFirstWord(bench)
            let started = ContinuousClock.now
            task.cancel()
            while !ProcessTable.members(ofGroup: pid).isEmpty || server.answersUnderWay > 0 {
                try await EventLoop.shared.sleep(for: .milliseconds(5))
                try #require(started.duration(to: .now) < .seconds(1))
            }
            await expectEqual(bench.ask("And now?").text, "This is an instant answer.")
            expectEqual(bench.records("session ended").first?["outcome"], "stopped")
        }
    }

    @Test(
        "a silent endpoint times out at the limit, and the next question is answered",
        arguments: [true, false])
    func silence(hasWords: Bool) async throws {
        // The CLI may take seconds to begin on a busy machine.
        try await self.withBench(change: { $0.idleTimeout = .seconds(6) }) { bench, server in
            server.enqueue(hasWords ? .stall(after: "This answer stops") : .silence)
            let answer = await bench.ask("Well?")
            expectEqual(answer.failure?.code, .timedOut)
            expectEqual(answer.text, hasWords ? "This answer stops" : "")
            await expectEqual(bench.ask("And now?").text, "This is an instant answer.")
        }
    }

    @Test("a restarted answer with the same text continues where it was")
    func sameRestart() async throws {
        try await self.withBench { bench, server in
            server.enqueue(.drop(after: "This answer"), .answer("This answer is whole."))
            let answer = await bench.ask("Well?")
            #expect(answer.error == nil)
            expectEqual(answer.text, "This answer is whole.")
            expectEqual(server.requests.count, 2)
        }
    }

    @Test("a restarted answer with different text is interrupted, and nothing is shown twice")
    func otherRestart() async throws {
        try await self.withBench { bench, server in
            server.enqueue(.drop(after: "This answer"), .answer("Another answer altogether."))
            let answer = await bench.ask("Well?")
            expectEqual(answer.failure?.code, .interrupted)
            expectEqual(answer.text, "This answer")
            await expectEqual(bench.ask("And now?").text, "This is an instant answer.")
        }
    }

    @Test("an answer that the content filter removed is reported and not shown as an answer")
    func contentFilter() async throws {
        try await self.withBench { bench, server in
            server.enqueue(.finish("", reason: "content_filter"))
            let answer = await bench.ask("Well?")
            expectEqual(answer.text, "")
            expectEqual(answer.finish, .contentFilter)
        }
    }

    @Test("an answer that is truncated at the output limit is continued, and reported if it stays truncated")
    func length() async throws {
        try await self.withBench { bench, server in
            server.enqueue(
                .finish("One, ", reason: "length"), .finish("two, ", reason: "length"),
                .finish("three", reason: "length"))
            let answer = await bench.ask("Count.")
            expectEqual(answer.text, "One, two, three")
            expectEqual(answer.finish, .length)
        }
    }

    @Test("a refused key, a forbidden model and a missing one are reported with what to do")
    func refusals() async throws {
        try await self.withBench { bench, server in
            let key = await bench.ask("Well?", model: "401")
            expectEqual(key.failure?.code, .unauthorized)
            expectEqual(key.failure?.message.contains("model.api_key"), true)
            server.enqueue(.refusal(status: 403, code: "forbidden", message: "not for you"))
            let forbidden = await bench.ask("Well?")
            expectEqual(
                forbidden.failure?.message.contains("does not allow its key to use instant (403): “not for you”"), true,
                "\(forbidden.failure?.message ?? "nothing")")
            server.enqueue(.refusal(status: 404, code: "none", message: "no such thing"))
            let missing = await bench.ask("Well?")
            expectEqual(missing.failure?.code, .unknownModel)
            expectEqual(
                missing.failure?.message.contains("no chat API at this address (404): “no such thing”"), true,
                "\(missing.failure?.message ?? "nothing")")
        }
    }

    @Test("a process that is killed in the middle of an answer interrupts it; the next question is answered")
    func killed() async throws {
        try await self.withBench { bench, server in
            server.enqueue(.stall(after: "This answer stops"))
            let (task, pid) = try await self.untilFirstWord(bench)
            kill(-pid, SIGKILL)
            let error = await #expect(throws: ModelError.self) { try await task.value }
            expectEqual(error?.code, .interrupted)
            await expectEqual(bench.ask("And now?").text, "This is an instant answer.")
        }
    }

    @Test("the key is in no argument, environment or log, and homes are left empty")
    func secrets() async throws {
        try await self.withBench { bench, server in
            server.enqueue(.stall(after: "This answer stops"))
            let (task, pid) = try await self.untilFirstWord(bench)
            for process in [pid] + ProcessTable.descendants(of: pid) {
                let texts = ProcessTable.arguments(of: process) + ProcessTable.environment(of: process)
                #expect(!texts.contains { $0.contains("sk-planted-own-key") })
            }
            let environment = ProcessTable.environment(of: pid)
            #expect(environment.contains { $0.hasPrefix("HOME=\(bench.folder.path)/cli/0/") })
            #expect(environment.contains("COPILOT_AUTO_UPDATE=false"))
            task.cancel()
            _ = try? await task.value
            await bench.client.stop()
            #expect(!bench.log.contains("sk-planted-own-key") && !bench.log.contains("This answer"))
            try expectEqual(RealGit("\(bench.folder.path)/cli/0").shell("ls -A"), "lock")
        }
    }

    /// A request whose first words have arrived, and its process.
    private func untilFirstWord(_ bench: CopilotCLIBench) async throws -> (Task<Void, any Error>, Int32) {
        let first = Protected(false)
        let task = Task {
            defer { first.withLock { $0 = true } }  // Ends the wait for text after a failure.
            for try await event in bench.client.stream(bench.request("Well?")) {
                if case .delta = event { first.withLock { $0 = true } }
            }
        }
        while !first.withLock({ $0 }) { try await EventLoop.shared.sleep(for: .milliseconds(5)) }
        return (task, try #require(await bench.client.pool.processIDs.first))
    }
}
