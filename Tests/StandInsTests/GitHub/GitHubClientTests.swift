import EventLoop
import JSON
import Processes
import TestSupport
import Testing

/// The stand-in, tested with PyGithub and GitHub's program `gh`.
@Suite("The GitHub stand-in and real clients", .timeLimit(.minutes(2)))
@Net
struct GitHubClientTests {
    @Test("PyGithub reads, commits, opens pull requests, reviews, and signs in as an app")
    func pyGithub() async throws {
        let (github, _) = try await GitHubRuleTests.started()
        let site = try #require(github.repository("octo/site"))
        site.people["bob"] = .write
        github.addToken("ghp_bob", HubToken("bob"))
        github.addToken("ghp_octo", HubToken("octo"))
        let git = RealGit(site.git.path)
        try git.shell(
            "for i in $(seq 40); do echo \"create refs/heads/b$i $(git rev-parse main)\"; done | git update-ref --stdin"
        )
        let folder = try TemporaryDirectory()
        try RealGit(folder.path).shell(
            "openssl genrsa -out key 2048 2>/dev/null && openssl rsa -in key -pubout -out public 2>/dev/null")
        let shell = RealGit(folder.path)
        var app = GitHubApp(id: 77, clientID: "Iv1.robot", slug: "robot", publicKey: try shell.shell("cat public"))
        app.installations = [
            .init(id: 5, account: "octo", permissions: ["contents": .write, "checks": .write])
        ]
        github.addApp(app)
        let place: JSON = [
            "url": .string(github.url), "alice": .string(GitHubRuleTests.token), "bob": "ghp_bob", "octo": "ghp_octo",
            "app": 77, "key": .string(try shell.shell("cat key") + "\n"),
        ]
        let result = try await PythonClients.github.run(
            script: "Tests/StandInsTests/GitHub/clients/pygithub_client.py", [place.text])
        expectEqual(result.status, .exited(0), "\(result.text)\(result.errorText)")
        #expect(result.text.contains("ok"))
        #expect(github.ledger.limited.isEmpty)
        try GitHubRuleTests.check(github)
        await github.stop()
    }

    /// Runs `gh`. For the host github.localhost it uses plain HTTP, here through the stand-in as its proxy.
    private func gh(_ github: LoopbackGitHub, _ arguments: [String], in folder: String = "/tmp") async throws
        -> Process.Result
    {
        try await Process.run(
            .tied(
                "/usr/bin/gh", arguments,
                environment: [
                    "PATH": "/usr/bin:/bin", "HOME": folder, "GH_CONFIG_DIR": "\(folder)/gh",
                    "GH_HOST": "github.localhost",
                    "GH_TOKEN": GitHubRuleTests.token, "http_proxy": github.url, "HTTP_PROXY": github.url,
                    "GH_NO_UPDATE_NOTIFIER": "1", "GH_PROMPT_DISABLED": "1", "NO_COLOR": "1",
                    "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null",
                ], directory: folder))
    }

    @Test("gh asks the API, page by page, and shows repositories")
    func ghAPI() async throws {
        let (github, _) = try await GitHubRuleTests.started()
        let git = RealGit(try #require(github.repository("octo/site")).git.path)
        try git.shell(
            "for i in $(seq 120); do echo \"create refs/heads/b$i $(git rev-parse main)\"; done | git update-ref --stdin"
        )
        let user = try await self.gh(github, ["api", "user", "--jq", ".login"])
        expectEqual(user.text, "alice\n", "\(user.errorText)")
        let all = try await self.gh(github, ["api", "--paginate", "repos/octo/site/branches", "--jq", ".[].name"])
        expectEqual(all.text.split(separator: "\n").count, 121, "\(all.errorText)")
        let none = try await self.gh(github, ["api", "repos/octo/none"])
        #expect(none.status == .exited(1) && none.errorText.contains("Not Found (HTTP 404)"))
        let query = try await self.gh(
            github, ["api", "graphql", "-f", "query={viewer{login}}", "--jq", ".data.viewer.login"])
        expectEqual(query.text, "alice\n", "\(query.errorText)")
        let view = try await self.gh(
            github, ["repo", "view", "octo/site", "--json", "nameWithOwner,defaultBranchRef,viewerPermission"])
        #expect(view.text.contains("\"nameWithOwner\":\"octo/site\""), "\(view.errorText)")
        #expect(view.text.contains("\"viewerPermission\":\"WRITE\""))
        await github.stop()
    }

    @Test("gh creates, lists and views pull requests")
    func ghPulls() async throws {
        let (github, _) = try await GitHubRuleTests.started()
        try await github.colleague("alice").push("new.md", "new\n", to: "octo/site", branch: "topic")
        let folder = try TemporaryDirectory()
        let name = "github.localhost/octo/site"
        let made = try await self.gh(
            github,
            ["pr", "create", "-R", name, "--head", "topic", "--base", "main", "--title", "Add", "--body", "Why"],
            in: folder.path)
        #expect(made.text.hasSuffix("/octo/site/pull/1\n"), "\(made.errorText)")
        let again = try await self.gh(
            github,
            ["pr", "create", "-R", name, "--head", "topic", "--base", "main", "--title", "Add", "--body", "Why"],
            in: folder.path)
        #expect(again.errorText.contains("already exists"), "\(again.text)\(again.errorText)")
        let list = try await self.gh(github, ["pr", "list", "-R", name], in: folder.path)
        #expect(list.text.hasPrefix("1\tAdd\ttopic\tOPEN"), "\(list.text)\(list.errorText)")
        let view = try await self.gh(github, ["pr", "view", "1", "-R", name], in: folder.path)
        #expect(view.text.contains("title:\tAdd") && view.text.contains("Why"), "\(view.text)\(view.errorText)")
        let diff = try await self.gh(github, ["pr", "diff", "1", "-R", name], in: folder.path)
        #expect(diff.text.contains("+new"), "\(diff.errorText)")
        await github.stop()
    }
}
