import EventLoop
import Glibc
import Primitives
import Processes
import Testing

@Suite("Processes", .timeLimit(.minutes(1)))
struct ProcessesTests {
    private func shell(_ script: String, environment: [String: String] = [:]) -> ProcessPlan {
        ProcessPlan("/bin/sh", ["-c", script], environment: environment)
    }

    @Test("output, error output and status are returned")
    func outputs() async throws {
        let result = try await Process.run(self.shell("echo out; echo err >&2; exit 7"))
        #expect(result.text == "out\n")
        #expect(result.errorText == "err\n")
        #expect(result.status == .exited(7))
        #expect(!result.isTruncated)
    }

    @Test("the environment contains only the plan's variables")
    func environment() async throws {
        setenv("JETBRIDGE_TEST_LEAK", "secret", 1)
        let env = ProcessPlan("/usr/bin/env", environment: ["ONE": "1", "EMPTY": "", "UTF": "é ü"])
        #expect(try await Process.run(env).text == "EMPTY=\nONE=1\nUTF=é ü\n")
        #expect(try await Process.run(ProcessPlan("/usr/bin/env")).text == "")
    }

    @Test("arguments are passed unchanged", arguments: [[], [""], ["a b", "$HOME", "'\"", "é\n"], ["--", "-x"]])
    func arguments(_ arguments: [String]) async throws {
        let plan = ProcessPlan("/usr/bin/printf", ["[%s]"] + arguments)
        let expected = arguments.isEmpty ? "[]" : arguments.map { "[\($0)]" }.joined()
        #expect(try await Process.run(plan).text == expected)
    }

    @Test("the program gets the plan's directory, its own group, default signals and no extra descriptors")
    func state() async throws {
        signal(SIGPIPE, SIG_IGN)  // glibc leaves its internal signals 32 and 33 ignored in the child
        let script = """
            # ls itself opens the directory as descriptor 3
            pwd; [ "$(ps -o pgid= -p $$ | tr -d ' ')" = $$ ] && echo own group
            grep SigIgn /proc/self/status | tail -c 8; grep SigBlk /proc/self/status; ls /proc/self/fd | tr '\\n' ' '
            """
        var plan = self.shell(script, environment: ["PATH": "/usr/bin:/bin"])
        plan.directory = "/usr/share"
        let text = try await Process.run(plan).text
        #expect(
            text == "/usr/share\nown group\n0000000\nSigBlk:\t0000000000000000\n0 1 2 3 ")
    }

    @Test("marked processes are killed also while they replace their program")
    func marked() async throws {
        // Each shell replaces itself with another one for ever.
        let script = "exec /bin/sh -c \"$0\" \"$0\""
        for round in 1...200 {
            let mark = "test-\(getpid())-\(round)"
            let plan = ProcessPlan("/bin/sh", ["-c", script, script], environment: ["JETBRIDGE_TEST_MARK": mark])
            let process = try await Process.spawn(plan)
            await MarkedProcesses.kill("JETBRIDGE_TEST_MARK=\(mark)")
            let status = await process.stop(patience: .seconds(2), grace: .zero)
            #expect(status == .killed(SIGKILL), "round \(round)")
            if status != .killed(SIGKILL) { return }
        }
    }

    @Test("input and output larger than the pipes are transferred concurrently")
    func input() async throws {
        let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let result = try await Process.run(ProcessPlan("/bin/cat"), input: bytes, keeping: 4_000_000)
        #expect(result.output == bytes)
    }

    @Test("a program that ignores its input doesn't fail the run")
    func unreadInput() async throws {
        let result = try await Process.run(self.shell("exit 3"), input: [UInt8](repeating: 0, count: 1_000_000))
        #expect(result.status == .exited(3))
    }

    @Test("the kept output is capped, and the program still ends")
    func cap() async throws {
        let result = try await Process.run(self.shell("head -c 3000000 /dev/zero"), keeping: 1_000)
        #expect(result.output.count == 1_000)
        #expect(result.isTruncated)
        #expect(result.status.isSuccess)
    }

    @Test("standard error can be merged into the output or discarded")
    func errorOutputs() async throws {
        var plan = self.shell("echo a; echo b >&2; echo c")
        plan.standardError = .joined
        #expect(try await Process.run(plan).text == "a\nb\nc\n")
        plan.standardError = .null
        #expect(try await Process.run(plan).text == "a\nc\n")
    }

    @Test("a program whose output nobody reads blocks, and ends when the output is closed")
    @Net func backPressure() async throws {
        let process = try Process.spawn(self.shell("exec cat /dev/zero"))
        while process.output.hasRoom { try await EventLoop.shared.sleep(for: .milliseconds(1)) }
        let held = process.output.count
        try await EventLoop.shared.sleep(for: .milliseconds(20))
        #expect(process.output.count == held)
        #expect(held <= process.output.highWater + 65_536)
        var taken = 0
        while taken < 20_000_000 { taken += try await process.output.read()?.count ?? 0 }
        process.output.cancel()
        #expect(try await process.exit() == .killed(SIGPIPE))
    }

    @Test("a conversation line by line")
    @Net func conversation() async throws {
        var plan = self.shell("while read line; do echo \"<$line>\"; done; echo end")
        plan.standardInput = .pipe
        let process = try Process.spawn(plan)
        for number in 0..<50 {
            try await process.input.write(Array("\(number)\n".utf8))
            #expect(try await process.output.read() == Array("<\(number)>\n".utf8))
        }
        process.input.close()
        #expect(try await process.output.read() == Array("end\n".utf8))
        #expect(try await process.output.read() == nil)
        #expect(try await process.exit().isSuccess)
        await #expect(throws: ProcessError.self) { try await process.input.write([1]) }
    }

    @Test("extra pipes are the program's descriptors from 3 up")
    @Net func extraOutputs() async throws {
        var plan = self.shell("echo three >&3; echo four >&4; echo one")
        plan.extraOutputs = 2
        let process = try Process.spawn(plan)
        #expect(try await process.extraOutputs[0].read() == Array("three\n".utf8))
        #expect(try await process.extraOutputs[1].read() == Array("four\n".utf8))
        #expect(try await process.output.read() == Array("one\n".utf8))
        #expect(try await process.exit().isSuccess)
    }

    @Test(
        "stopping closes the input, then sends TERM, then KILL",
        arguments: [
            ("cat > /dev/null; exit 5", ProcessStatus.exited(5)),
            ("trap 'exit 6' TERM; echo ready; while :; do sleep 0.01; done", .exited(6)),
            ("trap '' TERM; echo ready; while :; do sleep 0.01; done", .killed(SIGKILL)),
        ])
    @Net func ladder(script: String, end: ProcessStatus) async throws {
        var plan = self.shell(script, environment: ["PATH": "/usr/bin:/bin"])
        plan.standardInput = .pipe
        let process = try Process.spawn(plan)
        if script.contains("ready") { _ = try await process.output.read() }
        let isByInput = end == .exited(5)
        let status = await process.stop(
            patience: isByInput ? .seconds(30) : .milliseconds(5),
            grace: end == .exited(6) ? .seconds(30) : .milliseconds(20))
        #expect(status == end)
        #expect(process.status == end)
    }

    @Test("the whole group ends with its leader")
    @Net func group() async throws {
        let process = try Process.spawn(self.shell("sleep 1000 & echo $!"))
        let text = String(decoding: try await process.output.read() ?? [], as: UTF8.self)
        let child = try #require(Int32(text.dropLast()))
        #expect(try await process.exit().isSuccess)
        while kill(child, 0) == 0, !Self.isZombie(child) { try await EventLoop.shared.sleep(for: .milliseconds(1)) }
        #expect(try await process.output.read() == nil)
    }

    /// Killed, but not yet reaped by its new parent.
    private static func isZombie(_ id: Int32) -> Bool {
        guard let file = fopen("/proc/\(id)/stat", "r") else { return true }
        defer { fclose(file) }
        var buffer = [CChar](repeating: 0, count: 256)
        guard fgets(&buffer, 256, file) != nil else { return true }
        return String(decoding: buffer.map { UInt8(bitPattern: $0) }, as: UTF8.self).contains(") Z ")
    }

    @Test("cancelling a run ends the program")
    func cancel() async throws {
        let task = Task { try await Process.run(self.shell("sleep 1000")) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test(
        "a program that can't start throws an error with a reason",
        arguments: [
            (ProcessPlan("/nonexistent/program"), ProcessError.Code.notFound),
            (ProcessPlan("program"), .notFound),
            (ProcessPlan("/etc/passwd"), .notExecutable),
            (ProcessPlan("/"), .notExecutable),
            (ProcessPlan("/bin/true", directory: "/nonexistent"), .badDirectory),
            (ProcessPlan("/bin/true", ["a\0b"]), .badArgument),
            (ProcessPlan("/bin/true", environment: ["A=B": "c"]), .badArgument),
        ])
    func errors(plan: ProcessPlan, code: ProcessError.Code) async {
        let error = await #expect(throws: ProcessError.self) { try await Process.run(plan) }
        #expect(error?.code == code)
        #expect(error?.message.isEmpty == false)
    }

    @Test("hundreds of runs leave no descriptor behind")
    func descriptors() async throws {
        let before = try await self.descriptorCount()
        for _ in 0..<10 {
            try await withThrowingTaskGroup(of: ProcessStatus.self) { group in
                for _ in 0..<20 { group.addTask { try await Process.run(ProcessPlan("/bin/true")).status } }
                for try await status in group { #expect(status == .exited(0)) }
            }
        }
        // Other tests may run concurrently in this process, each with a few descriptors.
        #expect(try await self.descriptorCount() < before + 100)
    }

    private func descriptorCount() async throws -> Int {
        let list = try await Process.run(ProcessPlan("/bin/ls", ["/proc/\(getpid())/fd"]))
        return list.text.split(separator: "\n").count
    }

    @Test("programs are found by name")
    func find() {
        #expect(Process.find("sh", in: ["/nonexistent", "/bin"]) == "/bin/sh")
        #expect(Process.find("/bin/sh") == "/bin/sh")
        #expect(Process.find("no-such-program") == nil)
    }
}
