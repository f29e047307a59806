import EventLoop
import HTTP
import JSON
import TestSupport
import Testing

/// Pull requests, and Git's protocol.
@Suite("The GitHub stand-in's pull requests and Git server", .timeLimit(.minutes(1)))
@Net
struct GitHubPullTests {
    @Test("Pull requests: GitHub's rules, files, merging")
    func pulls() async throws {
        let (github, alice) = try await GitHubRuleTests.started()
        let pulls = "/repos/octo/site/pulls"
        let request: JSON = ["title": "Add", "head": "work", "base": "main", "body": "Why"]
        try await expectEqual(alice(.post, pulls, request).status, 422)
        let head = try await GitHubRuleTests.head(github)
        try await alice(.post, "/repos/octo/site/git/refs", ["ref": "refs/heads/work", "sha": .string(head)])
        try await expectEqual(alice(.post, pulls, request).error, "No commits between main and work")
        try await github.colleague("alice").push(
            ["new.md": "one\n", "README.md": "Hello you\n"], to: "octo/site", branch: "work")
        let made = try await alice(.post, pulls, request)
        #expect(made.status == 201 && made.json["number"] == 1 && made.json["mergeable"] == .null)
        try await expectEqual(alice(.post, pulls, request).error, "A pull request already exists for octo:work.")
        let got = try await alice(.get, "\(pulls)/1").json
        #expect(got["mergeable"] == true && got["changed_files"] == 2 && got["commits"] == 1)
        try await expectEqual(alice(.get, "\(pulls)?head=octo:work&state=open").json.arrayValue?.count, 1)
        try await expectEqual(alice(.get, "\(pulls)?head=bob:work").json.arrayValue?.isEmpty, true)
        let files = try await alice(.get, "\(pulls)/1/files").json
        expectEqual(files[0]?["patch"], "@@ -1 +1 @@\n-Hello\n+Hello you")
        let diff = try await alice(.get, "\(pulls)/1", nil, [("Accept", "application/vnd.github.diff")])
        #expect(diff.text.hasPrefix("diff --git a/README.md b/README.md"))
        let url = try #require(got["html_url"]?.stringValue)
        try await expectEqual(alice(.get, url, nil, [("Accept", "text/html")]).status, 200)

        let next = try await github.colleague("alice").push("new.md", "two\n", to: "octo/site", branch: "work")
        try await expectEqual(alice(.get, "\(pulls)/1").json["head"]?["sha"]?.stringValue, next)
        let git = RealGit(try #require(github.repository("octo/site")).git.path)
        try expectEqual(git("rev-parse refs/pull/1/head"), next)
        try await github.colleague().push("README.md", "Other\n", to: "octo/site")
        try await expectEqual(alice(.get, "\(pulls)/1").json["mergeable"], false)
        try await github.colleague("alice").push("README.md", "Hello\n", to: "octo/site", branch: "work")
        try await expectEqual(alice(.get, "\(pulls)/1").json["mergeable_state"], "clean")
        try await expectEqual(alice(.patch, "\(pulls)/1", ["title": "Better"]).json["title"], "Better")
        let merged = try await GitHubRuleTests.head(github, "work")
        try await github.colleague("alice").force("main", to: merged, of: "octo/site")
        try await expectEqual(github.text("new.md", on: "main", of: "octo/site"), "two\n")
        try await expectEqual(alice(.get, "\(pulls)/1").json["merged"], true)
        try GitHubRuleTests.check(github)
        await github.stop()
    }

    @Test("A fork is copied in the background, and its branch becomes a pull request")
    func forks() async throws {
        let (github, _) = try await GitHubRuleTests.started()
        github.addToken("ghp_carol", HubToken("carol"))
        let carol = GitHubPerson(github, "ghp_carol")
        try await expectEqual(
            carol.commit([("a", "QQ==")], on: try await GitHubRuleTests.head(github)).json["errors"]?[0]?[
                "type"], "FORBIDDEN")
        github.hold("fork")
        let fork = try await carol(.post, "/repos/octo/site/forks", [:])
        #expect(fork.status == 202 && fork.json["full_name"] == "carol/site")
        try await expectEqual(carol(.get, "/repos/carol/site/git/ref/heads/main").status, 409)
        github.release("fork")
        try await github.wait("the fork") { $0.repository("carol/site")?.isReady == true }
        let head = try #require(try await github.head("main", of: "carol/site"))
        let commit = try await carol.commit([("a", "QQ==")], on: head, of: "carol/site")
        expectEqual(commit.json["errors"], nil)
        let pull = try await carol(
            .post, "/repos/octo/site/pulls", ["title": "Mine", "head": "carol:main", "base": "main"])
        #expect(pull.status == 201 && pull.json["head"]?["repo"]?["fork"] == true)
        try await expectEqual(carol(.get, "/repos/octo/site/pulls/1/files").json[0]?["filename"], "a")
        await github.stop()
    }

    @Test("git clones, fetches and pushes with a token")
    func git() async throws {
        let (github, _) = try await GitHubRuleTests.started(isPrivate: true)
        let folder = try TemporaryDirectory()
        let port = github.url.dropFirst("http://".count)
        func url(_ token: String) -> String { "http://x-access-token:\(token)@\(port)/octo/site.git" }
        func run(_ words: String) async throws -> String {
            try await Self.run(folder.path, words)
        }
        let refused = try await run("git clone -q \(url("ghp_wrong")) wrong || echo refused")
        #expect(refused.contains("Authentication failed") && refused.hasSuffix("refused"))
        _ = try await run("git clone -q \(url(GitHubRuleTests.token)) work")
        _ = try await run(
            "cd work && git checkout -q -b topic && echo new >new.md && git add . && git commit -q -m New && git push -q origin topic"
        )
        try await expectEqual(github.text("new.md", on: "topic", of: "octo/site"), "new\n")
        try await github.colleague().push("b.md", "b", to: "octo/site", branch: "topic")
        let late = try await run(
            "cd work && echo x >x.md && git add . && git commit -q -m X && git push origin topic || echo refused")
        #expect(late.contains("[rejected]") && late.hasSuffix("refused"))
        try await expectEqual(
            run(
                "cd work && git clone -q --depth 1 --filter=blob:none \(url(GitHubRuleTests.token)) small && ls small"),
            "README.md")

        var rules = GitHubRules()
        rules.protectedBranches = ["main"]
        try github.setRules(rules, of: try #require(github.repository("octo/site")))
        let protected = try await run("cd work && git push origin HEAD:main || echo refused")
        #expect(protected.contains("GH006: Protected branch update failed for refs/heads/main"))
        github.addToken("ghp_reader", HubToken("reader"))
        try #require(github.repository("octo/site")).people["reader"] = .read
        let denied = try await run("cd work && git push \(url("ghp_reader")) HEAD:other || echo refused")
        #expect(denied.contains("403") && denied.hasSuffix("refused"))
        try GitHubRuleTests.check(github)
        await github.stop()
    }

    /// Runs a shell command beside the loop, which serves its requests.
    @concurrent nonisolated static func run(_ path: String, _ words: String) async throws -> String {
        try RealGit(path).shell("export GIT_TERMINAL_PROMPT=0 HOME=/nonexistent; (\(words))")
    }
}
