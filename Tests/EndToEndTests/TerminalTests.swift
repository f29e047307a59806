import JSON
import Processes
import TestSupport
import Testing

/// `jetbridge chat` in a real pseudo-terminal.
@Suite("The conversation in a terminal", .timeLimit(.minutes(1)))
struct TerminalTests {
    /// Types each step's text after its prompt has appeared, and returns what the terminal showed.
    private static func type(
        _ steps: [(after: String, type: String)], in host: HostProcess, environment: [String: String] = [:]
    ) async throws -> (shown: String, status: String) {
        let script = JSON.array(steps.map { .array([.string($0.after), .string($0.type)]) })
        let place = ["--config", host.configurationPath, "--data-dir", host.dataPath]
        var all = ["PATH": "/usr/bin:/bin", "HOME": host.directory.path, "TERM": "xterm-256color"]
        all.merge(environment) { $1 }
        let plan = ProcessPlan.tied(
            "/usr/bin/python3",
            ["\(PythonClients.root)/Tests/EndToEndTests/terminal/type.py", script.text, HostProcess.executable, "chat"]
                + place, environment: all)
        let result = try await Process.run(plan)
        let lines = result.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        return (lines.dropLast().joined(separator: "\n"), String(lines.last ?? "") + result.errorText)
    }

    @Test("lines are edited, recalled, pasted and completed, Ctrl-C clears, Ctrl-D ends, and the history is private")
    func editing() async throws {
        let model = try await LoopbackModelServer.started(behaviors: ["test": .echo])
        let host = try await HostProcess(configuration: HostConfiguration.web(model))
        try await host.start()
        let prompt = "> "
        let (shown, status) = try await Self.type(
            [
                (prompt, "helo\u{1B}[Dl\r"),  // to the left, then a letter in between
                ("You said: hello", ""), (prompt, "\u{1B}[A!\r"),  // the previous line
                ("You said: hello!", ""), (prompt, "\u{1B}[200~one\rtwo\u{1}\u{1B}[201~"), ("two", "\r"),
                ("You said: one", ""), (prompt, "nonsense"), ("nonsense", "\u{3}"),
                ("^C", ""), (prompt, "dé日\u{7F}ß\r"),  // one character is deleted, not one byte
                ("You said: déß", ""), (prompt, "/whoa\t"), ("mi ", "\r"),
                (prompt, "/pair 1234-5678\r"), (prompt, "\u{4}"),
            ], in: host)
        expectEqual(status, "0", "\(shown)")
        let questions = model.requests.map(\.question)
        expectEqual(questions, ["hello", "hello!", "one\ntwo", "déß"], "\(shown)")

        let history = "\(host.dataPath)/chat.history"
        let saved = try await Process.run(ProcessPlan("/usr/bin/stat", ["-c", "%a", history]))
        expectEqual(saved.text, "600\n")
        let text = try await Process.run(ProcessPlan("/usr/bin/cat", [history])).text
        #expect(text.contains("hello!") && !text.contains("1234-5678") && !text.contains("nonsense"))

        let again = try await Self.type(
            [(prompt, "\u{1B}[A\u{1B}[A\r"), ("You said: déß", ""), (prompt, "\u{4}")], in: host)
        expectEqual(again.status, "0", "\(again.shown)")
        try await expectEqual(host.run(["token", "list"]).text.contains("jetbridge chat"), false)
        await expectEqual(host.terminate(), .exited(0))
        await model.stop()
    }

    @Test("keys typed while an answer streams are not in it, but at the next prompt; notes show code without backticks")
    func typing() async throws {
        let words = String(repeating: "and some more **bold** words ", count: 10)
        let model = try await LoopbackModelServer.started(
            behaviors: ["test": .answer("Begin of an answer \(words)until its End.", rate: 20)])
        let host = try await HostProcess(configuration: HostConfiguration.web(model))
        try await host.start()
        let (shown, status) = try await Self.type(
            [
                ("> ", "go\r"), ("Begin", "typed early"), ("End.", ""), ("typed early", "\u{15}again\r"),
                ("Begin", "\u{3}"), ("/resume", ""), ("> ", "\u{4}"),
            ], in: host)
        expectEqual(status, "0", "\(shown)")
        let end = try #require(shown.firstRange(of: "End."))
        #expect(!shown[..<end.lowerBound].contains("typed"), "\(shown)")
        #expect(shown.contains("\u{1B}[36m/resume\u{1B}[0m") && !shown.contains("`/resume`"), "\(shown)")
        await expectEqual(host.terminate(), .exited(0))
        await model.stop()
    }

    @Test("an ask is shown whole and answered where it is asked, commands work there, and a run ends below its output")
    func asks() async throws {
        let host = try await HostProcess(configuration: "gateway: {listen: \"127.0.0.1:0\"}\n")
        try await host.start()
        let (shown, status) = try await Self.type(
            [
                ("> ", "/run printf 'one\\ntwo'\r"), ("exit 0", ""), ("> ", "fix the failing test\r"),
                ("sh example/test.sh", ""), ("C. Deny", ""), ("a1> ", "perhaps\r"), ("Type a letter", ""),
                ("a1> ", "/whoami\r"), ("owner", ""), ("a1> ", "c\r"), ("Denied by", ""), ("> ", "\u{4}"),
            ], in: host)
        expectEqual(status, "0", "\(shown)")
        let end = try #require(shown.firstRange(of: "exit 0"))
        #expect(shown[..<end.lowerBound].contains("one\r\ntwo\r\n"), "\(shown)")
        await expectEqual(host.terminate(), .exited(0))
    }

    @Test("an answer is rendered as it arrives, its control characters are shown, and the plain forms stay plain")
    func rendering() async throws {
        let answer = """
            # Title

            Some **bold** text, `code` and [a link](https://example.org/x).

            | a | wide |
            |---|-----:|
            | 日本 | 1 |

            ```swift
            let x = 1
            ```
            Danger: \u{1B}]0;title\u{7}\u{9B}31m
            """
        let model = try await LoopbackModelServer.started(behaviors: ["test": .answer(answer)])
        let host = try await HostProcess(configuration: HostConfiguration.web(model))
        try await expectEqual(host.run(["chat", "go"]).text, answer + "\n")
        let steps: [(after: String, type: String)] = [("> ", "go\r"), ("Danger", ""), ("> ", "\u{4}")]
        let (shown, status) = try await Self.type(steps, in: host)
        expectEqual(status, "0", "\(shown)")
        let esc = "\u{1B}"
        for part in [
            "\(esc)[1;4mTitle\(esc)[0m", "Some \(esc)[1mbold\(esc)[0m text, \(esc)[36mcode\(esc)[0m",
            "\(esc)[4ma link\(esc)[0m\(esc)[2m <https://example.org/x>\(esc)[0m.", "日本 \(esc)[2m│\(esc)[0m    1",
            "  \(esc)[36mlet x = 1\(esc)[0m", "Danger: ␛]0;title␇⟨U+9B⟩31m",
        ] {
            #expect(shown.contains(part), "\(part)\n\(shown)")
        }
        for environment in [["NO_COLOR": "1"], ["TERM": "dumb"]] {
            let (plain, _) = try await Self.type(steps, in: host, environment: environment)
            #expect(plain.contains("Some **bold** text, `code`") && plain.contains("Danger: ␛]0;title␇"), "\(plain)")
        }
        await model.stop()
    }
}
