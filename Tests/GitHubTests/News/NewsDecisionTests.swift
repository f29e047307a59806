import GitHub
import JSON
import TestSupport
import Testing

@Suite("News: what is new for a thread", .timeLimit(.minutes(1)))
struct NewsDecisionTests {
    private static func decision(
        known: Set<String> = [], own: Set<String> = [], failed: Set<String> = []
    ) -> NewsDecision {
        NewsDecision(
            isKnown: { known.contains($0) }, isOwn: { own.contains($0) }, hasFailedCheck: { failed.contains($0) })
    }

    private static func event(_ name: String, _ payload: JSON) throws -> NewsEvent {
        try #require(WebhookEvent.read(name, payload))
    }

    @Test("a push by somebody else is new once; an own one never is")
    func pushes() throws {
        let watch = NewsFixtures.watch(head: NewsFixtures.shas[0])
        let event = try Self.event("push", NewsFixtures.push())
        let news = try #require(try Self.decision().news(of: event, for: watch))
        #expect(news.author == "mona" && news.commits.map(\.subject) == ["Fix the sum"])
        try expectEqual(Self.decision(known: [event.key]).news(of: event, for: watch), nil)
        try expectEqual(Self.decision(own: [NewsFixtures.shas[1]]).news(of: event, for: watch), nil)
        let later = NewsFixtures.watch(head: NewsFixtures.shas[3])
        #expect(NewsDecision.leavesGap(event, later) && NewsDecision.updated(later, by: event).head == later.head)
        #expect(!NewsDecision.leavesGap(event, watch))
        try expectEqual(Self.decision().news(of: event, for: NewsFixtures.watch(head: NewsFixtures.shas[1])), nil)
        let trailer = try Self.event(
            "push",
            NewsFixtures.push(commits: [(NewsFixtures.shas[1], "Add a plan\n\nBody\n\nJetbridge-Turn: op_1\n")]))
        try expectEqual(Self.decision().news(of: trailer, for: watch), nil)
        let updated = NewsDecision.updated(watch, by: trailer)
        expectEqual(updated.head, NewsFixtures.shas[1])
    }

    @Test("of a mixed push, only the others' commits are new")
    func mixed() throws {
        let commits = [
            (NewsFixtures.shas[1], "Own\n\nJetbridge-Turn: op_1"), (NewsFixtures.shas[2], "Theirs\nmore"),
            (NewsFixtures.shas[3], "Recorded"),
        ]
        let event = try Self.event("push", NewsFixtures.push(to: NewsFixtures.shas[4], commits: commits))
        let news = try Self.decision(own: [NewsFixtures.shas[3]]).news(of: event, for: NewsFixtures.watch())
        expectEqual(news?.commits.map(\.subject), ["Theirs"])
        // Reported before as a push of its own, or all but the earlier part of what polling finds now.
        let theirs = try #require(news).part(upTo: NewsFixtures.shas[2]).key
        let known = Self.decision(known: [theirs, event.key], own: [NewsFixtures.shas[3]])
        try expectEqual(known.news(of: event, for: NewsFixtures.watch()), nil)
        let rest = Self.decision(known: [event.key], own: [NewsFixtures.shas[3]])
        let part = try #require(try rest.news(of: event, for: NewsFixtures.watch()))
        #expect(part.commits.map(\.subject) == ["Theirs"] && part.key == theirs)
    }

    @Test("a branch that is only made is no news; a rewritten and a deleted one are")
    func created() throws {
        let watch = NewsFixtures.watch()
        let made = try Self.event("push", NewsFixtures.push(commits: [], ["created": true]))
        try expectEqual(Self.decision().news(of: made, for: watch), nil)
        let rewritten = try Self.event("push", NewsFixtures.push(commits: [], ["forced": true]))
        try expectEqual(Self.decision().news(of: rewritten, for: watch)?.state, "forced")
        let deleted = try Self.event(
            "push", NewsFixtures.push(to: String(repeating: "0", count: 40), commits: [], ["deleted": true]))
        try expectEqual(Self.decision().news(of: deleted, for: watch)?.sha, nil)
    }

    @Test("other branches, other repositories and tags are no news")
    func others() throws {
        let event = try Self.event("push", NewsFixtures.push(branch: "main"))
        try expectEqual(Self.decision().news(of: event, for: NewsFixtures.watch()), nil)
        let other = WatchedBranch(
            session: "t", repository: GitHubRepositoryName(owner: "octo", name: "other"), branch: NewsFixtures.branch,
            since: 0)
        #expect(!NewsDecision.concerns(try Self.event("push", NewsFixtures.push()), other))
        expectEqual(
            WebhookEvent.read(
                "push", NewsFixtures.payload(["ref": "refs/tags/v1", "after": .string(NewsFixtures.shas[0])])), nil)
    }

    @Test("what people write in the pull request is new, by its number or its branch")
    func words() throws {
        let pull = NewsFixtures.pullObject()
        let review = try Self.event(
            "pull_request_review",
            NewsFixtures.payload([
                "action": "submitted", "pull_request": pull,
                "review": NewsFixtures.review(1, "CHANGES_REQUESTED", "Please test it."),
            ]))
        for watch in [NewsFixtures.watch(pull: 7), NewsFixtures.watch()] {
            try expectEqual(Self.decision().news(of: review, for: watch)?.state, "changes_requested")
            expectEqual(NewsDecision.updated(watch, by: review).pull, 7)
        }
        try expectEqual(Self.decision().news(of: review, for: NewsFixtures.watch(pull: 8)), nil)
        let comment = try Self.event(
            "issue_comment",
            NewsFixtures.payload([
                "action": "created", "issue": ["number": 7, "pull_request": [:]],
                "comment": NewsFixtures.written(2, "Nice."),
            ]))
        #expect(try Self.decision().news(of: comment, for: NewsFixtures.watch(pull: 7)) != nil)
        try expectEqual(Self.decision().news(of: comment, for: NewsFixtures.watch()), nil)
        let line = try Self.event(
            "pull_request_review_comment",
            NewsFixtures.payload([
                "action": "created", "pull_request": pull,
                "comment": NewsFixtures.written(
                    3, "Why?", ["path": "a.swift", "line": 3, "pull_request_review_id": 1]),
            ]))
        try expectEqual(Self.decision().news(of: line, for: NewsFixtures.watch(pull: 7))?.line, 3)
    }

    @Test("a fork's branch of the same name, an empty review, own comments and comments on issues are no news")
    func noWords() throws {
        let fork = NewsFixtures.pullObject(9, repository: "stranger/app")
        let review = try Self.event(
            "pull_request_review",
            NewsFixtures.payload([
                "action": "submitted", "pull_request": fork, "review": NewsFixtures.review(1, "approved", "Hi"),
            ]))
        try expectEqual(Self.decision().news(of: review, for: NewsFixtures.watch()), nil)
        let cover = try #require(
            NewsReader.review(NewsFixtures.review(2, "COMMENTED", " "), ofPull: 7, in: "octo/app"))
        try expectEqual(Self.decision().news(of: cover, for: NewsFixtures.watch(pull: 7)), nil)
        expectEqual(
            NewsReader.comment(
                NewsFixtures.written(3, "Done.\r\n\r\n\(OwnMark.plain)"), ofPull: 7, in: "octo/app"), nil)
        #expect(
            NewsReader.comment(
                NewsFixtures.written(3, "> Done.\n> \(OwnMark.plain)\n\nNo."), ofPull: 7, in: "octo/app") != nil,
            "a quotation is somebody's own comment")
        let issue = NewsFixtures.payload([
            "action": "created", "issue": ["number": 7], "comment": NewsFixtures.written(4, "Hi"),
        ])
        expectEqual(WebhookEvent.read("issue_comment", issue), nil)
        expectEqual(WebhookEvent.read("watch", NewsFixtures.payload(["action": "started"])), nil)
    }

    @Test("a failed check of the branch's last commit is new; success and checks of earlier commits are not")
    func checks() throws {
        func event(_ check: JSON) throws -> NewsEvent {
            try Self.event("check_run", NewsFixtures.payload(["action": "completed", "check_run": check]))
        }
        let watch = NewsFixtures.watch(head: NewsFixtures.shas[1])
        #expect(try Self.decision().news(of: try event(NewsFixtures.check(1, "failure")), for: watch) != nil)
        try expectEqual(Self.decision().news(of: try event(NewsFixtures.check(2, "success")), for: watch), nil)
        let past = try event(NewsFixtures.check(3, "failure", sha: NewsFixtures.shas[0]))
        try expectEqual(Self.decision().news(of: past, for: watch), nil)
        let status = try Self.event(
            "status",
            NewsFixtures.payload([
                "id": 5, "sha": .string(NewsFixtures.shas[1]), "state": "error", "context": "ci/old",
                "branches": [["name": "main"]],
            ]))
        try expectEqual(Self.decision().news(of: status, for: watch)?.name, "ci/old")
    }

    @Test("a failed workflow is new only if none of its jobs was")
    func workflows() throws {
        let event = try Self.event(
            "workflow_run",
            NewsFixtures.payload([
                "action": "completed",
                "workflow_run": [
                    "id": 11, "run_attempt": 2, "status": "completed", "conclusion": "failure", "name": "CI",
                    "head_branch": .string(NewsFixtures.branch), "head_sha": .string(NewsFixtures.shas[1]),
                    "head_repository": ["full_name": "octo/app"],
                ],
            ]))
        expectEqual(event.key, "workflow:11:2")
        #expect(try Self.decision().news(of: event, for: NewsFixtures.watch()) != nil)
        try expectEqual(Self.decision(failed: [NewsFixtures.shas[1]]).news(of: event, for: NewsFixtures.watch()), nil)
    }

    @Test("merging, closing and reopening are new")
    func pulls() throws {
        func event(_ action: String, _ more: JSONObject) throws -> NewsEvent {
            let pull = NewsFixtures.pullObject(state: action == "closed" ? "closed" : "open", more)
            return try Self.event(
                "pull_request", NewsFixtures.payload(["action": .string(action), "pull_request": pull]))
        }
        let watch = NewsFixtures.watch(pull: 7)
        let time: JSON = "2026-11-20T10:00:00Z"
        let merged = try event("closed", ["merged": true, "closed_at": time])
        try expectEqual(Self.decision().news(of: merged, for: watch)?.state, "merged")
        let closed = try event("closed", ["merged": false, "closed_at": time])
        try expectEqual(Self.decision().news(of: closed, for: watch)?.author, "mona")
        try expectEqual(Self.decision().news(of: try event("reopened", [:]), for: watch)?.state, "reopened")
        // Polling cannot say who, but knows it by the same key.
        let polled = NewsReader.pull(
            NewsFixtures.pullObject(state: "closed", ["merged_at": time, "closed_at": time]), in: "octo/app")
        expectEqual(polled?.key, merged.key)
    }

    @Test("what happened before the watch is no news")
    func since() throws {
        let comment = try #require(
            NewsReader.comment(NewsFixtures.written(1, "Old"), ofPull: 7, in: "octo/app"))
        let at = try #require(comment.at)
        #expect(try Self.decision().news(of: comment, for: NewsFixtures.watch(pull: 7, since: at)) != nil)
        try expectEqual(Self.decision().news(of: comment, for: NewsFixtures.watch(pull: 7, since: at + 1)), nil)
    }

    @Test("an event is stored and read again without a change")
    func stored() throws {
        let pull = NewsFixtures.pullObject()
        let events = [
            try Self.event("push", NewsFixtures.push()),
            try Self.event(
                "pull_request_review_comment",
                NewsFixtures.payload([
                    "action": "created", "pull_request": pull,
                    "comment": NewsFixtures.written(3, "Why?", ["path": "a", "line": 3, "pull_request_review_id": 1]),
                ])),
        ]
        for event in events { expectEqual(NewsEvent(json: event.json), event) }
        expectEqual(NewsEvent(json: ["kind": "else", "repository": "a/b"]), nil)
    }
}
