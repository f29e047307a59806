import Chat
import Git
import JSON
import Jail
import Primitives
import Processes
import TestSupport
import Testing
import Work

@testable import Agent

@Suite("Commands, commits and pages", .timeLimit(.minutes(1)))
struct CommandToolsTests {
    @Test("A command's output comes as data, its exit last")
    func shell() async throws {
        let desk = FakeDesk("ok\n\u{1B}[31mred\n", errors: "warned\n", status: .exited(3))
        let fixture = try await ToolFixture(desk: desk)
        let intent = try await fixture.intent("shell", ["command": "swift test && echo 'a b'", "timeout": "60"])
        #expect(intent.subject == "swift test && echo 'a b'" && intent.directory == "/workspace/src")
        let result = try await fixture.perform(intent)
        #expect(result.outcome == .failed && !result.hasChanges)
        #expect(result.text.contains("from=\"shell\">\nok\n␛[31mred\nwarned\n</data-"))
        #expect(result.text.hasSuffix("\nexit 3"))
        expectEqual(result.summary, "swift test && echo 'a b', exit 3 · 1.2 s")
        #expect(desk.commands == ["swift test && echo 'a b'"] && desk.timeouts == [.seconds(60)])
    }

    @Test("5 MB in one line is cut, with how to get at the rest")
    func hugeOutput() async throws {
        let fixture = try await ToolFixture(desk: FakeDesk(String(repeating: "x", count: 5 << 20) + "END\n"))
        let text = try await fixture.call("shell", ["command": "make"]).text
        #expect(text.utf8.count < 17 << 10)
        #expect(
            text.contains("of 5242884 bytes left out. Run it again with output to a file") && text.contains("xEND\n"))
        #expect(text.hasSuffix("exit 0"))
    }

    @Test("Changes of a command are named, secrets in its output are not")
    func effects() async throws {
        var played = FakeDesk.Played()
        let secret = "ghp_" + String(repeating: "a1B2", count: 9)
        played.output = [CommandOutput(stream: .standardOutput, text: "token \(secret)\n")]
        played.changes = [WorkspaceChange(kind: .added, path: "out\u{202E}", digest: nil)]
        let result = try await ToolFixture(desk: FakeDesk(played)).call("shell", ["command": "make"])
        #expect(result.hasChanges)
        #expect(result.text.contains("Changed files: out⟨U+202E⟩\n</data-"))
        #expect(!result.text.contains(secret) && result.text.contains("redacted"))
    }

    @Test("What did not run, and what can't run")
    func refused() async throws {
        var played = FakeDesk.Played()
        played.failure = TurnFailure("The command was not run: the disk is full")
        let fixture = try await ToolFixture(desk: FakeDesk(played))
        let result = try await fixture.call("shell", ["command": "ls"])
        #expect(result.outcome == .failed && result.text == "The command was not run: the disk is full")
        try await expectEqual(fixture.call("shell", ["command": " \n"]).text, "The command is empty.")
        #expect(try await fixture.call("shell", ["command": "a\u{0}b"]).text.contains("null character"))
        let long = String(repeating: "x", count: 40_000)
        #expect(try await fixture.call("shell", ["command": .string(long)]).text.contains("Write a script"))
        try await expectEqual(
            ToolFixture(desk: FakeDesk()).call("shell", ["command": "true"]).text, "There was no output.\nexit 0")
    }

    @Test("A commit says what it holds")
    func commit() async throws {
        let desk = FakeDesk()
        let fixture = try await ToolFixture(desk: desk)
        let result = try await fixture.call("commit", ["message": " Mend the test\n\nBecause.\n"])
        expectEqual(result.text, "Commit abababa on work: Mend the test, 2 files +3 −1")
        expectEqual(desk.messages, ["Mend the test\n\nBecause."])
        desk.draft.withLock { $0 = nil }
        #expect(try await fixture.call("commit", ["message": "More"]).text.contains("nothing to commit"))
        try await expectEqual(fixture.call("commit", ["message": "  "]).outcome, .failed)
    }

    @Test("A page is fetched by a program in the jail, and comes as text")
    func fetch() async throws {
        let page = """
            <html><head><title>The &amp; title</title><style>p{}</style></head><body><script>evil("<p>")</script>
            <h1>Head</h1><p>One   <b>two</b><br>three &lt;four&gt; &#228;&#x20AC; &nope; <a href="https://e.org/x?a=1&amp;b">link</a></p>
            <!-- <p>hidden</p> --><ul><li>a<li>b</ul></body></html>
            """
        let desk = FakeDesk(page, errors: "fetched 200 text/html; charset=utf-8 https://e.org/final\n")
        let fixture = try await ToolFixture(desk: desk)
        let intent = try await fixture.intent("fetch", ["url": "https://E.org/a?b=c&d"])
        expectEqual(intent.subject, "https://E.org/a?b=c&d")
        let result = try await fixture.perform(intent)
        #expect(result.outcome == .done && result.summary == "fetch https://E.org/a?b=c&d, 200")
        #expect(result.text.contains("from=\"https://e.org/final\">\nThe & title\n"), "\(result.text)")
        #expect(
            result.text.contains("# Head\n\nOne two\nthree <four> ä€ &nope; [link](https://e.org/x?a=1&b)\n"),
            "\(result.text)")
        #expect(!result.text.contains("evil") && !result.text.contains("hidden"))
        expectEqual(desk.addresses, ["e.org:443"])
        #expect(
            desk.commands[0].contains("--proto =http,https")
                && desk.commands[0].contains("-- 'https://E.org/a?b=c&d' | head"))
    }

    @Test("What can't be fetched")
    func noFetch() async throws {
        let none = try await ToolFixture(desk: FakeDesk(FakeDesk.Played(), hasNetwork: false))
        guard case .failed(let refused) = try await none.prepare("fetch", ["url": "https://e.org"]) else {
            Issue.record("prepared without a network")
            return
        }
        #expect(refused.text.contains("no network"))
        let failing = try await ToolFixture(
            desk: FakeDesk(
                "", errors: "curl: (6) Could not resolve host: e.org\nfetched 000  https://e.org\n", status: .exited(6))
        )
        #expect(try await failing.call("fetch", ["url": "https://e.org"]).text.contains("Could not resolve host"))
        let image = try await ToolFixture(desk: FakeDesk("x", errors: "fetched 200 image/png https://e.org/\n"))
        #expect(
            try await image.call("fetch", ["url": "https://e.org"]).text.contains("is image/png of 1 bytes, not text"))
        let missing = try await ToolFixture(desk: FakeDesk("gone", errors: "fetched 404 text/plain https://e.org/\n"))
        try await expectEqual(missing.call("fetch", ["url": "https://e.org"]).outcome, .failed)
    }

    @Test(
        "Addresses that are refused",
        arguments: [
            "", "e.org", "file:///etc/passwd", "ftp://e.org", "https://", "https://user:pw@e.org",
            "https://e.org/'; rm -r .; '",
            "https://e.org/$(id)`id`", "https://e.org/a b", "https://e.org/\u{202E}", "https://e.org:0/",
            "https://e.org:x/",
            "https://e.org\\@evil.org/", "javascript:alert(1)", "http://e.org/\n--output=x", "-o x https://e.org",
        ])
    func addresses(_ url: String) async throws {
        let desk = FakeDesk()
        try await expectEqual(ToolFixture(desk: desk).call("fetch", ["url": .string(url)]).outcome, .failed)
        #expect(desk.commands.isEmpty)
    }

    @Test("An address's place is what the jail's network calls it")
    func places() throws {
        try expectEqual(WebAddress("https://e.org").place, "e.org:443")
        try expectEqual(WebAddress("HTTP://E.org:8080/x").place, "e.org:8080")
        try expectEqual(WebAddress("http://e.org?x").place, "e.org:80")
    }

    @Test("A PDF comes as its text, and what can't be read of one says why")
    func pdf() async throws {
        let read = try await ToolFixture(
            desk: FakeDesk("Page one", errors: "fetched 200 application/pdf https://e.org/a.pdf\nis a pdf\n"))
        let result = try await read.call("fetch", ["url": "https://e.org/a.pdf"])
        #expect(result.outcome == .done && result.text.contains("Page one"))
        let lacking = try await ToolFixture(
            desk: FakeDesk(
                "",
                errors: "fetched 200 application/pdf https://e.org/a.pdf\nis a pdf\npdf: it is damaged\n",
                status: .exited(0)))
        try await expectEqual(
            lacking.call("fetch", ["url": "https://e.org/a.pdf"]).text,
            "https://e.org/a.pdf is a PDF that could not be read: it is damaged.")
    }

    @Test("The command runs in a shell: a page as it is, a PDF as text")
    func command() async throws {
        let directory = try TemporaryDirectory()
        let command = try FetchTool.command(WebAddress("https://e.org/a"))
        // A curl that gives a file.
        directory.write("curl", "#!/bin/sh\ncat $PAGE\n", mode: 0o700)
        func run(_ page: String) async throws -> Process.Result {
            try await Process.run(
                ProcessPlan(
                    "/bin/bash", ["-c", command],
                    environment: ["PATH": "\(directory.path):/usr/bin:/bin", "PAGE": directory.write("page", page)]))
        }
        let page = try await run("<p>Hello</p>")
        #expect(page.text == "<p>Hello</p>" && page.errorText == "sized 12\n" && page.status == .exited(0))
        let pdf = try await run(Self.pdf)
        #expect(pdf.text.contains("Hello from a PDF") && pdf.errorText.hasPrefix("is a pdf"), "\(pdf.errorText)")
        let broken = try await run("%PDF-1.4 nothing")
        #expect(broken.errorText.contains("pdf: it is damaged, or needs a password"), "\(broken.errorText)")
    }

    /// One page; its table of offsets is left to the reader to mend.
    private static let pdf = """
        %PDF-1.4
        1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj
        2 0 obj <</Type/Pages/Kids[3 0 R]/Count 1>> endobj
        3 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>> endobj
        4 0 obj <</Length 47>> stream
        BT /F 12 Tf 20 100 Td (Hello from a PDF) Tj ET 
        endstream endobj
        5 0 obj <</Type/Font/Subtype/Type1/BaseFont/Helvetica>> endobj
        trailer <</Root 1 0 R>>
        %%EOF

        """
}
