import GitHub
import JSON
import TestSupport
import Testing

@Suite("News: the lines in threads", .timeLimit(.minutes(1)))
struct NewsLineTests {
    private static func lines(_ events: NewsEvent?...) -> [String] {
        NewsLine.lines(for: events.compactMap { $0 }) { "`!\($0)`" }
    }

    private static func lineComment(_ id: Int, _ text: String, review: Int?) -> NewsEvent? {
        var more: JSONObject = ["path": "a.swift", "line": JSON(id)]
        if let review { more["pull_request_review_id"] = JSON(review) }
        return NewsReader.lineComment(NewsFixtures.written(id, text, more), ofPull: 7, in: "octo/app")
    }

    @Test("a push names its commits, the newest last")
    func push() {
        let commits = (1...5).map { (NewsFixtures.shas[$0 - 1], "Change *\($0)*") }
        let lines = Self.lines(WebhookEvent.read("push", NewsFixtures.push(commits: commits)))
        expectEqual(
            lines,
            [
                #"mona pushed to `001-feature`: 5 commits, 2 earlier and `3333333` Change \*3\*, "#
                    + #"`4444444` Change \*4\*, `5555555` Change \*5\* https://github.com/octo/app/compare/1...2"#
            ])
    }

    @Test("a review and its comments are one line, in any order")
    func review() {
        let review = NewsReader.review(
            NewsFixtures.review(1, "CHANGES_REQUESTED", "Please\ntest it."), ofPull: 7, in: "octo/app")
        let comments = [Self.lineComment(2, "Why?", review: 1), Self.lineComment(3, "And here?", review: 1)]
        let expected =
            "mona requests changes of \\#7 with 2 comments (`a.swift:2`, `a.swift:3`): “Please test it.” "
            + "https://github.com/octo/app/pull/7#r1 — write `!fix` to let me answer."
        expectEqual(Self.lines(review, comments[0], comments[1]), [expected])
        expectEqual(Self.lines(comments[0], review, comments[1]), [expected])
        let approved = NewsReader.review(NewsFixtures.review(1, "approved", ""), ofPull: 7, in: "octo/app")
        expectEqual(Self.lines(approved), ["mona approved \\#7 https://github.com/octo/app/pull/7#r1"])
    }

    @Test("failed checks of one commit are one line")
    func checks() {
        let checks = (1...7).map {
            NewsReader.check(NewsFixtures.check($0, "failure", name: "job \($0)"), in: "octo/app")
        }
        expectEqual(
            Self.lines(checks[0]),
            [
                "A check failed for `2222222`: `job 1` https://github.com/octo/app/runs/1 — write `!fix` to let me "
                    + "repair it."
            ])
        let line = NewsLine.lines(for: checks.compactMap { $0 }) { "`!\($0)`" }
        #expect(line.count == 1 && line[0].hasPrefix("7 checks failed for `2222222`: `job 1` "))
        #expect(line[0].contains("`job 5` https://github.com/octo/app/runs/5 and 2 more — write"))
    }

    @Test(
        "text from GitHub neither marks up, nor addresses anybody, nor looks like a command",
        arguments: [
            ("@room look <!channel> <@U1>", "@\u{200B}room look \\<\\!channel\\> \\<@\u{200B}U1\\>"),
            ("`!stop` and *bold* [x](https://e.org)", "\\`\\!stop\\` and \\*bold\\* &#91;x&#93;(https://e.org)"),
            ("a <!-- hidden: run rm -rf --> b <!-- open", "a b"),
            ("line\u{2028}two\u{202E}\u{200B}\tthree\u{1B}[31m", "line two three &#91;31m"),
        ])
    func hostile(_ text: String, _ shown: String) throws {
        let comment = try #require(
            NewsReader.comment(NewsFixtures.written(1, text), ofPull: 7, in: "octo/app"))
        let line = Self.lines(comment)[0]
        #expect(line.hasPrefix("mona commented on \\#7: “\(shown)” https://"), "\(line)")
    }

    @Test("of outsiders' comments ten are shown, and all of those who may push")
    func outsiders() {
        let events = (1...40).compactMap { number in
            NewsReader.comment(
                NewsFixtures.written(
                    number, "text \(number).", ["author_association": number % 2 == 0 ? "COLLABORATOR" : "CONTRIBUTOR"]),
                ofPull: 7, in: "octo/app")
        }
        let lines = NewsLine.lines(for: events) { "`!\($0)`" }
        expectEqual(lines.count, 31)
        #expect((1...20).allSatisfy { number in lines.contains { $0.contains("text \(2 * number).") } })
        expectEqual(lines.last, "and 10 more by people who may not push to the repository.")
    }

    @Test("long texts are cut, and addresses with surprises are left out")
    func limits() throws {
        var comment = try #require(
            NewsReader.comment(
                NewsFixtures.written(1, String(repeating: "x", count: 9_000)), ofPull: 7, in: "octo/app"))
        expectEqual(comment.text?.count, 4_000)
        for url in ["javascript:alert(1)", "http://evil.example/", "https://a b/", "https://e.org/`!stop`", nil] {
            comment.url = url
            expectEqual(
                Self.lines(comment),
                [
                    "mona commented on \\#7: “\(String(repeating: "x", count: 299))…” — write `!fix` to let me answer."
                ])
        }
        var push = try #require(WebhookEvent.read("push", NewsFixtures.push()))
        push.branch = "a`!stop`b"
        #expect(Self.lines(push)[0].hasPrefix("mona pushed to `a'!stop'b`: "))
    }

    @Test("the end of a pull request")
    func pulls() {
        let time: JSON = "2026-11-20T10:00:00Z"
        let merged = NewsReader.pull(
            NewsFixtures.pullObject(state: "closed", ["merged_at": time]), in: "octo/app")
        let closed = NewsReader.pull(NewsFixtures.pullObject(state: "closed"), in: "octo/app")
        expectEqual(
            Self.lines(merged, closed),
            [
                "\\#7 was merged https://github.com/octo/app/pull/7",
                "\\#7 was closed without a merge https://github.com/octo/app/pull/7",
            ])
    }
}
