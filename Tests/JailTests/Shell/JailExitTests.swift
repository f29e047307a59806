import Jail
import TestSupport
import Testing

@Suite("How commands end", .timeLimit(.minutes(1)))
struct JailExitTests {
    @Test(
        "a command that ends the shell has its status, and the next one has a fresh shell",
        arguments: [
            ("exit 3", 3), ("exec true", 0), ("exec sh -c 'exit 5'", 5), ("set -e; false", 1), ("kill -9 $$", 137),
            ("kill -STOP $$", 147), ("sh -c 'kill -STOP '$$", 147), ("readonly POSIXLY_CORRECT", 1),
            ("set -u; echo $nothing", 127),
            ("set -n", 0), ("builtin() { :; }; readonly -f builtin", 0),
            ("eval() { :; }; readonly -f eval; (exit 5)", 5), ("exec 2>&-; set -u; echo $nothing", 127),
        ])
    func ended(_ text: String, _ status: Int) async throws {
        try await JailBench.with { (bench: JailBench) async throws in
            let result = try await bench.run("cd /tmp; X=1; \(text)")
            expectEqual(result.status, .shellEnded(status))
            #expect(result.isShellLost)
            expectEqual(result.directory, "/workspace")
            let next = try await bench.run("pwd; echo \"[$X]\"")
            expectEqual(next.text, "/workspace\n[]\n")
            expectEqual(next.status, .exited(0))
        }
    }

    @Test("a fresh shell begins in the directory that was decided, wherever the session's shell is by then")
    func decidedDirectory() async throws {
        try await JailBench.with { (bench: JailBench) async throws in
            _ = try await bench.run("mkdir build; cd /tmp")
            for place in [ShellCommand.Place.fresh, .background] {
                try await expectEqual(bench.run("pwd", place, in: "/workspace/build").text, "/workspace/build\n")
            }
            await #expect(throws: JailFailure.self) { try await bench.run("pwd", .fresh, in: "/workspace/none") }
            try await expectEqual(bench.run("pwd").text, "/tmp\n")
        }
    }

    @Test(
        "a command that only fails keeps the shell",
        arguments: [
            ("echo 'open", 2), ("echo \"open", 2), ("if true", 2), (")", 2), ("cat <<E\nhi", 0), ("(exit 9)", 9),
            ("false", 1), ("sh -c 'kill -9 $$'", 137), ("nosuchcommand", 127), ("trap 'exit 4' USR1", 0), ("", 0),
            ("# only a comment", 0), ("echo a\\", 0), ("true & wait $!", 0), ("readonly __jb", 0),
        ])
    func kept(_ text: String, _ status: Int) async throws {
        try await JailBench.with { (bench: JailBench) async throws in
            _ = try await bench.run("X=1")
            let result = try await bench.run(text)
            expectEqual(result.status, .exited(status))
            #expect(!result.isShellLost)
            try await expectEqual(bench.run("echo $X").text, "1\n")
        }
    }

    @Test("a time limit ends the command and everything it started")
    func timeout() async throws {
        try await JailBench.with { (bench: JailBench) async throws in
            let mark = Survivors.mark()
            let result = try await bench.run(
                "echo a; (setsid sleep \(mark) &); sleep \(mark)", timeout: .seconds(1))
            expectEqual(result.status, .timedOut)
            #expect(result.isShellLost)
            #expect(Survivors.of(mark).isEmpty)
            try await expectEqual(bench.run("echo b").text, "b\n")
        }
    }

    @Test("the output limit counts both streams and keeps exactly its bytes", arguments: [true, false])
    func outputLimit(_ isFresh: Bool) async throws {
        try await JailBench.with { (bench: JailBench) async throws in
            let result = try await bench.run("yes >&2 & yes", isFresh ? .fresh : .persistent, outputLimit: 100_000)
            expectEqual(result.status, .outputLimit)
            expectEqual(result.output.count + result.errors.count, 100_000)
            let exact = try await bench.run(
                "head -c 100000 /dev/zero", isFresh ? .fresh : .persistent, outputLimit: 100_000)
            expectEqual(exact.status, .exited(0))
            expectEqual(exact.output.count, 100_000)
        }
    }

    @Test("a command that cannot begin is refused, and nothing runs")
    func refused() async throws {
        try await JailBench.with { (bench: JailBench) async throws in
            await #expect(throws: JailFailure.self) { try await bench.run("echo \0") }
            await #expect(throws: JailFailure.self) {
                try await bench.run(String(repeating: "x", count: 128 << 10), .fresh)
            }
            _ = try await bench.run("mkdir d; cd d")
            _ = try await bench.run("rmdir d", .fresh, in: "/workspace")
            for (place, remedy) in [
                (ShellCommand.Place.fresh, "change to another with `cd`"),
                (.persistent, "the next command begins in /workspace"),
            ] {
                await #expect(throws: JailFailure("the directory /workspace/d cannot be entered: \(remedy)")) {
                    try await bench.run("true", place)
                }
            }
            try await expectEqual(bench.run("pwd").text, "/workspace\n")
        }
    }

    @Test("a command that removes its directory says where the next one begins")
    func removedDirectory() async throws {
        try await JailBench.with { (bench: JailBench) async throws in
            let result = try await bench.run("mkdir d; cd d; X=1; rmdir ../d")
            expectEqual(result.errorText, "the shell's directory is gone: the next command begins in /workspace\n")
            expectEqual(result.directory, "/workspace")
            try await expectEqual(bench.run("pwd; echo $X").text, "/workspace\n1\n")
        }
    }

    @Test("a jail that cannot start says why")
    func noStart() async throws {
        let bench = try await JailBench()
        let place = JailPlace(
            mount: WorkspaceMount(folder: bench.workspace + "/missing"), identity: JailBench.identity)
        let shell = JailShell(session: "test", setup: bench.setup) { () throws(JailFailure) in place }
        let command = ShellCommand(text: "true", place: .persistent, timeout: nil, outputLimit: 1)
        await #expect {
            _ = try await shell.run(command) { _ in }
        } throws: { error in
            "\(error)".contains("missing: No such file or directory")
        }
        await shell.end()
    }
}
