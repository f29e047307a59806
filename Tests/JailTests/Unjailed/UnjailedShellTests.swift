import Glibc
import Jail
import Primitives
import TestSupport
import Testing

@Suite("Commands without a jail", .timeLimit(.minutes(1)))
struct UnjailedShellTests {
    private struct Bench {
        let folder: TemporaryDirectory
        let shell: UnjailedShell

        init() throws {
            self.folder = try TemporaryDirectory()
            self.shell = UnjailedShell(folder: self.folder.path, user: .current())
        }

        func run(
            _ text: String, _ place: ShellCommand.Place = .persistent, timeout: Duration? = .seconds(50),
            outputLimit: Int = 4 << 20
        ) async throws -> JailBench.Result {
            try await self.shell.result(
                of: ShellCommand(text: text, place: place, timeout: timeout, outputLimit: outputLimit))
        }
    }

    @Test("a command runs as the host's user in the workspace, with its outputs apart and no input")
    func plain() async throws {
        let bench = try Bench()
        let result = try await bench.run("id -u; echo out >file; cat; echo error >&2; exit 3")
        #expect(result.status == .exited(3) && !result.isShellLost && result.directory == "/workspace")
        #expect(result.text == "\(geteuid())\n" && result.errorText == "error\n")
        try await expectEqual(bench.run("cat file").text, "out\n")
        try await expectEqual(bench.run("kill -9 $$").status, .signalled(9))
    }

    @Test("the environment has nothing of the host's")
    func environment() async throws {
        setenv("JETBRIDGE_TEST_UNJAILED", "secret", 1)
        let bench = try Bench()
        let result = try await bench.run("env | sed 's/=.*//' | sort | tr '\\n' ' '; echo $#")
        expectEqual(
            result.text,
            "GIT_CEILING_DIRECTORIES HOME JETBRIDGE_COMMAND LANG LOGNAME PATH PWD SHELL "
                + "SHLVL TERM USER _ 0\n")
    }

    @Test("directory and exported variables last; functions, other variables and a fresh shell's changes do not")
    func state() async throws {
        let bench = try Bench()
        let first = try await bench.run(
            "mkdir -p 'a '{b,c}; cd 'a b'; export X='1\n\"2\"' Z; Y=3; f() { echo f; }; unset HOME; set -u")
        expectEqual(first.directory, "/workspace/a b")
        let fresh = try await bench.run("echo \"${PWD##*/} $X [$Y][$HOME]\"; f; cd /; export X=2", .fresh)
        #expect(fresh.text == "a b 1\n\"2\" [][]\n" && fresh.directory == "/workspace/a b")
        #expect(fresh.errorText.contains("f: command not found"))
        #expect(try await bench.run("echo \"$X\"; cd /usr; exit 7").directory == "/usr")
        #expect(try await bench.run("pwd; echo \"$X\"; cd; exec true").text == "/usr\n1\n\"2\"\n")
        await bench.shell.end()
        try await expectEqual(bench.run("echo \"${X-none}\"").text, "none\n")
    }

    @Test("syntax errors, early ends and reports in between leave the state as it was")
    func broken() async throws {
        let bench = try Bench()
        try await expectEqual(bench.run("mkdir d; cd d").directory, "/workspace/d")
        try await expectEqual(bench.run("echo 'open").status, .exited(2))
        try await expectEqual(bench.run("printf '/tmp\\0export X=1' >&3; kill -9 $$").directory, "/workspace/d")
        try await expectEqual(bench.run("trap - EXIT; cd /").directory, "/workspace/d")
        try await expectEqual(bench.run("set -e; false; echo on").text, "")
        try await expectEqual(bench.run("rmdir ../d").status, .exited(0))
        await #expect(throws: JailFailure.self) { try await bench.run("true") }
        try await expectEqual(bench.run("pwd").directory, "/workspace")
        await #expect(throws: JailFailure.self) { try await bench.run("echo \0") }
    }

    /// Leaves processes that have left their session, their group and their parent.
    private func daemons(_ mark: String) -> String {
        """
        sleep \(mark) & setsid sleep \(mark) & (setsid sh -c 'trap "" 1 2 15; sleep \(mark) & exec sleep \(mark)' &)
        setsid sh -c '(setsid sleep \(mark) &)'; nohup sleep \(mark) >/dev/null 2>&1 &
        echo ready
        """
    }

    @Test("stopping ends the whole tree", arguments: [ShellCommand.Place.persistent, .fresh, .background])
    func stop(_ place: ShellCommand.Place) async throws {
        let bench = try Bench()
        let mark = Survivors.mark()
        let ready = Gate(isOpen: false)
        let command = ShellCommand(
            text: self.daemons(mark) + "; sleep \(mark)", place: place, timeout: nil, outputLimit: .max)
        let task = Task { try await bench.shell.run(command) { _ in ready.setOpen(true) } }
        await ready.pass()
        _ = try await Survivors.wait(mark, atLeast: 6)
        task.cancel()
        try await expectEqual(task.value.status, .stopped)
        try await Survivors.waitForNone(mark)
        try await expectEqual(bench.run("echo next").text, "next\n")
    }

    @Test("what a command leaves running ends with it")
    func leftovers() async throws {
        let bench = try Bench()
        let mark = Survivors.mark()
        try await expectEqual(bench.run(self.daemons(mark)).text, "ready\n")
        try await Survivors.waitForNone(mark)
    }

    @Test("time limit and output limit end a command with its tree")
    func limits() async throws {
        let bench = try Bench()
        let mark = Survivors.mark()
        let late = try await bench.run("setsid sleep \(mark) & sleep \(mark)", timeout: .seconds(1))
        expectEqual(late.status, .timedOut)
        try await Survivors.waitForNone(mark)
        let flood = try await bench.run("yes", outputLimit: 100_000)
        #expect(flood.status == .outputLimit && flood.output.count == 100_000)
    }

    @Test("all output arrives, however much and slowly it is read, and a large environment does not block")
    func output() async throws {
        let bench = try Bench()
        let result = try await bench.run("head -c 3000000 /dev/zero; head -c 1000000 /dev/zero >&2")
        #expect(result.output.count == 3_000_000 && result.errors.count == 1_000_000)
        let long = String(repeating: "x", count: 1_000)
        _ = try await bench.run("for i in $(seq 1 300); do export V$i=\(long); done")
        try await expectEqual(bench.run("echo ${#V1} ${#V300}").text, "1000 1000\n")
    }

    @Test("commands wait for each other, and jobs do not")
    func order() async throws {
        let bench = try Bench()
        async let first = bench.run("touch started; while [ ! -e go ]; do sleep 0.01; done; echo a >>log")
        _ = try await bench.run("while [ ! -e started ]; do sleep 0.01; done", .background)
        async let second = bench.run("echo b >>log; cat log")
        _ = try await bench.run("touch go", .background)
        _ = try await first
        try await expectEqual(second.text, "a\nb\n")
    }

    @Test("the end of the shell ends commands and jobs")
    func end() async throws {
        let bench = try Bench()
        let mark = Survivors.mark()
        async let job = bench.run("sleep \(mark)", .background, timeout: nil)
        async let command = bench.run("sleep \(mark)", timeout: nil)
        _ = try await Survivors.wait(mark, atLeast: 2)
        await bench.shell.end()
        let ends = try await [job.status, command.status]
        expectEqual(ends, [.stopped, .stopped])
        try await Survivors.waitForNone(mark)
    }
}
