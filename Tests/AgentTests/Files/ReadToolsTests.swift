import Agent
import JSON
import TestSupport
import Testing

@Suite("Reading files", .timeLimit(.minutes(1)))
struct ReadToolsTests {
    @Test("A file is shown with line numbers, or a part of it")
    func read() async throws {
        let fixture = try await ToolFixture(["src/a.txt": "one\ntwo\nthree\nfour"])
        let whole = try await fixture.call("read", ["path": "src/a.txt"])
        expectEqual(whole.outcome, .done)
        #expect(
            whole.text.contains("from=\"src/a.txt, lines 1 to 4 of 4\">\n1\tone\n2\ttwo\n3\tthree\n4\tfour\n</data-"))
        #expect(whole.text.hasSuffix("The last line has no line break."))
        let part = try await fixture.call("read", ["path": "/workspace/src/a.txt", "from": 2, "to": 3])
        #expect(part.text.contains("lines 2 to 3 of 4\">\n2\ttwo\n3\tthree\n</"))
        expectEqual(part.summary, "read src/a.txt:2-3")
        #expect(try await fixture.call("read", ["path": "src/a.txt", "from": 9]).text.contains("has 4 lines"))
        try await expectEqual(fixture.call("read", ["path": "src/a.txt", "from": 3, "to": 2]).outcome, .failed)
    }

    @Test("Long files and lines are cut, and the model learns how to read on")
    func long() async throws {
        let fixture = try await ToolFixture([
            "lines": (1...5_000).map { "\($0)\n" }.joined(), "wide": String(repeating: "ä", count: 300_000),
            "bytes": (1...1_000).map { _ in String(repeating: "x", count: 99) + "\n" }.joined(),
        ])
        let lines = try await fixture.call("read", ["path": "lines"])
        #expect(lines.text.contains("lines 1 to 2000 of 5000") && lines.text.contains("Read on with from: 2001."))
        let rest = try await fixture.call("read", ["path": "lines", "from": 4_000])
        #expect(rest.text.contains("lines 4000 to 5000 of 5000") && !rest.text.contains("Read on"))
        let wide = try await fixture.call("read", ["path": "wide"])
        #expect(wide.text.contains("… (600000 bytes)") && wide.text.count < 2_500)
        let bytes = try await fixture.call("read", ["path": "bytes"])
        #expect(bytes.text.utf8.count < 51 << 10 && bytes.text.contains("Read on with from: "))
    }

    @Test("What is no text, or not there")
    func other() async throws {
        let fixture = try await ToolFixture(["deep/down/name.swift": "x", "empty": ""])
        try fixture.shell("printf '\\211PNG\\000\\001' > image; printf 'caf\\351' > latin")
        try await expectEqual(
            fixture.call("read", ["path": "image"]).text, "image is a PNG image of 6 bytes, not text.")
        #expect(try await fixture.call("read", ["path": "latin"]).text.contains("caf\u{FFFD}"))
        try await expectEqual(fixture.call("read", ["path": "empty"]).text, "empty is empty.")
        let missing = try await fixture.call("read", ["path": "name.swift"])
        #expect(missing.text.contains("no file name.swift. Did you mean deep/down/name.swift?"))
        #expect(try await fixture.call("read", ["path": "deep"]).text.contains("is a folder, not a file"))
    }

    @Test("A listing has three levels at most, and leaves out what is ignored")
    func list() async throws {
        let fixture = try await ToolFixture([
            "a/b/c/d": "x", "build/out": "x", ".gitignore": "build/\n*.log\n", "a/x.log": "x",
            "a/.gitignore": "!x.log\n",
        ])
        try fixture.shell("ln -s /etc/passwd link; mkfifo pipe; mkdir .git; touch .git/config")
        let one = try await fixture.call("list", [:]).text.split(separator: "\n").dropFirst().dropLast()
        expectEqual(one, [".gitignore\t13 bytes", "a/", "link\tsymbolic link", "pipe\tpipe, socket or device"])
        let three = try await fixture.call("list", ["depth": 3])
        #expect(three.text.contains("a/b/c/\n") && !three.text.contains("a/b/c/d"))
        #expect(three.text.contains("a/x.log"))
        #expect(try await fixture.call("list", ["path": "build"]).text.contains("build/out"))
        try await expectEqual(fixture.call("list", ["path": "link"]).outcome, .failed)
        try fixture.shell("mkdir many; cd many; seq 600 | xargs touch")
        let many = try await fixture.call("list", ["path": "many"])
        #expect(many.text.contains("Only the first 500") && many.text.split(separator: "\n").count == 503)
    }
}
