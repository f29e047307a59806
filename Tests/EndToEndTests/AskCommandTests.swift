import JSON
import Processes
import TestSupport
import Testing

/// `asks`, `approve` and `deny`, while a host runs and while none does. A member's command waits in a web thread.
@Suite("Asks on the command line", .serialized, .timeLimit(.minutes(2)))
struct AskCommandTests {
    private struct Scene {
        let model: LoopbackModelServer
        let host: HostProcess
        let member: GatewayClient
        let thread: String

        static func make(_ approvals: String = "{commands: ask}") async throws -> Scene {
            let model = try await LoopbackModelServer.started(behaviors: ["test": .echo])
            let host = try await HostProcess(
                configuration: HostConfiguration.web(model) + "approvals: \(approvals)\n")
            try await host.start()
            let pair = try JSON.parse(try await host.run(["pair", "--role", "member", "--json"]).output)
            let member = try await host.signIn(try #require(pair["code"]?.stringValue))
            return Scene(model: model, host: host, member: member, thread: try await member.newThread())
        }

        /// A command that waits for an approval; returns its operation.
        func ask(_ command: String) async throws -> String {
            let operation = try await self.member.send("/run \(command)", to: self.thread)
            while try await self.member.get("/api/v1/threads/\(self.thread)/asks")["items"]?.arrayValue?.isEmpty
                != false
            { try await Task.sleep(for: .milliseconds(10)) }
            return operation
        }

        func run(_ words: String..., user: String = "root") async throws -> Process.Result {
            try await self.host.run(words, environment: ["USER": user])
        }

        /// Runs a command that must fail with one line, and returns the line.
        func failure(_ words: String...) async throws -> String {
            let result = try await self.host.run(words)
            #expect(result.status == .exited(1) && result.output.isEmpty, "\(words): \(result.text)")
            #expect(result.errorText.hasPrefix("jetbridge: ") && result.errorText.split(separator: "\n").count == 1)
            return result.errorText
        }

        func end() async {
            await expectEqual(self.host.terminate(), .exited(0))
            await self.model.stop()
        }
    }

    @Test(
        "wrong usage exits with 64",
        arguments: [["approve"], ["deny"], ["asks", "a1"], ["approve", "--nonsense", "a1"]])
    func usage(words: [String]) async throws {
        let directory = try TemporaryDirectory()
        let result = try await HostProcess.run(words, in: directory.path)
        #expect(result.status == .exited(64) && result.output.isEmpty && result.errorText.contains("--help"))
    }

    @Test("with a host: asks lists what is open, approve and deny decide it, and a second answer is refused")
    func serving() async throws {
        let scene = try await Scene.make()
        let none = try await scene.run("asks")
        #expect(none.status == .exited(0) && none.output.isEmpty)
        try expectEqual(JSON.parse(try await scene.run("asks", "--json").output), .array([]))
        let operation = try await scene.ask("echo one")
        let list = try await scene.run("asks")
        #expect(list.text.hasPrefix("\(scene.thread): Approval `a1`: ") && list.text.contains("\necho one\n"))
        let item = try JSON.parse(try await scene.run("asks", "--json").output)[0] ?? .null
        #expect(item["id"] == "a1" && item["kind"] == "approval" && item["thread_id"]?.stringValue == scene.thread)
        expectEqual(item["options"]?.arrayValue?.compactMap { $0["key"]?.stringValue }, ["A", "B", "C"])
        expectEqual(item["expires_at"]?.stringValue?.hasSuffix("Z"), true)

        for word in ["approve", "deny"] {
            let unknown = try await scene.failure(word, "a99")
            expectEqual(unknown, "jetbridge: there is no ask 'a99'. 'jetbridge asks' lists the open ones.\n")
        }
        #expect(try await scene.failure("approve", "../a1").contains("'jetbridge asks' lists them"))
        #expect(try await scene.failure("approve", "a1", "Z").contains("`A` (Approve)"))
        #expect(try await scene.failure("approve", "a1", "as", "you", "like").contains("`A` (Approve)"))

        let approved = try await scene.run("approve", "a1")
        #expect(approved.status == .exited(0) && approved.text.hasPrefix("a1: Approved by "), "\(approved.errorText)")
        try await expectEqual(scene.member.ended(operation)["state"], "complete")
        #expect(try await scene.failure("approve", "a1").contains("is closed: Approved by "))
        #expect(try await scene.failure("deny", "a1").contains("is closed: Approved by "))

        let second = try await scene.ask("echo two")
        let denied = try JSON.parse(try await scene.run("deny", "A2", "not", "on a Friday", "--json").output)
        #expect(denied["id"] == "a2" && denied["answer"] == "C")
        expectEqual(denied["outcome"]?.stringValue?.hasSuffix(": not on a Friday"), true)
        try await expectEqual(scene.member.ended(second)["state"], "failed")
        let texts = try await scene.member.transcript(of: scene.thread).map(\.text)
        #expect(texts.contains { $0.contains("one\n") && $0.contains("exit 0") })
        #expect(!texts.contains { $0.contains("two\n") && $0.contains("exit 0") })
        await scene.end()
    }

    @Test("without a host: the answer is stored, and the next start acts on it")
    func stopped() async throws {
        let scene = try await Scene.make()
        let operation = try await scene.ask("echo later")
        await scene.host.kill()
        try expectEqual(JSON.parse(try await scene.run("asks", "--json").output)[0]?["id"], "a1")
        #expect(try await scene.failure("approve", "a2").contains("there is no ask 'a2'. 'jetbridge asks' lists"))
        #expect(try await scene.failure("approve", "a1", "Z").contains("A (Approve)"))
        let approved = try await scene.run("approve", "a1", user: "rita")
        #expect(approved.status == .exited(0) && approved.text == "a1: Approved by rita\n", "\(approved.errorText)")
        #expect(try await scene.failure("deny", "a1").contains("'a1' is closed: Approved by rita."))
        try await expectEqual(scene.run("asks", "--json").text, "[]\n")
        // Neither looking nor another command begins it.
        try await expectEqual(scene.run("jobs").errorText, "No command has run.\n")
        try await expectEqual(scene.run("run", "echo own").text, "own\n")
        try await expectEqual(scene.run("chat", "hello").status, .exited(0))
        try await expectEqual(scene.run("jobs", "--thread", scene.thread).errorText, "No command has run.\n")

        try await scene.host.start()
        let member = scene.member.moved(to: try #require(scene.host.address))
        try await expectEqual(member.ended(operation)["state"], "complete")
        let texts = try await member.transcript(of: scene.thread).map(\.text)
        expectEqual(texts.count { $0.contains("later\n") && $0.contains("exit 0") }, 1, "\(texts)")
        #expect(texts.contains { $0.contains(/Approved by rita, \d\d:\d\d UTC$/) }, "\(texts)")
        await scene.end()
    }

    @Test("without a host: a command in a thread takes up what was left there")
    func thread() async throws {
        let scene = try await Scene.make()
        _ = try await scene.ask("echo later")
        await scene.host.kill()
        try await expectEqual(scene.run("approve", "a1").status, .exited(0))
        try await expectEqual(scene.run("run", "--thread", scene.thread, "echo own").text, "own\n")
        let jobs = try await scene.run("jobs", "--thread", scene.thread).text.split(separator: "\n")
        #expect(jobs.count == 2 && jobs[0].hasSuffix("  echo own") && jobs[1].hasSuffix("  echo later"), "\(jobs)")
        #expect(jobs.allSatisfy { $0.contains("  exit 0 · ") }, "\(jobs)")
        await scene.model.stop()
    }

    @Test("jobs: what runs, and without a host what ran when it ended")
    func jobs() async throws {
        let scene = try await Scene.make()
        _ = try await scene.ask("sleep 600")
        try await expectEqual(scene.run("approve", "a1").status, .exited(0))
        let unknown = "There is no such thread, or you may not see it."
        try await eventually("the command runs") {
            try await scene.run("jobs").text == "\(scene.thread)  j1  running  sleep 600\n"
        }
        #expect(try await scene.failure("jobs", "--thread", "t_none").contains(unknown))
        await scene.host.kill()
        try await expectEqual(scene.run("jobs").text, "\(scene.thread)  j1  interrupted  sleep 600\n")
        let job = try JSON.parse(try await scene.run("jobs", "--json", "--thread", scene.thread).output)[0] ?? .null
        #expect(job["state"] == "interrupted" && job["thread_id"]?.stringValue == scene.thread)
        #expect(try await scene.failure("jobs", "--thread", "t_none").contains(unknown))
        try await scene.host.start()
        try await expectEqual(scene.run("jobs").text, "\(scene.thread)  j1  interrupted  sleep 600\n")
        await scene.end()
    }

    @Test("an expired ask is no longer listed, and cannot be approved, with a host and without")
    func expired() async throws {
        let scene = try await Scene.make("{commands: ask, timeout: 1s}")
        let operation = try await scene.ask("echo never")
        try await expectEqual(scene.member.ended(operation)["state"], "failed")
        try await expectEqual(scene.run("asks", "--json").text, "[]\n")
        #expect(try await scene.failure("approve", "a1").contains("has expired"))
        await scene.host.kill()
        #expect(try await scene.failure("approve", "a1").contains("'a1' has expired. Ask again in the thread."))
        try await scene.host.start()
        await scene.end()
    }
}
