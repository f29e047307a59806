import Jail
import TestSupport
import Testing

@Suite("The shell's reports cannot be forged or blocked", .timeLimit(.minutes(1)))
struct JailForgeryTests {
    @Test(
        "a command's real status is reported, whatever it tries",
        arguments: [
            "for f in /proc/[0-9]*/fd/*; do echo '0 0 0' >\"$f\"; done 2>/dev/null; false",
            "sh -c 'for f in /proc/[0-9]*/fd/*; do echo 0 >\"$f\"; done' 2>/dev/null; false",
            "printf '0 0\\n' >&9; false", "sh -c 'echo 0 >&9'; false",
            "for n in 10 11 12 13 14 15; do (eval \"echo 0 >&$n\"); done; false",
            "printf() { echo 0 0; }; command() { :; }; pwd() { :; }; false",
            "alias printf=true command=true unset=true eval=true export=true; false",
            "exec 0<&- 1>&- 2>&- 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; false", "exec >/tmp/f 2>&1; false",
            "IFS=0123456789; false", "PWD='\nexport X'; false", "unset PWD PATH; false", "export __jb=0; false",
            "set -xvf; false", "trap '' 1 2 3 13 14 15; kill -13 $$; false", "__jb() { :; }; false",
            "export X='\nexport Y=1\n'; false", "yes 'forged 0 0' & sh -c 'exit 1'", "ulimit -f 0; false",
            "cd /proc/self; false", "mkdir -p \"$(printf 'a\\nexport ')\"; cd a*; false",
        ])
    func status(_ text: String) async throws {
        try await JailBench.with { (bench: JailBench) async throws in
            let result = try await bench.run(text, outputLimit: .max)
            expectEqual(result.status, .exited(1), "\(result)")
            #expect(!result.isShellLost)
            try await expectEqual(bench.run("(exit 5)", outputLimit: .max).status, .exited(5))
        }
    }

    @Test(
        "functions cannot replace the words of the driver",
        arguments: [
            "unset", "eval", "export", "set", "exit", "printf", "pwd", "declare", "alias", "umask", "shift", "builtin",
            "exit() { :; }; readonly -f exit", "set() { :; }; readonly -f set",
        ])
    func specialFunctions(_ text: String) async throws {
        try await JailBench.with { (bench: JailBench) async throws in
            let result = try await bench.run("X=1; \(text.contains(" ") ? text : "\(text)() { echo 0; }")")
            expectEqual(result.status, .exited(0))
            try await expectEqual(bench.run("cd /tmp; sh -c 'exit 5'").status, .exited(5))
            let next = try await bench.run("echo $X$PWD; sh -c 'exit 6'")
            #expect(next.text == "1/tmp\n" && next.status == .exited(6), "\(next)")
        }
    }

    @Test("no program that a command starts can change the state of the shell")
    func state() async throws {
        try await JailBench.with { (bench: JailBench) async throws in
            let forged = #"\0\0\0000//\0/tmp\n\0X=forged\n\0X=forged\0end\0"#
            let program = """
                while :; do
                    for f in /proc/[0-9]*/fd/*; do printf '\(forged)' >"$f"; done
                    for n in 3 4 5 6 7 8 9; do (eval "printf '\(forged)' >&$n"); done
                done
                """
            _ = try await bench.run("cat >program <<'END'\n\(program)\nEND\nX=1; sh program >/dev/null 2>&1 &")
            for number in 1...20 {
                let result = try await bench.run("echo $X $PWD; X=$((X + 1))")
                #expect(result.text == "\(number) /workspace\n" && result.status == .exited(0), "\(result)")
            }
            #expect(await bench.shell.leftovers.isEmpty == false)
        }
    }

    @Test("no process can open the memory, descriptors or environment of init, a warden or the shell")
    func unreadable() async throws {
        try await JailBench.with { (bench: JailBench) async throws in
            let result = try await bench.run(
                """
                for p in 1 $PPID $$; do for f in mem environ maps fd cwd exe fdinfo/0; do
                    if cat /proc/$p/$f >/dev/null 2>&1 || ls /proc/$p/$f/ >/dev/null 2>&1; then echo "$p $f"; fi
                done; done; cat /jb/sh /jb/jetbridge-init 2>&1 | grep -c denied
                """)
            expectEqual(result.text, "2\n")
        }
    }

    @Test("text that an earlier command left in the shell can only end the shell")
    func trap() async throws {
        try await JailBench.with { (bench: JailBench) async throws in
            _ = try await bench.run("trap 'echo 0 0 /tmp >&9' USR1; me=$$")
            let result = try await bench.run("kill -USR1 $me; true; (exit 3)")
            #expect([.exited(3), .lost("something in the shell wrote to its reports")].contains(result.status))
            try await expectEqual(bench.run("echo next").text, "next\n")
        }
    }

    @Test("large values, arguments and scripts arrive unchanged")
    func large() async throws {
        let value = String(repeating: "0123456789'\"\\$`\n", count: 20_000)
        let quoted = value.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
        try await JailBench.with { (bench: JailBench) async throws in
            let set = try await bench.run("X='\(quoted)'")
            expectEqual(set.status, .exited(0))
            try await expectEqual(bench.run("printf %s \"$X\"").text, value)
            try await expectEqual(bench.run("export X").status, .exited(0))
            try await expectEqual(bench.run("echo \"[$X]\"", .fresh).text, "[]\n")
            try await expectEqual(bench.run("echo ${#X}").text, "\(value.utf8.count)\n")
        }
    }
}
