import Glibc
import Processes
import TestSupport
import Testing

@testable import jetbridge

@Suite("Completions", .timeLimit(.minutes(1)))
struct CompletionsTests {
    /// The completions that a real bash offers for these words, of which the last is incomplete.
    private func offers(_ words: String...) throws -> [String] {
        let script =
            BashCompletions(table: .standard).script + """

                compopt() { :; }
                COMP_WORDS=(\(words.map { "'\($0)'" }.joined(separator: " ")))
                COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
                _jetbridge
                printf '%s\\n' "${COMPREPLY[@]}"
                """
        let path = "/tmp/jetbridge-completions-\(getpid())-\(UInt64.random(in: 0...UInt64.max)).bash"
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        _ = Array(script.utf8).withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
        close(file)
        defer { unlink(path) }
        let pipe = try #require(popen("bash --norc \(path) 2>&1", "r"))
        defer { pclose(pipe) }
        var bytes: [UInt8] = []
        while case let byte = getc(pipe), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test("bash offers commands, subcommands, options and choices")
    func bash() throws {
        try expectEqual(self.offers("jetbridge", "con"), ["config"])
        try expectEqual(
            self.offers("jetbridge", "config", ""),
            [
                "check", "print", "template", "--config", "--data-dir", "--json", "--help",
            ])
        try expectEqual(self.offers("jetbridge", "--json", "config", "ch"), ["check"])
        try expectEqual(self.offers("jetbridge", "pair", "--role", ""), ["owner", "member", "guest"])
        try expectEqual(self.offers("jetbridge", "completions", "f"), ["fish"])
        try expectEqual(self.offers("jetbridge", "config", "template", "ir"), ["irc"])
        try expectEqual(self.offers("jetbridge", "serve", "--lis"), ["--listen"])
        try expectEqual(self.offers("jetbridge", "serve", "--listen", ""), [])
        try expectEqual(
            self.offers("jetbridge", "serve", "--da"),
            [
                "--dangerously-run-commands-without-a-jail", "--data-dir",
            ])
        try expectEqual(self.offers("jetbridge", "--config", "/etc/hostn"), ["/etc/hostname"])
        try expectEqual(self.offers("jetbridge", "--ver"), ["--version"])
    }

    @Test("bash offers the words of a command after help, and each scope of a list")
    func bashWords() throws {
        try expectEqual(self.offers("jetbridge", "help", "con"), ["config"])
        try expectEqual(self.offers("jetbridge", "help", "config", "").prefix(3), ["check", "print", "template"])
        try expectEqual(self.offers("jetbridge", "help", "config", "check", "c"), [])
        try expectEqual(
            self.offers("jetbridge", "token", "create", "--scope", ""),
            [
                "read", "chat", "run", "documents", "tasks", "proxy", "admin",
            ])
        try expectEqual(self.offers("jetbridge", "token", "create", "--scope", "chat,re"), ["chat,read"])
    }

    @Test(
        "zsh and fish read their scripts",
        arguments: ["zsh", "fish"].filter { access("/usr/bin/\($0)", X_OK) == 0 })
    func syntax(shell: String) async throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/script"
        try TestFile.write(await run("completions", shell).output, to: path)
        try await expectEqual(Process.run(ProcessPlan("/usr/bin/\(shell)", ["-n", path])).status, .exited(0))
    }

    @Test("the scripts for zsh and fish name every command and option")
    func scripts() async {
        for script in [ZshCompletions(table: .standard).script, FishCompletions(table: .standard).script] {
            for syntax in CommandTable.standard.syntaxes {
                for word in syntax.path { #expect(script.contains(word)) }
                for option in syntax.allOptions { #expect(script.contains(option.name)) }
            }
        }
        #expect(await run("completions", "zsh").output.hasPrefix("#compdef jetbridge\n"))
        #expect(await run("completions", "fish").output.contains("complete -c jetbridge"))
    }
}
