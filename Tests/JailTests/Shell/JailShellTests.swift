import Jail
import Testing

@Suite("The jail's shell", .timeLimit(.minutes(1)))
struct JailShellTests {
    @Test("directory, variables and functions last from command to command")
    func state() async throws {
        try await JailBench.with { (bench: JailBench) async throws in
            #expect(try await bench.run("echo hello; pwd").text == "hello\n/workspace\n")
            #expect(
                try await bench.run("mkdir -p a/b; cd a/b; X=1; export Y='2 3'; f() { echo \"f $1\"; }").directory
                    == "/workspace/a/b")
            let result = try await bench.run("pwd; echo $X $Y; f 4; false")
            #expect(result.text == "/workspace/a/b\n1 2 3\nf 4\n")
            #expect(result.status == .exited(1))
            #expect(!result.isShellLost)
            #expect(result.directory == "/workspace/a/b")
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
            #expect(result.text == "/workspace/d\n[]\na\nb'c\"make is /usr/bin/make\n\n")
            #expect(result.directory == "/workspace/d")
            #expect(try await bench.run("pwd; echo \"$Y\" | head -n1; unset LD_PRELOAD").text == "/workspace/d\na\n")
            #expect(try await bench.run("exit 7", .fresh).status == .exited(7))
            #expect(try await bench.run("kill -9 $$", .fresh).status == .signalled(9))
            #expect(try await bench.run("-x", .fresh).status == .exited(127))
        }
    }
}
