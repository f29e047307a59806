import Copilot
import EventLoop
import JSON
import Models
import Primitives
import TestSupport
import Testing

/// Rare behaviour of the real program, by a stand-in on request.
@Suite("Processes of the Copilot CLI, with a stand-in", .serialized, .timeLimit(.minutes(1)))
struct CopilotCLIProcessTests {
    private let folder: TemporaryDirectory

    init() throws {
        self.folder = try TemporaryDirectory()
    }

    private func bench(
        _ greeting: FakeCopilotCLI.Greeting = .connect, protocolVersion: Int = 3, errorOutput: String = "",
        change: (inout CopilotCLISettings) -> Void = { _ in }
    ) throws -> (CopilotCLIBench, FakeCopilotCLI) {
        let fake = try FakeCopilotCLI(
            in: self.folder.path, greeting: greeting, protocolVersion: protocolVersion, errorOutput: errorOutput)
        let bench = try CopilotCLIBench(executable: fake.executable, baseURL: "http://127.0.0.1:1/v1", change: change)
        return (bench, fake)
    }

    @Test("one process answers sequentially and simultaneously")
    func shared() async throws {
        let (bench, fake) = try self.bench()
        await expectEqual(bench.ask("hello").text, "You said: hello ")
        let texts = await withTaskGroup(of: String.self) { group in
            for number in 0..<6 { group.addTask { await bench.ask("number \(number)").text } }
            return await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        expectEqual(texts, Set((0..<6).map { "You said: number \($0) " }))
        expectEqual(fake.starts, 1)
        await bench.client.stop()
    }

    @Test("every request has its own session, which is destroyed and deleted afterwards")
    func sessions() async throws {
        let (bench, fake) = try self.bench()
        for _ in 0..<3 { #expect(await bench.ask("hello").error == nil) }
        // The last ones may still be on their way; the test's time limit ends a futile wait.
        while fake.messages.count(where: { $0.contains("session.delete") }) < 3 {
            try await Task.sleep(for: .milliseconds(5))
        }
        await bench.client.stop()
        let messages = fake.messages.compactMap { try? JSON.parse(Array($0.utf8)) }
        func sessions(_ method: String) -> [String] {
            messages.filter { $0["method"]?.stringValue == method }
                .compactMap { $0["params"]?["sessionId"]?.stringValue }
        }
        let created = sessions("session.create")
        #expect(created.count == 3 && Set(created).count == 3)
        expectEqual(sessions("session.send"), created)
        #expect(sessions("session.destroy") == created && sessions("session.delete") == created)
    }

    @Test("a process that dies before the first word is replaced unnoticed")
    func earlyDeath() async throws {
        let (bench, fake) = try self.bench()
        let answer = await bench.ask("die-early please")
        #expect(answer.error == nil)
        expectEqual(answer.text, "You said: die-early please ")
        expectEqual(fake.starts, 2)
        await bench.client.stop()
    }

    @Test("a process that dies in the middle of an answer interrupts it; the next question is answered")
    func lateDeath() async throws {
        let (bench, fake) = try self.bench()
        let answer = await bench.ask("die-late please")
        expectEqual(answer.failure?.code, .interrupted)
        expectEqual(answer.text, "Half of ")
        await expectEqual(bench.ask("hello").text, "You said: hello ")
        expectEqual(fake.starts, 2)
        await bench.client.stop()
        expectEqual(bench.records("process ended").first?["end"]?.stringValue, "killed by signal 9")
    }

    @Test("stop ends an obedient session, and its process if no other answer uses it")
    func stop() async throws {
        let (bench, fake) = try self.bench()
        let pid = try await self.stopAfterFirstWord(of: "wait", bench)
        try await self.isGone(pid)
        #expect(fake.messages.contains { $0.contains("session.abort") })
        await expectEqual(bench.ask("hello").text, "You said: hello ")
        await bench.client.stop()
        expectEqual(bench.records("process ended").first?["end"]?.stringValue, "exit status 0")
    }

    @Test("stop kills a process whose session ignores the abort")
    func stopDeaf() async throws {
        let (bench, _) = try self.bench()
        let pid = try await self.stopAfterFirstWord(of: "deaf", bench)
        try await self.isGone(pid)
        await expectEqual(bench.ask("hello").text, "You said: hello ")
        await bench.client.stop()
        expectEqual(bench.records("process ended").first?["end"]?.stringValue, "killed by signal 9")
    }

    @Test("stopping one answer does not affect the others on the process")
    func stopAmongOthers() async throws {
        let (bench, fake) = try self.bench()
        let other = Task { await bench.ask("wait for me") }
        let pid = try await self.stopAfterFirstWord(of: "wait", bench)
        await expectEqual(bench.ask("hello").text, "You said: hello ")
        expectEqual(ProcessTable.members(ofGroup: pid), [pid])
        expectEqual(fake.starts, 1)
        other.cancel()
        _ = await other.value
        await bench.client.stop()
    }

    @Test("a silent session is aborted at the limit, before and after the first word")
    func watchdog() async throws {
        let (bench, _) = try self.bench { $0.idleTimeout = .milliseconds(300) }
        let answer = await bench.ask("wait")
        expectEqual(answer.failure?.code, .timedOut)
        expectEqual(answer.text, "Waiting ")
        await expectEqual(bench.ask("hello").text, "You said: hello ")
        await bench.client.stop()
    }

    @Test("an unknown version of the protocol is refused in one line", arguments: [2, 4])
    func unknownVersion(version: Int) async throws {
        let (bench, _) = try self.bench(protocolVersion: version)
        let failure = try #require(await bench.ask("hello").failure)
        expectEqual(failure.code, .invalidResponse)
        #expect(failure.message.contains("9.9.9 speaks protocol version \(version), and Jetbridge needs 3."))
        await bench.client.stop()
    }

    @Test("a program that only knows ping is asked for its version by ping")
    func ping() async throws {
        let (bench, _) = try self.bench(.ping)
        await expectEqual(bench.ask("hello").text, "You said: hello ")
        await bench.client.stop()
    }

    @Test("a program that never greets is killed at the limit and reported")
    func silentStart() async throws {
        let (bench, fake) = try self.bench(.silent) { $0.startTimeout = .seconds(1) }
        let answer = await bench.ask("hello")
        expectEqual(answer.failure?.message.hasPrefix("The Copilot CLI did not start in time"), true)
        expectEqual(fake.starts, 1)
        await bench.client.stop()
        #expect(await bench.client.pool.processIDs.isEmpty)
    }

    @Test("a program other than the CLI is reported with its output")
    func garbage() async throws {
        let (bench, _) = try self.bench(.garbage)
        let failure = try #require(await bench.ask("hello").failure)
        #expect(failure.message.hasPrefix("The Copilot CLI violated its protocol"))
        await bench.client.stop()
    }

    @Test("an exit at the start is reported with status and last line, without tokens")
    func failedStart() async throws {
        let token = "gho_" + String(repeating: "x", count: 36)
        let (bench, _) = try self.bench(.fails, errorOutput: "cannot use \(token) here")
        let failure = try #require(await bench.ask("hello").failure)
        #expect(failure.message.contains("exit status 7"))
        #expect(failure.message.contains("cannot use"))
        #expect(!failure.message.contains(token) && !bench.log.contains(token))
        await bench.client.stop()
    }

    @Test("a missing program is reported with how to install it")
    func missing() async throws {
        let bench = try CopilotCLIBench(executable: "no-such-copilot", baseURL: "http://127.0.0.1:1/v1")
        let failure = try #require(await bench.ask("hello").failure)
        #expect(failure.message.contains("“no-such-copilot” is not on the PATH"))
        #expect(failure.message.contains("npm install -g @github/copilot"))
    }

    @Test("a permission is denied at once, and the log says so")
    func permission() async throws {
        let (bench, fake) = try self.bench()
        await expectEqual(bench.ask("permission").text, "Decision: reject ")
        #expect(fake.messages.contains { $0.contains("allows no tools") })
        let record = try #require(bench.records("permission").first)
        #expect(record["approved"] == false && record["kind"] == "command" && record["subject"] == "rm -rf /")
        await bench.client.stop()
    }

    @Test("the CLI's requests are answered although their numbers equal ours")
    func collidingNumbers() async throws {
        let (bench, _) = try self.bench()
        #expect(await bench.ask("question").text.hasPrefix("Heard: Nobody can be asked here."))
        await expectEqual(bench.ask("collide").text, "Refused: -32601 ")
        await bench.client.stop()
    }

    @Test("a sub-agent's text is not part of the answer")
    func helper() async throws {
        let (bench, _) = try self.bench()
        await expectEqual(bench.ask("helper").text, "The real answer ")
        await bench.client.stop()
    }

    @Test("processes and answers are limited; waiting requests are served in order")
    func bound() async throws {
        let (bench, fake) = try self.bench {
            $0.processes = 2
            $0.sessionsPerProcess = 1
        }
        let holding = [Task { await bench.ask("wait one") }, Task { await bench.ask("wait two") }]
        try await eventually("two processes run") { await bench.client.pool.processIDs.count >= 2 }
        let order = Protected<[Int]>([])
        var waiting: [Task<Void, Never>] = []
        for number in 0..<3 {
            waiting.append(
                Task {
                    _ = await bench.ask("hello \(number)")
                    order.withLock { $0.append(number) }
                })
            try await eventually("request \(number) waits") { await bench.client.pool.waiting > number }
        }
        expectEqual(fake.starts, 2)
        waiting[0].cancel()  // A cancelled request makes room for the next.
        _ = await waiting[0].value
        holding[0].cancel()
        for task in waiting { await task.value }
        expectEqual(order.withLock { $0 }, [0, 1, 2])
        holding[1].cancel()
        for task in holding { _ = await task.value }
        await bench.client.stop()
    }

    @Test("an idle process ends after a while")
    func idle() async throws {
        let (bench, _) = try self.bench { $0.idleLimit = .milliseconds(100) }
        #expect(await bench.ask("hello").error == nil)
        try await eventually("the idle process has ended") { await bench.client.pool.processIDs.isEmpty }
        #expect(await bench.ask("hello").error == nil)
        await bench.client.stop()
    }

    @Test("the log has processes and sessions, but no conversation")
    func audit() async throws {
        let (bench, _) = try self.bench(errorOutput: "a line of log text")
        #expect(await bench.ask("hello unmistakable").error == nil)
        await bench.client.stop()
        let started = try #require(bench.records("process started").first)
        let session = try #require(bench.records("session ended").first)
        let ended = try #require(bench.records("process ended").first)
        #expect(started["version"] == "9.9.9" && started["pid"]?.intValue != nil)
        #expect(session["outcome"] == "complete" && session["pid"] == started["pid"] && session["output_tokens"] == 7)
        #expect(session["session"]?.stringValue?.hasPrefix("jb-") == true && session["ms"]?.intValue != nil)
        #expect(ended["end"] == "exit status 0" && ended["sessions"] == 1 && ended["wanted"] == true)
        expectEqual(bench.records("error output").first?["line"], "a line of log text")
        #expect(!bench.log.contains("unmistakable") && !bench.log.contains("sk-planted-own-key"))
    }

    @Test("two clients on one folder use separate homes, and leave them empty")
    func homes() async throws {
        let (first, _) = try self.bench()
        let (second, _) = try self.bench { $0.directory = first.folder.path + "/cli" }
        async let one = first.ask("wait for me")
        try await eventually("the process runs") { await !first.client.pool.processIDs.isEmpty }
        #expect(await second.ask("hello").error == nil)
        let homes = [first, second].compactMap { $0.records("process started").first?["home"]?.stringValue }
        expectEqual(homes, ["0", "1"].map { "\(first.folder.path)/cli/\($0)" })
        await second.client.stop()
        await first.client.stop()
        _ = await one
        for home in homes { try expectEqual(RealGit(home).shell("ls -A"), "lock") }
    }

    @Test("as a service it runs until its processes have ended and their homes are empty")
    func service() async throws {
        let (bench, _) = try self.bench()
        let running = Task { try await bench.client.run() }
        #expect(await bench.ask("hello").error == nil)
        async let stopping: Void = bench.client.stop()
        try await running.value
        expectEqual(bench.records("process ended").count, 1)
        try expectEqual(RealGit(bench.folder.path + "/cli/0").shell("ls -A"), "lock")
        await stopping
        await expectEqual(bench.ask("hello").failure?.message.hasPrefix("Jetbridge is shutting down"), true)
    }

    @Test("a program without a server mode is refused, with the version to install")
    func noServerMode() async throws {
        let (bench, fake) = try self.bench(.headlessMissing)
        let failure = try #require(await bench.ask("hello").failure)
        expectEqual(failure.code, .unavailable)
        #expect(failure.message.hasPrefix("This Copilot CLI has no server mode"))
        #expect(failure.message.contains("version 1.0.57 or later with `npm install -g @github/copilot`"))
        expectEqual(fake.starts, 1)
        await bench.client.stop()
    }

    // MARK: - Helpers

    /// Asks and cancels after the first word; returns the process of the answer.
    private func stopAfterFirstWord(of prompt: String, _ bench: CopilotCLIBench) async throws -> Int32 {
        let first = Protected(false)
        let task = Task {
            defer { first.withLock { $0 = true } }  // Ends the wait for text after a failure.
            for try await event in bench.client.stream(bench.request(prompt)) {
                if case .delta = event { first.withLock { $0 = true } }
            }
        }
        try await eventually("text has come, or the turn has ended") { first.withLock { $0 } }
        let pid = try #require(await bench.client.pool.processIDs.first)
        task.cancel()
        return pid
    }

    private func isGone(_ group: Int32) async throws {
        try await eventually("the process group is gone", within: .seconds(1)) {
            ProcessTable.members(ofGroup: group).isEmpty
        }
    }
}
