import Crypto
import EventLoop
import HTTP
import HTTPServer
import JSON
import TestSupport
import Testing

/// The rules of GitHub's API, by plain HTTP.
@Suite("The GitHub stand-in's rules", .timeLimit(.minutes(1)))
@Net
struct GitHubRuleTests {
    static let token = "ghp_alice"

    /// A GitHub with octo/site, which alice may write to, and her client.
    static func started(
        files: [String: String] = ["README.md": "Hello\n"], isPrivate: Bool = false
    ) async throws -> (LoopbackGitHub, GitHubPerson) {
        let github = try await LoopbackGitHub.started()
        try await github.addRepository("octo/site", files: files, isPrivate: isPrivate, people: ["alice": .write])
        github.addToken(Self.token, HubToken("alice"))
        return (github, GitHubPerson(github, Self.token))
    }

    static func head(_ github: LoopbackGitHub, _ branch: String = "main") async throws -> String {
        try #require(try await github.head(branch, of: "octo/site"))
    }

    static func check(_ github: LoopbackGitHub) throws {
        let path = try #require(github.repository("octo/site")).git.path
        try RealGit(path)("fsck --strict --no-dangling")
    }

    @Test("Credentials: none, unknown, revoked, without a User-Agent, with too few rights")
    func credentials() async throws {
        let (github, alice) = try await Self.started(isPrivate: true)
        try await expectEqual(alice(.get, "/user").json["login"], "alice")
        let unnamed = try await alice(.get, "/user", nil, [("User-Agent", "")])
        expectEqual(unnamed.status, 403)
        let unknown = try await GitHubPerson(github, "ghp_other")(.get, "/user")
        #expect(unknown.status == 401 && unknown.message == "Bad credentials")
        try await expectEqual(GitHubPerson(github, nil)(.get, "/repos/octo/site").status, 404)
        try await expectEqual(GitHubPerson(github, nil)(.get, "/user").status, 401)
        github.addToken("ghp_poor", HubToken("alice", .scopes(["read:user"])))
        let poor = try await GitHubPerson(github, "ghp_poor")(.get, "/repos/octo/site/branches")
        expectEqual(poor.status, 404)
        expectEqual(poor.headers["x-oauth-scopes"], "read:user")
        github.addToken("ghu_alice", HubToken("alice", .person(permissions: ["contents": .read])))
        let fine = GitHubPerson(github, "ghu_alice")
        try await expectEqual(fine(.get, "/repos/octo/site/branches").status, 200)
        let refused = try await fine(.post, "/repos/octo/site/git/blobs", ["content": "x"])
        #expect(refused.status == 403 && refused.message == "Resource not accessible by integration")
        expectEqual(refused.headers["x-accepted-github-permissions"], "contents=write")
        github.revokeToken(Self.token)
        try await expectEqual(alice(.get, "/user").status, 401)
        await github.stop()
    }

    @Test("References: made, moved only forwards, with GitHub's errors")
    func references() async throws {
        let (github, alice) = try await Self.started()
        let base = "/repos/octo/site/git"
        let first = try await Self.head(github)
        let made = try await alice(.post, "\(base)/refs", ["ref": "refs/heads/work", "sha": .string(first)])
        #expect(made.status == 201 && made.json["object"]?["sha"]?.stringValue == first)
        let again = try await alice(.post, "\(base)/refs", ["ref": "refs/heads/work", "sha": .string(first)])
        #expect(again.status == 422 && again.message == "Reference already exists")
        let next = try await github.colleague().push("a.md", "a", to: "octo/site")
        try await expectEqual(alice(.patch, "\(base)/refs/heads/work", ["sha": .string(next)]).status, 200)
        let back = try await alice(.patch, "\(base)/refs/heads/work", ["sha": .string(first)])
        #expect(back.status == 422 && back.message == "Update is not a fast forward")
        let lost = try await alice(.patch, "\(base)/refs/heads/lost", ["sha": .string(first)])
        #expect(lost.status == 422 && lost.message == "Reference does not exist")
        try await expectEqual(alice(.get, "\(base)/ref/heads/lost").status, 404)
        try await expectEqual(alice(.get, "\(base)/ref/heads/main").json["object"]?["sha"]?.stringValue, next)
        try await github.addRepository("octo/empty", files: [:], people: ["alice": .write])
        let empty = try await alice(.get, "/repos/octo/empty/git/ref/heads/main")
        #expect(empty.status == 409 && empty.message == "Git Repository is empty.")
        try Self.check(github)
        await github.stop()
    }

    @Test("createCommitOnBranch writes and deletes files on the expected head only")
    func commits() async throws {
        let (github, alice) = try await Self.started(files: ["README.md": "Hello\n", "docs/old.md": "old\n"])
        let head = try await Self.head(github)
        let files = [("docs/a b.md", base64(Array("A\n".utf8))), ("docs/ä.md", base64(Array("Ä\n".utf8)))]
        let done = try await alice.commit(files, on: head, deleting: ["docs/old.md"])
        let id = try #require(done.json["data"]?["createCommitOnBranch"]?["commit"]?["oid"]?.stringValue)
        try await expectEqual(Self.head(github), id)
        try await expectEqual(github.text("docs/ä.md", on: "main", of: "octo/site"), "Ä\n")
        try await expectEqual(github.text("docs/old.md", on: "main", of: "octo/site"), nil)
        let git = RealGit(try #require(github.repository("octo/site")).git.path)
        var address = ""
        github.change("alice") { address = $0.address }
        try expectEqual(git("log -1 --format='%an <%ae> %cn %s'"), "alice <\(address)> GitHub Change")
        let url = try #require(done.json["data"]?["createCommitOnBranch"]?["commit"]?["url"]?.stringValue)
        try await expectEqual(alice(.get, url, nil, [("Accept", "text/html")]).status, 200)

        let stale = try await alice.commit(files, on: head)
        #expect(stale.status == 200 && stale.json["errors"]?[0]?["type"] == "STALE_DATA")
        expectEqual(stale.error, "Expected branch to point to \"\(head)\" but it did not. Pull and try again.")
        let lost = try await alice.commit(files, on: id, branch: "lost")
        expectEqual(lost.json["errors"]?[0]?["type"], "NOT_FOUND")
        let wrong = try await alice.commit([("a", "not base64!")], on: id)
        expectEqual(wrong.json["errors"]?[0]?["type"], "UNPROCESSABLE")
        let unknown = try await alice.query("{ viewer { login shoeSize } }")
        expectEqual(unknown.error, "Field 'shoeSize' doesn't exist on type 'User'")
        let null = try await alice.query(
            "mutation($i: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $i) { commit { oid } } }",
            ["i": ["branch": [:], "message": ["headline": "x"], "expectedHeadOid": .null, "extra": 1]])
        #expect(null.error.contains("was provided invalid value for"))
        try await expectEqual(Self.head(github), id)
        try Self.check(github)
        await github.stop()
    }

    @Test("Of many commits on one head at once, exactly one succeeds")
    func race() async throws {
        let (github, alice) = try await Self.started()
        let head = try await Self.head(github)
        var tasks: [Task<Bool, any Error>] = []
        for number in 0..<8 {
            tasks.append(
                Task { try await alice.commit([("\(number).md", "QQ==")], on: head).json["errors"] == nil })
        }
        var results: [Bool] = []
        for task in tasks { results.append(try await task.value) }
        expectEqual(results.count { $0 }, 1)
        try Self.check(github)
        await github.stop()
    }

    @Test("Trees, blobs and commits of the Git data endpoints")
    func objects() async throws {
        let (github, alice) = try await Self.started(files: ["a.md": "a", "b/c.md": "c", "b/d.md": "d"])
        let base = "/repos/octo/site/git"
        let head = try await Self.head(github)
        let commit = try await alice(.get, "\(base)/commits/\(head)").json
        let tree = try #require(commit["tree"]?["sha"])
        let blob = try await alice(.post, "\(base)/blobs", ["content": "/w==", "encoding": "base64"]).json
        let made = try await alice(
            .post, "\(base)/trees",
            [
                "base_tree": tree,
                "tree": [
                    ["path": "run.sh", "mode": "100755", "type": "blob", "content": "#!/bin/sh\n"],
                    ["path": "b/c.md", "mode": "100644", "type": "blob", "sha": .null],
                    ["path": "x.bin", "mode": "100644", "type": "blob", "sha": blob["sha"] ?? .null],
                ],
            ])
        expectEqual(made.status, 201)
        let next = try await alice(
            .post, "\(base)/commits",
            ["message": "Data", "tree": made.json["sha"] ?? .null, "parents": [.string(head)]])
        #expect(next.status == 201 && next.json["verification"]?["verified"] == false)
        let id = try #require(next.json["sha"])
        try await expectEqual(alice(.patch, "\(base)/refs/heads/main", ["sha": id]).status, 200)
        let listed = try await alice(.get, "\(base)/trees/main?recursive=1").json["tree"]?.arrayValue ?? []
        expectEqual(listed.compactMap { $0["path"]?.stringValue }, ["a.md", "b", "b/d.md", "run.sh", "x.bin"])
        expectEqual(listed.first { $0["path"] == "run.sh" }?["mode"], "100755")
        try Self.check(github)
        await github.stop()
    }

    @Test("Contents: files as they are, folders as lists, large files without content")
    func contents() async throws {
        let (github, alice) = try await Self.started(files: ["docs/n ä.md": "B"])
        let path = "/repos/octo/site/contents/docs/n%20%C3%A4.md"
        try await expectEqual(alice(.get, path, nil, [("Accept", "application/vnd.github.raw+json")]).text, "B")
        try await expectEqual(alice(.get, "/repos/octo/site/contents/docs").json[0]?["type"], "file")
        try await expectEqual(alice(.get, "/repos/octo/site/contents/none").status, 404)
        let big = String(repeating: "x", count: 1_100_000)
        try await github.colleague().push("big.txt", big, to: "octo/site")
        let cut = try await alice(.get, "/repos/octo/site/contents/big.txt").json
        #expect(cut["encoding"] == "none" && cut["content"] == "" && cut["size"] == 1_100_000)
        try Self.check(github)
        await github.stop()
    }

    @Test("Pages and ETags")
    func pages() async throws {
        let (github, alice) = try await Self.started()
        let git = RealGit(try #require(github.repository("octo/site")).git.path)
        try git.shell(
            "for i in $(seq 120); do echo \"create refs/heads/b$i $(git rev-parse main)\"; done | git update-ref --stdin"
        )
        let first = try await alice(.get, "/repos/octo/site/branches?per_page=500")
        expectEqual(first.json.arrayValue?.count, 100)
        let link = try #require(first.headers["link"])
        #expect(link.contains("rel=\"next\"") && link.contains("rel=\"last\""))
        let next = try #require(link.split(separator: ">").first?.dropFirst())
        try await expectEqual(alice(.get, String(next)).json.arrayValue?.count, 21)

        let tag = try #require(first.headers["etag"])
        let used = first.headers["x-ratelimit-used"]
        let same = try await alice(.get, "/repos/octo/site/branches?per_page=500", nil, [("If-None-Match", tag)])
        #expect(same.status == 304 && same.bytes.isEmpty)
        expectEqual(Int(same.headers["x-ratelimit-used"] ?? ""), Int(used ?? "").map { $0 + 1 })
        await github.stop()
    }

    @Test("Limits: primary, secondary, and what they say")
    func limits() async throws {
        let (github, alice) = try await Self.started()
        github.leave(2, for: "alice")
        try await expectEqual(alice(.get, "/user").headers["x-ratelimit-remaining"], "1")
        try await expectEqual(alice(.get, "/user").status, 200)
        let empty = try await alice(.get, "/user")
        #expect(empty.status == 403 && empty.headers["x-ratelimit-remaining"] == "0")
        #expect(empty.message.hasPrefix("API rate limit exceeded for user ID "))
        github.advance(by: 3_601)
        try await expectEqual(alice(.get, "/user").status, 200)

        github.setLimits { $0.contentMinute = 3 }
        let head = try await Self.head(github)
        var last: GitHubPerson.Answer?
        for number in 0..<4 {
            last = try await alice.commit([("\(number)", "QQ==")], on: head)
        }
        #expect(last?.status == 403 && last?.headers["retry-after"] == "60")
        expectEqual(last?.message.hasPrefix("You have exceeded a secondary rate limit"), true)
        #expect(github.ledger.limited == ["primary": 1, "secondary": 1] && github.ledger.statuses[403] == 2)
        github.advance(by: 61)
        try await expectEqual(alice(.get, "/user").status, 200)
        await github.stop()
    }

    @Test("Protected branches and archived repositories refuse")
    func protection() async throws {
        let (github, alice) = try await Self.started()
        let site = try #require(github.repository("octo/site"))
        var rules = GitHubRules()
        rules.protectedBranches = ["main"]
        try github.setRules(rules, of: site)
        let head = try await Self.head(github)
        let direct = try await alice.commit([("a", "QQ==")], on: head)
        #expect(direct.error.contains("Changes must be made through a pull request"))
        site.isArchived = true
        try await expectEqual(alice(.post, "/repos/octo/site/git/blobs", ["content": "x"]).status, 403)
        try await expectEqual(Self.head(github), head)
        await github.stop()
    }
}
