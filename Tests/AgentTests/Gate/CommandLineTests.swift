import TestSupport
import Testing

@testable import Agent

@Suite("Policy: how a command is read")
struct CommandLineTests {
    private static let readable: [(String, [[String]])] = [
        ("git status", [["git", "status"]]), ("  git\tstatus  ", [["git", "status"]]),
        ("git status && rm -rf /", [["git", "status"], ["rm", "-rf", "/"]]),
        ("a || b", [["a"], ["b"]]), ("a ; b;c", [["a"], ["b"], ["c"]]), ("a|b", [["a"], ["b"]]),
        ("a&&b||c", [["a"], ["b"], ["c"]]),
        ("sudo rm x", [["sudo", "rm", "x"]]), ("env X=1 git status", [["env", "X=1", "git", "status"]]),
        ("git -C / status", [["git", "-C", "/", "status"]]), ("./git status", [["./git", "status"]]),
        ("git commit -m 'a && b; $(c) > d'", [["git", "commit", "-m", "a && b; $(c) > d"]]),
        ("git commit -m \"it's done!\"", [["git", "commit", "-m", "it's done!"]]),
        ("gi'ts' \"\" x", [["gits", "", "x"]]), ("g\"i\"t status", [["git", "status"]]),
        ("swift test --filter=A.b/c:1,2", [["swift", "test", "--filter=A.b/c:1,2"]]),
        ("cat \u{dc}bersicht.md", [["cat", "\u{dc}bersicht.md"]]), ("echo if", [["echo", "if"]]),
    ]

    @Test("plain commands are split into their words", arguments: Self.readable)
    func plain(_ text: String, _ parts: [[String]]) {
        expectEqual(CommandLine(text), .plain(parts))
    }

    @Test(
        "what a shell could read in another way is one unit",
        arguments: [
            "", " ", "git status > x", "git status >x", "git < x", "cat << END\nrm\nEND", "cat <<< x", "echo $HOME",
            "echo ${x@P}", "echo ${x:=y}", "echo ${!x}", "echo $(rm x)", "echo `rm x`", "echo \"$(rm x)\"",
            "echo \"`rm x`\"", "echo \"\\$x\"", "ls *", "ls ?", "ls [a]", "ls {a,b}", "ls ~", "ls ~root/x", "cd ~/x",
            "X=1 git status", "PATH=. git status", "'X=1' git", "a[0]=1", "git status\nrm x", "git status\r\nrm x",
            "git commit -m 'a\nb'", "sleep 9 &", "a & b", "a |& b", "(rm x)", "{ rm x; }", "! git status",
            "if true; then rm x; fi", "while true; do rm x; done", "for x in a; do rm x; done", "function f",
            "time rm x", "git status;", "; rm", "a ;; b", "a && && b", "a &&", "| a", "a | | b", "a ||| b",
            "git st\\atus", "echo 'open", "echo \"open", "echo x # y", "a^b", "git\u{a0}status", "git\u{200b}status",
            "git \u{202e}status", "a\u{0}b", "a \u{7}", "'' x",
        ])
    func opaque(_ text: String) {
        expectEqual(CommandLine(text), .opaque)
        expectEqual(CommandLine.words(of: text), nil)
    }

    @Test("every word of an unreadable command is found")
    func fragments() {
        expectEqual(CommandLine.fragments(of: "x=$(sudo 'rm'\n-rf ~/a)>b"), ["x", "sudo", "rm", "-rf", "/a", "b"])
    }

    @Test("a very long word is read in time that grows with its length only")
    func long() {
        let word = String(repeating: "a", count: 300_000)
        expectEqual(CommandLine("\(word) '\(word)'"), .plain([[word, word]]))
    }
}
