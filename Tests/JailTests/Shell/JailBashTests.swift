import Glibc
import Jail
import Sandbox
import TestSupport
import Testing

@Suite(
    "Commands run in bash", .enabled(if: access("/bin/bash", X_OK) == 0),
    .timeLimit(.minutes(1)))
struct JailBashTests {
    @Test(
        "braces, tests, arrays and pipefail do what they say",
        arguments: [ShellCommand.Place.persistent, .fresh, .background])
    func words(_ place: ShellCommand.Place) async throws {
        try await JailBench.with { (bench: JailBench) async throws in
            let made = try await bench.run(
                "mkdir -p p/{a,b}; ls p; names=(x 'y z'); [[ ${names[1]} == y* ]] && echo \"${#names[@]}\"", place)
            #expect(made.text == "a\nb\n2\n" && made.errorText == "" && made.status == .exited(0))
            #expect(try await bench.run("set -o pipefail; false | true", place).status == .exited(1))
            #expect(try await bench.run("cat <(echo a) <(echo b)", place).text == "a\nb\n")
        }
    }

    @Test("variables of every kind, functions, aliases and options last from command to command")
    func state() async throws {
        try await JailBench.with { (bench: JailBench) async throws in
            _ = try await bench.run(
                """
                list=(x 'y z'); declare -A map=([k]=v); declare -i number=4; export A=$'a\\n\\'b"$' B; readonly R=1
                f() { for i in "$@"; do [[ $i == @(x|y*) ]] && echo "f $i"; done; }; alias say='echo say'
                set -o pipefail; shopt -s globstar extglob; umask 027; unset HOME; mkdir -p a/b; cd a; cd b
                """)
            let text = """
                echo "${#list[@]} ${map[k]} $R [${HOME-}]"; number+=1; echo $number; printf %s "$A"; echo; f "${list[@]}"
                say it; false | true; echo $?; shopt -q globstar && umask; cd - >/dev/null; pwd
                """
            for number in 5...6 {
                let result = try await bench.run(text)
                expectEqual(
                    result.text,
                    "2 v 1 []\n\(number)\na\n'b\"$\nf x\nf y z\nsay it\n1\n0027\n/workspace/a\(number == 5 ? "" : "/b")\n"
                )
                expectEqual(result.errorText, "")
            }
            try await expectEqual(
                bench.run("set -x; echo a; nosuch").errorText,
                "++ echo a\n++ nosuch\nbash: line 1: nosuch: command not found\n")
            try await expectEqual(bench.run("echo b").errorText, "++ echo b\n")
        }
    }

    @Test("where there is no bash, sh keeps directory, variables and background processes")
    func fallback() async throws {
        let folder = try TemporaryDirectory()
        let programs = try await JailPrograms.install(in: folder.path)
        unlink("\(folder.path)/\(JailPrograms.bashName)")
        try await JailBench.with(programs: programs) { (bench: JailBench) async throws in
            let mark = Survivors.mark()
            _ = try await bench.run(
                "mkdir -p 'a b'; cd 'a b'; X='1 2'; export Y='3\n'\\''4'; umask 027; sleep \(mark) &")
            let text = "echo \"$X $PWD [$BASH_VERSION]\"; printf %s \"$Y\"; umask; "
            try await expectEqual(bench.run(text + "echo 'open").status, .exited(2))
            let last = try await bench.run(text + "(exit 3)")
            #expect(last.status == .exited(3) && last.text == "1 2 /workspace/a b []\n3\n'40027\n", "\(last)")
            try await expectEqual(bench.run("printf %s \"$Y\"", .fresh).text, "3\n'4")
            _ = try await Survivors.wait(mark, atLeast: 1)
            #expect(await bench.shell.leftovers.count == 1)
            try await expectEqual(bench.run("exit 4").status, .shellEnded(4))
            try await Survivors.waitForNone(mark)
            try await expectEqual(bench.run("echo \"[$X]\"; pwd").text, "[]\n/workspace\n")
        }
    }

    @Test("scripts for sh keep it")
    func scripts() async throws {
        try await JailBench.with { (bench: JailBench) async throws in
            let text = "#!/bin/sh\necho \"[$BASH_VERSION]\"\n"
            #expect(try await bench.run("printf '%s' '\(text)' >s; chmod +x s; ./s; sh s", .fresh).text == "[]\n[]\n")
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
