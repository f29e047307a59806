import Crypto
import EventLoop
import HTTP
import HTTPServer
import JSON
import Primitives
import TestSupport
import Testing

/// Comments, reviews, checks, workflows and webhooks.
@Suite("The GitHub stand-in's reviews, checks and webhooks", .timeLimit(.minutes(1)))
@Net
struct GitHubTalkTests {
    /// A GitHub with a pull request of alice from `work`.
    static func pulled() async throws -> (LoopbackGitHub, GitHubPerson) {
        let (github, alice) = try await GitHubRuleTests.started()
        try await github.colleague("alice").push("new.md", "one\ntwo\n", to: "octo/site", branch: "work")
        try await github.colleague("alice").openPull("Add", from: "work", in: "octo/site")
        return (github, alice)
    }

    @Test("Reviews and comments keep to the lines of the difference")
    func reviews() async throws {
        let (github, alice) = try await Self.pulled()
        let pull = "/repos/octo/site/pulls/1"
        let own = try await alice(.post, "\(pull)/reviews", ["event": "APPROVE"])
        #expect(own.status == 422 && own.json["errors"]?[0] == "Can not approve your own pull request")
        github.addToken("ghp_bob", HubToken("bob"))
        let bob = GitHubPerson(github, "ghp_bob")
        func line(_ number: Int, _ path: String = "new.md") -> JSON {
            ["path": .string(path), "line": JSON(number), "side": "RIGHT", "body": "Hm"]
        }
        func comment(_ line: JSON) async throws -> GitHubPerson.Answer {
            try await bob(.post, "\(pull)/reviews", ["event": "COMMENT", "comments": [line]])
        }
        let outside = try await comment(line(3))
        expectEqual(outside.status, 422)
        expectEqual(outside.json["errors"]?[0], "Pull request review thread line must be part of the diff")
        try await expectEqual(comment(line(1, "README.md")).status, 422)
        try await expectEqual(comment(line(2)).json["state"], "COMMENTED")
        try await expectEqual(alice(.get, "\(pull)/comments").json[0]?["line"], 2)
        let review = try await bob(
            .post, "\(pull)/reviews",
            [
                "event": "REQUEST_CHANGES", "body": "Please",
                "comments": [["path": "new.md", "line": 1, "body": "Why?"]],
            ])
        expectEqual(review.json["state"], "CHANGES_REQUESTED")
        try await expectEqual(alice(.get, "\(pull)/comments").json.arrayValue?.count, 2)
        try await expectEqual(alice(.get, "\(pull)/reviews").json.arrayValue?.count, 2)
        try github.colleague().comment("Thanks", on: 1, in: "octo/site")
        try await expectEqual(alice(.get, "/repos/octo/site/issues/1/comments").json[0]?["body"], "Thanks")
        // After a push the comment is outdated.
        try await github.colleague("alice").push("new.md", "three\n", to: "octo/site", branch: "work")
        try await expectEqual(alice(.get, "\(pull)/comments").json[0]?["line"], .null)
        await github.stop()
    }

    @Test("Statuses, checks and workflows")
    func checks() async throws {
        let (github, alice) = try await Self.pulled()
        let head = try await GitHubRuleTests.head(github, "work")
        try await expectEqual(alice(.get, "/repos/octo/site/commits/\(head)/status").json["state"], "pending")
        try github.colleague().check("build", on: head, in: "octo/site", "failure", title: "Broken")
        let runs = try await alice(.get, "/repos/octo/site/commits/\(head)/check-runs").json
        #expect(runs["total_count"] == 1 && runs["check_runs"]?[0]?["output"]?["title"] == "Broken")

        let dispatches = "/repos/octo/site/actions/workflows/ci.yml/dispatches"
        try await expectEqual(alice(.post, dispatches, ["ref": "main"]).status, 404)
        try await github.colleague().push(".github/workflows/ci.yml", "name: CI\non: [push]\n", to: "octo/site")
        let refused = try await alice(.post, dispatches, ["ref": "main"])
        #expect(refused.status == 422 && refused.message == "Workflow does not have 'workflow_dispatch' trigger")
        try await github.colleague().push(
            ".github/workflows/ci.yml", "name: CI\non: [workflow_dispatch]\n", to: "octo/site")
        try await expectEqual(alice(.post, dispatches, ["ref": "main"]).status, 204)
        try github.colleague().finishRun(
            try #require(github.colleague().runs(in: "octo/site").first), in: "octo/site", "failure")
        let done = try await alice(.get, "/repos/octo/site/actions/runs?branch=main").json
        expectEqual(done["workflow_runs"]?[0]?["conclusion"], "failure")
        await github.stop()
    }

    /// A receiver of webhooks.
    private final class Receiver: Sendable {
        struct Entry: Sendable {
            let event: String
            let isGood: Bool
            let action: String?
        }

        let seen = Protected<[Entry]>([])
        let server: HTTPServer
        let changed = WaitList()

        init() {
            let seen = self.seen
            let changed = self.changed
            self.server = HTTPServer(.standIn(port: 0, bodyLimit: 1 << 20), name: "hooks", logger: .silent) { request in
                let body = try await request.body.collect()
                let expected = "sha256=" + hex(hmacSHA256(body, key: Array("secret".utf8)))
                let entry = Entry(
                    event: request.headers["x-github-event"] ?? "",
                    isGood: request.headers["x-hub-signature-256"] == expected,
                    action: (try? JSON.parse(body))?["action"]?.stringValue)
                seen.withLock { $0.append(entry) }
                await changed.wakeAll()
                return .text("ok")
            }
        }

        @Net func wait(for count: Int) async throws {
            while self.seen.withLock({ $0.count }) < count { try await self.changed.wait() }
        }

        var events: [String] {
            self.seen.withLock { seen in
                seen.map { call in call.action.map { "\(call.event).\($0)" } ?? call.event }
            }
        }
    }

    @Test("Webhooks: signed, for every event, and their answers are noted")
    func hooks() async throws {
        let (github, alice) = try await Self.pulled()
        let receiver = Receiver()
        try receiver.server.start()
        let url = receiver.server.loopbackURL + "/hook"
        github.addToken("ghp_octo", HubToken("octo"))
        let octo = GitHubPerson(github, "ghp_octo")
        let request: JSON = [
            "config": ["url": .string(url), "content_type": "json", "secret": "secret"], "events": ["*"],
        ]
        try await expectEqual(alice(.post, "/repos/octo/site/hooks", request).status, 404)
        try await expectEqual(octo(.post, "/repos/octo/site/hooks", request).status, 201)
        try await expectEqual(
            octo(.post, "/repos/octo/site/hooks", request).error, "Hook already exists on this repository")
        try await receiver.wait(for: 1)
        let bob = github.colleague()
        try await bob.push("a.md", "a", to: "octo/site", branch: "work")
        try await bob.review(1, in: "octo/site", "COMMENT", "Look", lines: [.init("new.md", 1, "Here")])
        try bob.comment("Hello", on: 1, in: "octo/site")
        try bob.check("build", on: try await GitHubRuleTests.head(github, "work"), in: "octo/site")
        try await receiver.wait(for: 7)
        expectEqual(
            receiver.events,
            [
                "ping", "pull_request.synchronize", "push", "pull_request_review.submitted",
                "pull_request_review_comment.created", "issue_comment.created", "check_run.completed",
            ])
        #expect(receiver.seen.withLock { $0.allSatisfy(\.isGood) })
        try await github.wait("the answers") { $0.deliveries.allSatisfy(\.isDone) }
        try await expectEqual(octo(.get, "/repos/octo/site/hooks").json[0]?["last_response"]?["code"], 200)
        await github.stop()
        await receiver.server.stop()
    }

    @Test("Faults: a lost answer is work that was done; held requests wait")
    func faults() async throws {
        let (github, alice) = try await GitHubRuleTests.started()
        let head = try await GitHubRuleTests.head(github)
        github.inject(.loseAnswer, route: "POST /graphql")
        await #expect(throws: (any Error).self) { try await alice.commit([("a", "QQ==")], on: head) }
        #expect(try await GitHubRuleTests.head(github) != head)
        github.inject(.webPage, route: "GET /user")
        try await expectEqual(alice(.get, "/user").status, 502)
        github.hold("GET /user")
        let held = Task { try await alice(.get, "/user").status }
        github.release("GET /user")
        try await expectEqual(held.value, 200)
        #expect(github.ledger.counts["GET /user"] == 2 && github.ledger.counts["POST /graphql"] == 1)
        await github.stop()
    }
}
