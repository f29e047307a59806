import Glibc
import Jail
import Testing

@Suite(
    "Commands with a shell of their own run in bash", .enabled(if: access("/bin/bash", X_OK) == 0),
    .timeLimit(.minutes(1)))
struct JailBashTests {
    @Test("braces, tests, arrays and pipefail do what they say", arguments: [ShellCommand.Place.fresh, .background])
    func words(_ place: ShellCommand.Place) async throws {
        try await JailBench.with { (bench: JailBench) async throws in
            let made = try await bench.run(
                "mkdir -p p/{a,b}; ls p; names=(x 'y z'); [[ ${names[1]} == y* ]] && echo \"${#names[@]}\"", place)
            #expect(made.text == "a\nb\n2\n" && made.errorText == "" && made.status == .exited(0))
            #expect(try await bench.run("set -o pipefail; false | true", place).status == .exited(1))
        }
    }

    @Test("scripts for sh keep it, and so does the thread's own shell")
    func scripts() async throws {
        try await JailBench.with { (bench: JailBench) async throws in
            let text = "#!/bin/sh\necho \"[$BASH_VERSION]\"\n"
            #expect(try await bench.run("printf '%s' '\(text)' >s; chmod +x s; ./s; sh s", .fresh).text == "[]\n[]\n")
            #expect(try await bench.run("echo \"[${BASH_VERSION-}]\"").text == "[]\n")
        }
    }

    @Test("a command's children cannot open their shell, nor change its status")
    func unreadable() async throws {
        try await JailBench.with { (bench: JailBench) async throws in
            let result = try await bench.run(
                """
                for f in mem environ maps cwd exe; do
                    sh -c "cat /proc/$$/$f >/dev/null 2>&1 || ls /proc/$$/$f/ >/dev/null 2>&1" && echo "$f"
                done
                cat /jb/bash 2>&1 | grep -c denied
                exit 3
                """, .fresh)
            #expect(result.text == "1\n" && result.status == .exited(3))
        }
    }

    @Test("a variable that names a file to run first is not passed on")
    func start() async throws {
        try await JailBench.with { (bench: JailBench) async throws in
            _ = try await bench.run("echo 'echo bad' >start; export BASH_ENV=/workspace/start ENV=/workspace/start")
            _ = try await bench.run("cp start .bashrc; export HOME=/workspace")
            #expect(try await bench.run("echo \"$HOME\"", .fresh).text == "/workspace\n")
        }
    }
}
