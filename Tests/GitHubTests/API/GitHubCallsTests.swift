import HTTP
import JSON
import Models
import Primitives
import TestSupport
import Testing

@testable import GitHub

@Suite("GitHub: calls", .timeLimit(.minutes(1)))
struct GitHubCallsTests {
    private typealias Answer = ScriptedTransport.Answer
    private static let repository = GitHubRig.repository
    private static let pull = #"""
        {"number":7,"title":"T","body":null,"state":"open","draft":true,"html_url":"https://github.com/octo/app/pull/7",
        "user":{"login":"me","id":1,"type":"Bot"},"base":{"ref":"main","sha":"b","repo":{"full_name":"octo/app"}},
        "head":{"ref":"x","sha":"h","repo":null},"mergeable":null,"future":{"a":[1]}}
        """#

    @Test("a repository with its rights; a renamed one has its present name")
    func repository() async throws {
        let rig = try GitHubRig(
            .json(
                #"""
                {"id":5,"full_name":"octo/renamed","default_branch":"trunk","private":true,"fork":true,"archived":true,
                "permissions":{"push":false,"admin":false},"parent":{"full_name":"up/app"},"html_url":"https://github.com/octo/renamed"}
                """#))
        let found = try await rig.client.repository(Self.repository)
        expectEqual(found.name, GitHubRepositoryName(owner: "octo", name: "renamed"))
        expectEqual(found.defaultBranch, "trunk")
        #expect(found.isPrivate && found.isFork && found.isArchived)
        expectEqual(found.canPush, false)
        expectEqual(found.parent, GitHubRepositoryName(owner: "up", name: "app"))
    }

    @Test("an installation lists its own repositories")
    func repositories() async throws {
        let rig = try GitHubRig(
            .json(#"{"total_count":1,"repositories":[{"full_name":"octo/app"}]}"#),
            tokens: FixedToken(try GitHubRig.token("ghs_" + String(repeating: "a", count: 36))))
        try await expectEqual(rig.client.repositories().items.map(\.name), [Self.repository])
        expectEqual(rig.requests.first?.url.path, "/installation/repositories")
        let person = try GitHubRig(.json(#"[{"full_name":"octo/app"}]"#))
        try await expectEqual(person.client.repositories().items.count, 1)
        expectEqual(person.requests.first?.url.target, "/user/repos?per_page=100&sort=pushed")
    }

    @Test("the head of a branch; nil where the branch or any commit is missing")
    func head() async throws {
        let rig = try GitHubRig(
            .json(#"{"ref":"refs/heads/a/b","object":{"sha":"s1","type":"commit"}}"#),
            .json(#"{"message":"Not Found"}"#, status: 404),
            .json(#"{"message":"Git Repository is empty."}"#, status: 409))
        try await expectEqual(rig.client.head(of: "a/b ü", in: Self.repository), "s1")
        expectEqual(rig.requests.first?.url.path, "/repos/octo/app/git/ref/heads/a/b%20%C3%BC")
        try await expectEqual(rig.client.head(of: "x", in: Self.repository), nil)
        try await expectEqual(rig.client.head(of: "x", in: Self.repository), nil)
    }

    @Test("pull requests are found by their branch, opened and changed")
    func pulls() async throws {
        let rig = try GitHubRig(.json("[\(Self.pull)]"), .json(Self.pull, status: 201), .json(Self.pull))
        let found = try #require(try await rig.client.pullRequest(ofBranch: "x", owner: "me", in: Self.repository))
        expectEqual(found.number, 7)
        #expect(found.isDraft && found.isOpen && !found.isMerged)
        expectEqual(found.author?.isBot, true)
        expectEqual(found.head.repository, nil)
        #expect(found.body.isEmpty)
        expectEqual(rig.requests[0].url.query, "state=open&head=me:x&per_page=10")
        _ = try await rig.client.openPullRequest(
            in: Self.repository, title: "T", body: "B", head: "me:x", base: "main", isDraft: true)
        try expectEqual(
            JSON.parse(rig.requests[1].body ?? []),
            ["title": "T", "body": "B", "head": "me:x", "base": "main", "draft": true])
        _ = try await rig.client.updatePullRequest(7, in: Self.repository, body: "new")
        expectEqual(rig.requests[2].method, .patch)
        try expectEqual(JSON.parse(rig.requests[2].body ?? []), ["body": "new"])
    }

    @Test("a review is one call with its comments on lines")
    func review() async throws {
        let rig = try GitHubRig(.json(#"{"id":9,"state":"CHANGES_REQUESTED","body":"b","user":null}"#))
        let review = try await rig.client.review(
            pullRequest: 7, in: Self.repository, event: .requestChanges, body: "b",
            findings: [
                .init(path: "a.swift", line: 3, body: "one"),
                .init(path: "b.swift", line: 4, body: "two", isOnLeftSide: true),
            ], commit: "c1")
        expectEqual(review.id, 9)
        expectEqual(rig.requests.first?.url.path, "/repos/octo/app/pulls/7/reviews")
        try expectEqual(
            JSON.parse(rig.requests.first?.body ?? []),
            [
                "event": "REQUEST_CHANGES", "body": "b", "commit_id": "c1",
                "comments": [
                    ["path": "a.swift", "line": 3, "side": "RIGHT", "body": "one"],
                    ["path": "b.swift", "line": 4, "side": "LEFT", "body": "two"],
                ],
            ])
    }

    @Test("comments since a time, with what a reader of lines needs")
    func comments() async throws {
        let rig = try GitHubRig(
            .json(
                #"[{"id":1,"body":"b","path":"a","line":null,"pull_request_review_id":2,"created_at":"c","user":{"login":"u","id":3},"author_association":"OWNER"}]"#
            ))
        let page = try await rig.client.reviewComments(on: 7, in: Self.repository, since: "2026-01-01T00:00:00Z")
        let comment = try #require(page.items.first)
        #expect(comment.path == "a" && comment.line == nil && comment.review == 2 && comment.updatedAt == "c")
        expectEqual(
            rig.requests.first?.url.target, "/repos/octo/app/pulls/7/comments?since=2026-01-01T00:00:00Z&per_page=100")
    }

    @Test("check runs and statuses are summarised together")
    func checks() async throws {
        let long = String(repeating: "x", count: 900)
        let rig = try GitHubRig(
            .json(
                #"""
                {"total_count":4,"check_runs":[{"id":1,"name":"build","status":"completed","conclusion":"success"},
                {"id":2,"name":"test","status":"completed","conclusion":"failure","html_url":"https://x/2",
                "output":{"title":"2 failed","summary":"\#(long)","annotations_count":3}},
                {"id":3,"name":"lint","status":"in_progress","conclusion":null},
                {"id":4,"name":"docs","status":"completed","conclusion":"skipped"},{"nameless":true}]}
                """#),
            .json(#"{"state":"failure","statuses":[{"context":"ci/old","state":"error","description":"d"}]}"#))
        let checks = try await rig.client.checks(of: "a/b", in: Self.repository)
        expectEqual(checks.summary, "1 passed, 2 failed, 1 pending")
        expectEqual(checks.state, .failed)
        expectEqual(checks.failed.map(\.name), ["test", "ci/old"])
        expectEqual(checks.failed[0].summary.count, 500)
        #expect(checks.failed[0].summary.hasPrefix("2 failed: xxx"))
        expectEqual(checks.failed[0].annotations, 3)
        expectEqual(rig.requests[0].url.path, "/repos/octo/app/commits/a%2Fb/check-runs")
    }

    @Test("workflows are started, and their runs read")
    func workflows() async throws {
        let rig = try GitHubRig(
            .json("", status: 204),
            .json(
                #"{"workflow_runs":[{"id":8,"name":"CI","status":"completed","conclusion":"failure","head_sha":"s"}]}"#)
        )
        try await rig.client.dispatch(workflow: "ci.yml", on: "main", inputs: ["a": "b"], in: Self.repository)
        expectEqual(rig.requests[0].url.path, "/repos/octo/app/actions/workflows/ci.yml/dispatches")
        try expectEqual(JSON.parse(rig.requests[0].body ?? []), ["ref": "main", "inputs": ["a": "b"]])
        try await expectEqual(rig.client.runs(of: "main", in: Self.repository).items.map(\.conclusion), ["failure"])
    }

    @Test("webhooks are listed with how their last delivery ended")
    func webhooks() async throws {
        let hook =
            #"{"id":4,"active":true,"events":["push"],"config":{"url":"https://me/h"},"last_response":{"code":502,"message":"m"}}"#
        let rig = try GitHubRig(.json("[\(hook)]"))
        try await expectEqual(rig.client.webhooks(of: Self.repository).items.map(\.lastStatus), [502])
    }

    @Test("the limits of all resources are read; a fork is asked for; commits are compared")
    func others() async throws {
        let rig = try GitHubRig(
            .json(#"{"resources":{"core":{"limit":5000,"remaining":850,"reset":1800000100},"odd":{}}}"#),
            .json(#"{"full_name":"me/app","fork":true}"#, status: 202),
            .json(
                #"{"status":"diverged","ahead_by":1,"behind_by":2,"merge_base_commit":{"sha":"m"},"commits":[{"sha":"c","commit":{"message":"x"}}],"files":[{"filename":"f","status":"renamed","previous_filename":"e"}]}"#
            ))
        try await expectEqual(
            rig.client.rateLimit().mapValues { "\($0)" }, ["core": "850/5000 requests left this hour"])
        try await expectEqual(rig.client.fork(Self.repository).name, GitHubRepositoryName(owner: "me", name: "app"))
        let comparison = try await rig.client.compare("main", "me:x/y", in: Self.repository)
        #expect(comparison.status == "diverged" && comparison.mergeBase == "m")
        expectEqual(comparison.files.first?.previousPath, "e")
        expectEqual(rig.requests[2].url.path, "/repos/octo/app/compare/main...me:x%2Fy")
    }

    @Test("an Enterprise server's calls are below /api/v3")
    func enterprise() async throws {
        let script = ScriptedTransport([.json(#"{"data":{}}"#)])
        let settings = try GitHubRig.settings(
            api: "https://github.example.com/api/v3", web: "https://github.example.com")
        let client = GitHubClient(
            settings, tokens: FixedToken(nil), transport: script, clock: GitHubRig.clock(SkippingClock()))
        _ = try? await client.repository(Self.repository)
        _ = try await client.graphQL("q", [:], "Asking", isWrite: false)
        expectEqual(
            script.requests.map(\.url.description),
            [
                "https://github.example.com/api/v3/repos/octo/app", "https://github.example.com/api/graphql",
            ])
        expectEqual(script.requests[0].headers["authorization"], nil)
    }
}
