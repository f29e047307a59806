import Agent
import JSON
import Jail
import TestSupport
import Testing

@Suite("Searching files", .timeLimit(.minutes(1)))
struct SearchToolTests {
    @Test("A search finds lines and names")
    func search() async throws {
        let fixture = try await ToolFixture([
            "src/a.swift": "let a = 1\nfunc find() {}\n", "src/b.c": "int find(void);\n",
            "build/c.swift": "func find() {}\n",
            ".gitignore": "build\n", "app.min.js": "find\n", "x.js.map": "find\n",
            "wide.txt": String(repeating: "x", count: 1_000) + "find" + String(repeating: "y", count: 1_000) + "\n",
            "huge.txt": String(repeating: "find ", count: 300_000),
        ])
        try fixture.shell("printf 'find\\000' > binary; ln -s /etc/passwd link")
        let found = try await fixture.call("grep", ["pattern": #"\bfind\("#])
        #expect(found.text.contains("src/a.swift:2: func find() {}\nsrc/b.c:1: int find(void);\n</data-"))
        #expect(!found.text.contains("build/c.swift"))
        #expect(found.summary.hasSuffix("2 hits"))
        let wide = try await fixture.call("grep", ["pattern": "find", "path": "wide.txt", "mode": "text"]).text
        #expect(wide.contains("…x") && wide.contains("find") && wide.count < 700)
        for glob in ["*.swift", "src/*.swift", "src/**", "**/*.{swift,m}"] {
            let text = try await fixture.call("grep", ["pattern": "find", "glob": .string(glob)]).text
            #expect(text.contains("a.swift:2"), "\(glob)")
        }
        #expect(
            try await fixture.call("grep", ["pattern": "find", "path": "src", "glob": "*.c"]).summary.hasSuffix(
                "1 hits"))
        let names = try await fixture.call("grep", ["pattern": #"\.swift$"#, "mode": "names"])
        #expect(names.text.contains("\nsrc/a.swift\n") && names.summary.hasSuffix("1 hits"))
        #expect(try await fixture.call("grep", ["pattern": "nothing here"]).text.hasPrefix("No hits."))
        // A literal that is no regular expression.
        let literal = try await fixture.call("grep", ["pattern": "find("])
        #expect(literal.text.contains("src/a.swift:2") && literal.text.contains("It was searched for as text."))
        #expect(try await fixture.call("grep", ["pattern": "find(", "mode": "regex"]).text.contains("Use mode text"))
    }

    @Test("A search has at most 100 hits")
    func manyHits() async throws {
        let fixture = try await ToolFixture(["a": String(repeating: "hit\n", count: 300)])
        let found = try await fixture.call("grep", ["pattern": "hit"])
        #expect(found.summary.hasSuffix("100 hits") && found.text.contains("Only the first 100 hits"))
    }

    @Test("A search has the files that users of ripgrep expect")
    func files() async throws {
        let fixture = try await ToolFixture([
            ".github/ci.yml": "find\n", ".git/config": "find\n", "logs/a.log": "find\n", ".gitignore": "*.log\n",
            "logs/.gitignore": "!a.log\n", "b.log": "find\n", "crlf": "find\r\nfine\r\n", "-x": "find\n",
        ])
        try fixture.shell(
            """
            printf '\\377\\376f\\000i\\000n\\000d\\000\\n\\000' > utf16; printf 'caf\\351 find\\n' > latin
            (echo find; seq 100000; printf '\\000') > late; printf 'find\\n' > "$(printf 'caf\\351')"
            printf 'find\\n' > "$(printf 'x\\ny')"; mkfifo pipe; ln -s /etc away
            """)
        let found = try await fixture.call("grep", ["pattern": "^find$"]).text.split(separator: "\n")
        expectEqual(
            found.dropFirst().prefix { !$0.hasPrefix("</") },
            [
                "-x:1: find", ".github/ci.yml:1: find", "\"caf\\351\":1: find", "crlf:1: find", "logs/a.log:1: find",
                "utf16:1: find", "\"x\\ny\":1: find",
            ])
        expectEqual(found.last, "Hits in 1 binary file were left out.")
        #expect(try await fixture.call("grep", ["pattern": "caf"]).text.contains("latin:1: caf\u{FFFD} find\n"))
        for path in ["-x", "\"caf\\351\"", "\"x\\ny\"", ".github", "logs", "b.log"] {
            let hits = try await fixture.call("grep", ["pattern": "find", "path": .string(path)])
            #expect(hits.summary.hasSuffix("1 hits"), "\(path): \(hits.text)")
        }
        let names = try await fixture.call("grep", ["pattern": "^(-x|x.y|b.log)$|^logs/|^caf", "mode": "names"]).text
        #expect(names.contains("\n-x\n\"caf\\351\"\nlogs/.gitignore\nlogs/a.log\n\"x\\ny\"\n</"), "\(names)")
        let pipe = try await fixture.call("grep", ["pattern": "find", "path": "pipe"])
        #expect(pipe.outcome == .failed && pipe.text == "pipe is neither a file nor a folder.")
    }

    @Test(
        "A pattern is nothing but a pattern",
        arguments: ["-x", "--files", "'; touch owned; '", "$(touch owned)", "\\", "`id`", "é", "\"a b\""])
    func patterns(_ pattern: String) async throws {
        let fixture = try await ToolFixture(["a": "1\n\(pattern)\n3\n"])
        let found = try await fixture.call("grep", ["pattern": .string(pattern), "mode": "text"])
        #expect(found.text.contains("\na:2: \(pattern)\n"), "\(found.text)")
        #expect(!fixture.exists("owned"))
        let glob = try await fixture.call("grep", ["pattern": "1", "glob": .string(pattern)])
        #expect(glob.text.hasPrefix("No hits.") || glob.outcome == .failed, "\(glob.text)")
        #expect(!fixture.exists("owned"))
    }

    @Test("What is wrong with a pattern or a glob is said in ripgrep's words")
    func refused() async throws {
        let fixture = try await ToolFixture(["a": "x\n"])
        let broken = try await fixture.call("grep", ["pattern": "a(", "mode": "names"])
        #expect(broken.outcome == .failed && broken.text.contains("unclosed group"), "\(broken.text)")
        let lines = try await fixture.call("grep", ["pattern": "a\nb"])
        #expect(lines.outcome == .failed && lines.text.contains(#"'"\n"' is not allowed"#), "\(lines.text)")
        let glob = try await fixture.call("grep", ["pattern": "x", "glob": "[", "mode": "regex"])
        #expect(glob.outcome == .failed && glob.text.contains("unclosed character class"), "\(glob.text)")
        let missing = try await fixture.call("grep", ["pattern": "x", "path": "nowhere"])
        #expect(missing.outcome == .failed && missing.text.contains("nowhere"), "\(missing.text)")
        try await expectEqual(fixture.call("grep", ["pattern": "a\u{0}"]).outcome, .failed)
    }

    @Test("A search ends with its turn")
    func cancelled() async throws {
        let fixture = try await ToolFixture(["a": "x\n"])
        let task = Task { try await fixture.call("grep", ["pattern": "x"]) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("A missing program is named to the model and in the thread")
    func missing() async throws {
        let fixture = try await ToolFixture(["a": "x\n"], read: { _, _ in .exited(127) })
        let result = try await fixture.call("grep", ["pattern": "x"])
        expectEqual(result.outcome, .failed)
        #expect(result.text.contains("install the package ripgrep") && result.summary.contains("package ripgrep"))
    }

    @Test(
        "Ends that are not the program's own", arguments: [ShellExit.Status.timedOut, .outputLimit, .limit("memory")])
    func ended(_ status: ShellExit.Status) async throws {
        let fixture = try await ToolFixture(read: { _, _ in status })
        let result = try await fixture.call("grep", ["pattern": "x"])
        #expect(result.text.contains("was ended") && result.text.contains("a path or a glob"))
        expectEqual(result.outcome == .failed, status == .limit("memory"))
    }

    @Test("Lines of megabytes are cut, and end the search when there are too many")
    func large() async throws {
        let fixture = try await ToolFixture()
        try fixture.shell(
            "head -c 1000000 /dev/zero | tr '\\0' x > line; for n in $(seq 30); do cp line line$n; done; seq 200000 > all"
        )
        let one = try await fixture.call("grep", ["pattern": "x+", "path": "line"]).text
        #expect(one.utf8.count < 2_000 && one.contains("line:1: "), "\(one.prefix(300))")
        let many = try await fixture.call("grep", ["pattern": "x+"]).text
        #expect(many.utf8.count < 20 << 10 && many.contains("its lines are too long"), "\(many.suffix(300))")
        #expect(try await fixture.call("grep", ["pattern": "9", "path": "all"]).text.contains("first 100 hits"))
        try fixture.shell("head -c 5000 line > dense")
        let dense = try await fixture.call("grep", ["pattern": "x", "path": "dense"]).text
        #expect(dense.contains("Hits on 1 line were left out"), "\(dense)")
    }
}
