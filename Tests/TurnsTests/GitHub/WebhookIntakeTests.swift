import Chat
import GitHub
import JSON
import Primitives
import Schedules
import Sessions
import Store
import TestSupport
import Testing
import Threads

@testable import Posts
@testable import Turns

@Suite("News by a webhook", .timeLimit(.minutes(1)))
struct WebhookIntakeTests {
    /// - Parameter signature: Another one than every other id has.
    private static func deliver(
        _ intake: WebhookIntake, _ id: String, _ event: String, _ payload: JSON, signature: String? = nil
    ) async throws -> WebhookIntake.Outcome {
        try await intake.take(id, signature: signature ?? "sha256=\(id)", event, payload)
    }

    @Test("deliveries are stored, handled together and reported once")
    func told() async throws {
        let scene = try await GitHubScene()
        let session = try await scene.session()
        try await scene.news.watch("001-feature", in: "app", for: session, pull: 7)
        let intake = scene.intake()
        for (id, outcome) in [("a", WebhookIntake.Outcome.stored), ("a", .duplicate)] {
            try await expectEqual(Self.deliver(intake, id, "push", GitHubScene.push(to: 1, "Fix")), outcome)
        }
        try await expectEqual(Self.deliver(intake, "b", "issue_comment", GitHubScene.comment(1, "Nice")), .stored)
        try await expectEqual(Self.deliver(intake, "c", "check_run", GitHubScene.check(2, of: 1)), .stored)
        // GitHub's other deliveries of the same things, and those of no interest.
        try await expectEqual(Self.deliver(intake, "d", "issue_comment", GitHubScene.comment(1, "Nice")), .stored)
        try await expectEqual(Self.deliver(intake, "e", "star", GitHubScene.payload(["action": "created"])), .ignored)
        let other: JSON = ["repository": ["full_name": "else/where"], "ref": "refs/heads/001-feature", "after": "x"]
        try await expectEqual(Self.deliver(intake, "f", "push", other), .ignored)
        expectEqual(scene.adapter.texts, [])
        #expect(try await intake.handle())
        #expect(try await !intake.handle())
        try await scene.settle()
        expectEqual(
            scene.adapter.texts,
            [
                """
                mona pushed to `001-feature`: 1 commit, `1111111` Fix

                mona commented on \\#7: “Nice” — write `!fix` to let me answer.

                A check failed for `1111111`: `build` — write `!fix` to let me repair it.
                """
            ])
        try await expectEqual(scene.news.pending(session).map(\.key), ["comment:1", "check:2"])
        // The check passes when it runs again, and fails once more.
        _ = try await Self.deliver(intake, "h", "check_run", GitHubScene.check(3, of: 1, "success"))
        #expect(try await intake.handle())
        try await expectEqual(scene.news.pending(session).map(\.key), ["comment:1"])
        _ = try await Self.deliver(intake, "i", "check_run", GitHubScene.check(4, of: 1))
        #expect(try await intake.handle())
        try await expectEqual(scene.news.pending(session).map(\.key), ["comment:1", "check:4"])
        // Then it is of an earlier commit.
        _ = try await Self.deliver(intake, "g", "push", GitHubScene.push(to: 2, "Own\n\nJetbridge-Turn: op_1"))
        #expect(try await intake.handle())
        try await expectEqual(scene.news.pending(session).map(\.key), ["comment:1"])
        try await scene.news.markAnswered(["comment:1"], in: session)
        try await expectEqual(scene.news.pending(session), [])
        try await scene.settle()
        expectEqual(scene.adapter.posts.count, 2)
        try await expectEqual(scene.news.watches(of: session).first?.head, GitHubScene.sha(2))
    }

    @Test("of checks that are handled together, those are open that failed after they passed")
    func checks() async throws {
        let scene = try await GitHubScene()
        let session = try await scene.session()
        try await scene.news.watch("001-feature", in: "app", for: session, head: GitHubScene.sha(1))
        let intake = scene.intake()
        _ = try await Self.deliver(intake, "1", "check_run", GitHubScene.check(1, of: 1))
        #expect(try await intake.handle())
        for (id, conclusion) in [(2, "failure"), (3, "success"), (4, "failure"), (5, "success"), (6, "failure")] {
            _ = try await Self.deliver(intake, "\(id)", "check_run", GitHubScene.check(id, of: 1, conclusion))
        }
        #expect(try await intake.handle())
        try await expectEqual(scene.news.pending(session).map(\.key), ["check:6"])
    }

    @Test("a push after a lost delivery is reported, and polling finds the rest")
    func gap() async throws {
        let scene = try await GitHubScene()
        let session = try await scene.session()
        try await scene.news.watch("001-feature", in: "app", for: session, head: GitHubScene.sha(1))
        let gaps = Protected<[String]>([])
        var desk = scene.desk
        desk.onGap = { ids in gaps.withLock { $0 += ids } }
        let intake = WebhookIntake(posts: scene.bridge.posts, desk: desk, logger: .silent, gathering: .zero)
        // Reversed: they complete each other.
        _ = try await Self.deliver(intake, "b", "push", GitHubScene.push(to: 3, "Third"))
        _ = try await Self.deliver(intake, "a", "push", GitHubScene.push(to: 2, "Second"))
        #expect(try await intake.handle())
        #expect(gaps.withLock { $0.isEmpty })
        try await expectEqual(scene.news.watches(of: session).first?.head, GitHubScene.sha(3))
        _ = try await Self.deliver(intake, "d", "push", GitHubScene.push(to: 5, "Fifth"))
        #expect(try await intake.handle())
        expectEqual(gaps.withLock { $0 }, ["\(session) app 001-feature"])
        try await expectEqual(scene.news.watches(of: session).first?.head, GitHubScene.sha(3))
        try await scene.settle()
        #expect(scene.adapter.texts.joined().contains("`5555555` Fifth"))
    }

    @Test("a push runs what is scheduled at it, once, whether or not a thread follows the branch")
    func schedules() async throws {
        let scene = try await GitHubScene()
        let session = try await scene.session()
        let store = scene.bridge.posts.store
        let zone = Zone.utc
        for (number, rule) in ["on push 001-Feature", "on failure CI", "on push other"].enumerated() {
            try await store.write { ledger in
                let reader = ScheduleReader(now: 1, zone: zone)
                let record = try #require(try ledger.session(id: session))
                let sender = Sender(id: "a", identities: [Identity("a")], displayName: "Ada")
                try ledger.add(
                    Schedule(
                        id: "s\(number)", session: session, kind: .turn, rule: try reader.rule(rule).rule, zone: zone,
                        message: Schedule.message(
                            "look", in: record.key, record.route, by: sender, isDirect: true, at: 1),
                        repository: "app", nextAt: nil, createdAt: 1))
            }
        }
        let intake = scene.intake()
        func due() async throws -> [String?] {
            try await store.read { ledger in
                try (0..<3).map { try ledger.schedule("s\($0)")?.event }
            }
        }
        for id in ["a", "b"] {
            _ = try await Self.deliver(intake, id, "push", GitHubScene.push(to: 1, "Fix"))
            #expect(try await intake.handle())
        }
        try await expectEqual(due(), ["push to 001-feature, which is at 1111111 now", nil, nil])
        try await store.write { ledger in
            let first = try #require(try ledger.schedule("s0"))
            let isTaken = try ledger.takeRun(of: first, at: first.nextAt ?? 0, next: .waiting, now: 2)
            #expect(isTaken)
        }
        _ = try await Self.deliver(intake, "c", "push", GitHubScene.push(to: 1, "Fix"))
        #expect(try await intake.handle())
        try await expectEqual(due(), [nil, nil, nil])
    }

    @Test("what was pushed from here is no news, whichever comes first")
    func own() async throws {
        let scene = try await GitHubScene()
        let session = try await scene.session()
        try await scene.news.watch("001-feature", in: "app", for: session)
        try await scene.news.willPush(GitHubScene.sha(3))
        let intake = scene.intake()
        _ = try await Self.deliver(intake, "a", "push", GitHubScene.push(to: 3, "A document"))
        #expect(try await intake.handle())
        try await scene.settle()
        #expect(scene.adapter.posts.isEmpty)
        try await scene.news.unwatch(session)
        _ = try await Self.deliver(intake, "b", "push", GitHubScene.push(to: 4, "Theirs"))
        #expect(try await intake.handle())
        try await scene.settle()
        #expect(scene.adapter.posts.isEmpty)
    }

    @Test("a body that was stored is not handled again under another id, before and after it was handled")
    func replay() async throws {
        let scene = try await GitHubScene()
        let session = try await scene.session()
        try await scene.news.watch("001-feature", in: "app", for: session)
        let pushed = Protected<[String]>([])
        let intake = WebhookIntake(
            posts: scene.bridge.posts, desk: scene.desk, logger: .silent, gathering: .zero,
            pushed: { name in pushed.withLock { $0.append(name) } })
        let payload = GitHubScene.push(to: 1, "Fix")
        try await expectEqual(Self.deliver(intake, "a", "push", payload, signature: "sha256=1"), .stored)
        try await expectEqual(Self.deliver(intake, "b", "push", payload, signature: "sha256=1"), .duplicate)
        #expect(try await intake.handle())
        #expect(try await !intake.handle())
        try await expectEqual(Self.deliver(intake, "c", "push", payload, signature: "sha256=1"), .duplicate)
        #expect(try await !intake.handle())
        expectEqual(pushed.withLock { $0 }, ["app"])
    }

    @Test("the next run reports what was stored when this one ended")
    func restart() async throws {
        let directory = try TemporaryDirectory()
        let first = try await GitHubScene(directory: directory)
        let session = try await first.session()
        try await first.news.watch("001-feature", in: "app", for: session)
        _ = try await Self.deliver(first.intake(), "a", "push", GitHubScene.push(to: 1, "Fix"))
        await first.close()
        let second = try await GitHubScene(directory: directory)
        let intake = second.intake()
        async let running: Void = intake.run()
        await second.adapter.waitForPosts(1)
        try await expectEqual(Self.deliver(intake, "a", "push", GitHubScene.push(to: 1, "Fix")), .duplicate)
        _ = try await Self.deliver(intake, "b", "push", GitHubScene.push(to: 2, "More"))
        await second.adapter.waitForPosts(2)
        await intake.stop()
        try await running
        try await second.settle()
        expectEqual(second.adapter.posts.count, 2)
    }

    @Test("every thread that works on the branch learns of it")
    func threads() async throws {
        let scene = try await GitHubScene()
        let session = try await scene.session()
        let event = scene.adapter.event("!usage", from: "alice", in: "#team")
        let submission = try #require(try await scene.bridge.submit(event))
        let other = try #require(try await scene.store.read { ledger in try ledger.turn(id: submission.operation) })
        try await scene.settle()
        scene.adapter.forgetPosts()
        for id in [session, other.session] { try await scene.news.watch("001-feature", in: "app", for: id) }
        let intake = scene.intake()
        _ = try await Self.deliver(intake, "a", "push", GitHubScene.push(to: 1, "Fix"))
        _ = try await intake.handle()
        try await scene.settle()
        expectEqual(Set(scene.adapter.posts.map(\.route.room.name)), ["alice", "#team"])
    }
}
