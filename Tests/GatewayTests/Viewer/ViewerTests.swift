import Chat
import HTTP
import JSON
import Primitives
import TestSupport
import Testing
import Threads

@testable import Gateway

@Suite("Viewer", .timeLimit(.minutes(1)))
struct ViewerTests {
    private func page(_ target: String, _ check: (Caller.Answer) throws -> Void) async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn().with("Accept", "text/html")
            try check(try await caller.send(.get, target))
        }
    }

    @Test(
        "hostile names, messages and contents are shown only as text",
        arguments: [
            "/r/notes", "/r/notes?branch=feature/x", "/r/notes/commit/4f9c2b7", "/r/notes/commits/main",
            "/r/notes/tree/main",
            "/r/notes/tree/main/folder",
            "/r/notes/blob/main/readme.md",
            "/r/notes/blob/main/readme.md?view=source", "/r/notes/blob/main/folder/evil.html",
        ])
    func hostile(target: String) async throws {
        try await self.page(target) { answer in
            expectEqual(answer.status, 200)
            let hasCode = ["/commit/", "view=source", "evil.html"].contains { target.contains($0) }
            expectEqual(
                answer.headers["content-security-policy"],
                hasCode ? SecurityHeaders.codePolicy : SecurityHeaders.viewerPolicy)
            // Only the one that colours code.
            let scripts = [
                answer.text.ranges(of: "<script"), answer.text.ranges(of: #"<script type="module" src="/assets/"#),
            ]
            expectEqual(scripts.map(\.count), hasCode ? [1, 1] : [0, 0])
            #expect(!answer.text.contains("onload='"))
            #expect(!answer.text.contains("\" onload"))
            #expect(!answer.text.contains("href=\"javascript"))
            #expect(!answer.text.contains("\u{202E}") || target == "/r/notes/blob/main/readme.md")
            expectEqual(answer.headers["cache-control"], "no-store")
        }
    }

    @Test("a commit shows its author, its committer and every kind of change")
    func commit() async throws {
        try await self.page("/r/notes/commit/\(FakeViewer.sha)") { answer in
            let text = answer.text
            #expect(text.contains("Committed by"))
            #expect(text.contains("2026-03-01 14:05 +0100"))
            #expect(text.contains("Jetbridge-Task: <a href=\"/tasks?task=notes%2FT1%3Cscript%3E"))
            #expect(text.contains("5 files changed"))
            #expect(text.contains("1 more file changed"))
            #expect(
                text.contains("<td class=\"line\" data-n=\"11\"></td><td class=\"line\"></td><td class=\"sign\">−</td>")
            )
            #expect(text.contains("old name.md → new name.md"))
            #expect(text.contains("href=\"/r/notes/blob/\(FakeViewer.sha)/new%20name.md\""))
            #expect(text.contains("Binary or very large file"))
            #expect(text.contains("Only the first 1500 lines"))
            #expect(text.contains("⟨U+202E⟩"))
            #expect(text.contains("␀␛"))
        }
    }

    @Test("lines have numbers and anchors; Markdown is rendered, or shown as source on request")
    func blob() async throws {
        try await self.page("/r/notes/blob/feature%2Fx/folder/evil.html") { answer in
            #expect(answer.text.contains("id=\"L2\""))
            #expect(answer.text.contains("2 lines, 33 bytes"))
            #expect(answer.text.contains("href=\"/r/notes/raw/feature%2Fx/folder/evil.html\""))
        }
        try await self.page("/r/notes/blob/feature%2Fx/docs/a%20b.md") { answer in
            #expect(answer.text.contains("<a href=\"/d/notes/feature%2Fx/docs/a%20b.md\">Edit</a>"))
        }
        try await self.page("/r/notes/blob/main/readme.md") { answer in
            #expect(!answer.text.contains(">Edit</a>"))
            #expect(answer.text.contains("<h1>Title</h1>"))
            #expect(answer.text.contains("?view=source"))
        }
        try await self.page("/r/notes/blob/main/readme.md?view=source") { answer in
            #expect(answer.text.contains("# Title"))
        }
    }

    @Test(
        "a file that is not shown says why",
        arguments: [
            ("logo.png", "Binary file"), ("huge.txt", "Too large"), ("long.bin", "Too large to show"),
            ("empty", "Empty file"),
        ])
    func notShown(path: String, words: String) async throws {
        try await self.page("/r/notes/blob/main/\(path)") { answer in
            expectEqual(answer.status, 200)
            #expect(answer.text.contains(words))
            #expect(!answer.text.contains("<script"))
        }
    }

    @Test("a refused file says why and what to do")
    func refusal() async throws {
        try await self.page("/r/notes/raw/main/refused") { answer in
            expectEqual(answer.status, 503)
            #expect(answer.text.contains("larger than 64 MB: clone the repository."))
        }
    }

    @Test(
        "a commit that is too large says so, on its page and in the API",
        arguments: ["/r/notes/commit/huge", "/api/v1/repositories/notes/commits/huge"])
    func tooLarge(path: String) async throws {
        try await self.page(path) { answer in
            expectEqual(answer.status, 413)
            #expect(answer.text.contains("too large to show: the commit is huge"))
        }
    }

    @Test("a download is never rendered under the gateway's origin")
    func raw() async throws {
        try await self.page("/r/notes/raw/main/folder/evil.html") { answer in
            expectEqual(answer.headers["content-type"], "text/plain; charset=utf-8")
            expectEqual(answer.headers["content-disposition"], "attachment; filename*=UTF-8''evil.html")
            expectEqual(answer.headers["x-content-type-options"], "nosniff")
            expectEqual(answer.headers["content-security-policy"]?.contains("sandbox"), true)
        }
    }

    @Test("a person downloads long files, one after the other")
    func longDownloads() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn()
            for _ in 0..<3 {
                let answer = try await caller.send(.get, "/r/notes/raw/main/long.bin")
                expectEqual(answer.status, 200)
                expectEqual(answer.body.count, 9 << 20)
            }
        }
    }

    @Test(
        "a missing object gives a page with status 404",
        arguments: [
            "/r/other", "/r/notes?branch=none", "/r/notes/commit/ffff", "/r/notes/commits/missing",
            "/r/notes/blob/main/none",
            "/r/notes/tree/main/none", "/a/999", "/a/x",
            "/r/notes/blob/main/../../etc/passwd", "/r/notes/blob/main/%2e%2e/x", "/r/%3Cscript%3E",
        ])
    func missing(target: String) async throws {
        try await self.page(target) { answer in
            expectEqual(answer.status, 404)
            expectEqual(answer.headers["content-type"]?.hasPrefix("text/html"), true)
            #expect(!answer.text.contains("<script"))
        }
    }

    @Test("a long answer can be read in full by anyone who may see its thread")
    func answer() async throws {
        let worker = StepWorker([.event(.text("# Plan\n\n<script>alert(1)</script>\n\n- [x] done"))])
        try await GatewayHarness.run(worker: worker) { harness in
            let caller = try await harness.signedIn(.member)
            let thread = try await caller.newThread()
            _ = try await caller.ended(try await caller.write("plan", to: thread))
            let items =
                try await caller.send(.get, "/api/v1/threads/\(thread)/messages").expect(200)["items"]?.arrayValue ?? []
            let id = try #require(items.last?["id"]?.stringValue)
            let page = try await caller.send(.get, "/a/\(id)")
            expectEqual(page.status, 200)
            #expect(page.text.contains("<h1>Plan</h1>"))
            #expect(!page.text.contains("<script"))
            #expect(page.text.contains("/#/t/\(thread)"))
            let question = try #require(items.first?["id"]?.stringValue)
            try await expectEqual(caller.send(.get, "/a/\(question)").status, 404)
            try await expectEqual(harness.signedIn(.member).send(.get, "/a/\(id)").status, 404)
            try await expectEqual(harness.anybody.with("Accept", "text/html").send(.get, "/a/\(id)").status, 303)
        }
    }
}

@Suite("Page parts")
struct PagePartTests {
    @Test(
        "interpolated text is escaped",
        arguments: [
            ("<b>", "&lt;b&gt;"), ("\" onclick=\"x", "&quot; onclick=&quot;x"), ("'", "&#39;"), ("&lt;", "&amp;lt;"),
            ("é", "é"),
        ])
    func escaping(text: String, expected: String) {
        let page: HTML = "<p title=\"\(text)\">\(text)</p>"
        expectEqual(page.text, "<p title=\"\(expected)\">\(expected)</p>")
    }

    @Test(
        "times are shown in their recorded zone",
        arguments: [
            (0, 0, "1970-01-01 00:00 +0000", "1970-01-01T00:00:00+00:00"),
            (1_772_370_300, 60, "2026-03-01 14:05 +0100", "2026-03-01T14:05:00+01:00"),
            (951_782_400, -330, "2000-02-28 18:30 -0530", "2000-02-28T18:30:00-05:30"),
            (-1, 0, "1969-12-31 23:59 +0000", "1969-12-31T23:59:59+00:00"),
            (4_102_444_799, 840, "2100-01-01 13:59 +1400", "2100-01-01T13:59:59+14:00"),
        ])
    func times(seconds: Int64, offset: Int, text: String, machine: String) {
        let time = CommitTime(seconds: seconds, offset: offset)
        expectEqual(time.text, text)
        expectEqual(time.machine, machine)
    }

    @Test("extreme times can be shown", arguments: [Int64.max, Int64.min])
    func extremeTimes(seconds: Int64) {
        #expect(!CommitTime(seconds: seconds, offset: .max).text.isEmpty)
    }

    @Test("slashes are kept in paths and encoded in refs")
    func paths() {
        expectEqual(ViewerPath.blob("notes", "feature/x", "a b/ü?.md"), "/r/notes/blob/feature%2Fx/a%20b/%C3%BC%3F.md")
        expectEqual(ViewerPath.tree("notes", "main"), "/r/notes/tree/main")
    }
}
