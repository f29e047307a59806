import Jail
import TestSupport
import Testing

@Suite("The jail's shell", .timeLimit(.minutes(1)))
struct JailShellTests {
    @Test("directory, variables and functions last from command to command")
    func state() async throws {
        try await JailBench.with { (bench: JailBench) async throws in
            try await expectEqual(bench.run("echo hello; pwd").text, "hello\n/workspace\n")
            try await expectEqual(
                bench.run("mkdir -p a/b; cd a/b; X=1; export Y='2 3'; f() { echo \"f $1\"; }").directory,
                "/workspace/a/b")
            let result = try await bench.run("pwd; echo $X $Y; f 4; false")
            expectEqual(result.text, "/workspace/a/b\n1 2 3\nf 4\n")
            expectEqual(result.status, .exited(1))
            #expect(!result.isShellLost)
            expectEqual(result.directory, "/workspace/a/b")
        }
    }

    @Test("a fresh shell gets directory and exported variables, and changes nothing")
    func fresh() async throws {
        try await JailBench.with { (bench: JailBench) async throws in
            _ = try await bench.run(
                "mkdir d; cd d; X=1; export Y='a\nb'\\''c\"'; alias ls='echo bad'; make() { echo bad; }; export LD_PRELOAD=x"
            )
            let result = try await bench.run(
                "pwd; echo \"[$X]\"; printf %s \"$Y\"; type make; echo $LD_PRELOAD; cd /; export Y=9", .fresh)
            expectEqual(result.text, "/workspace/d\n[]\na\nb'c\"make is /usr/bin/make\n\n")
            expectEqual(result.directory, "/workspace/d")
            try await expectEqual(bench.run("pwd; echo \"$Y\" | head -n1; unset LD_PRELOAD").text, "/workspace/d\na\n")
            try await expectEqual(bench.run("exit 7", .fresh).status, .exited(7))
            try await expectEqual(bench.run("kill -9 $$", .fresh).status, .signalled(9))
            try await expectEqual(bench.run("-x", .fresh).status, .exited(127))
        }
    }

    @Test("a job that starts while a command runs gets the variables of the command before", arguments: [8, 300_000])
    func job(_ length: Int) async throws {
        try await JailBench.with { (bench: JailBench) async throws in
            _ = try await bench.run("mkfifo fifo; mkdir d; export A=old")
            // Longer than the shell can send before the host reads.
            _ = try await bench.run("cd d; export A=new B=$(head -c \(length) /dev/zero | tr '\\0' b)")
            let waiting = Task { try await bench.run("read line <../fifo; export A=$line") }
            let job = try await bench.run("echo $A $PWD; echo next >../fifo", .background)
            expectEqual(job.text, "new /workspace/d\n")
            try await expectEqual(waiting.value.status, .exited(0))
            try await expectEqual(bench.run("echo $A ${#B}").text, "next \(length)\n")
            try await expectEqual(bench.run("echo $A", .fresh).text, "next\n")
        }
    }

    @Test("a command without output ends by itself or at its time limit")
    func silent() async throws {
        try await JailBench.with { (bench: JailBench) async throws in
            _ = try await bench.run("mkfifo fifo")
            let task = Task { try await bench.run("read line <fifo") }
            let job = try await bench.run("echo >fifo", .background)
            expectEqual(job.status, .exited(0))
            try await expectEqual(task.value.status, .exited(0))
            let late = try await bench.run("read line <fifo", timeout: .milliseconds(50))
            expectEqual(late.status, .timedOut)
            #expect(late.isShellLost)
            try await expectEqual(bench.run("echo next").text, "next\n")
        }
    }

    @Test("a program of the host's own runs beside a command, in the workspace and with the usual variables")
    func aside() async throws {
        try await JailBench.with { bench in
            _ = try await bench.run("mkdir d; cd d; export PATH=/nowhere MINE=1; echo a >file")
            async let slow = bench.run("while ! [ -e go ]; do /bin/sleep 0.01; done; pwd")
            let aside = try await bench.run("pwd; echo $PATH [$MINE]; cat d/file; touch d/go", .aside)
            #expect(aside.text.hasPrefix("/workspace\n/usr/local/bin:") && aside.text.hasSuffix(" []\na\n"), "\(aside)")
            try await expectEqual(slow.text, "/workspace/d\n")
            // A shell that is lost is reported to the next command, not to this.
            _ = try await bench.run("exit 3")
            try await expectEqual(bench.run("kill -9 $$", .aside).status, .signalled(9))
            let ended = try await bench.run("sleep 60", .aside, timeout: .milliseconds(200))
            #expect(ended.status == .timedOut && !ended.isShellLost)
        }
    }

    @Test("a new shell is reported to the next command, not to a program of the host's own")
    func asideReportsNothing() async throws {
        try await JailBench.with { bench in
            _ = try await bench.run("true")
            await bench.shell.end()
            try await expectEqual(bench.run("true", .aside).isShellFresh, false)
            #expect(try await bench.run("true").isShellFresh)
        }
    }
}
