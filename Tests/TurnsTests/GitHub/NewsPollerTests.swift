import GitHub
import JSON
import Logging
import Models
import Primitives
import Sessions
import TestSupport
import Testing
import Threads

@testable import Turns

@Suite("News by polling", .timeLimit(.minutes(1)))
struct NewsPollerTests {
    /// Answers by path, and counts the requests.
    private final class Source: GitHubNewsSource {
        struct Failure: Error {}
        let answers = Protected<[String: JSON]>(["pulls": []])
        let asked = Protected(0)
        let budget = Protected<Double?>(1)
        let isFailing = Protected(false)

        func set(_ path: String, _ json: JSON) { self.answers.withLock { $0[path] = json } }

        func get(_ request: NewsRequest, unless tag: String?) async throws -> NewsAnswer {
            if self.isFailing.withLock({ $0 }) { throw Failure() }
            self.asked.withLock { $0 += 1 }
            guard let json = self.answers.withLock({ $0[request.path.joined(separator: "/")] }) else { return .missing }
            let current = "\"\(json.hashValue)\""
            return current == tag ? .unchanged : .found(json, tag: current)
        }

        func budgetLeft(for repository: GitHubRepositoryName) async -> Double? { self.budget.withLock { $0 } }
    }

    private static func poller(
        _ scene: GitHubScene, _ source: Source, _ change: Signal = Signal(), forks: [String: GitHubForks] = [:]
    ) -> NewsPoller {
        var desk = scene.desk
        desk.forks = forks
        return NewsPoller(
            posts: scene.bridge.posts, desk: desk, source: source, change: change, clock: ModelClock(scene.clock),
            logger: .silent)
    }

    private static func setHead(_ number: Int, _ source: Source) {
        source.set("git/ref/heads/001-feature", ["object": ["sha": .string(GitHubScene.sha(number))]])
    }

    @Test("the first poll is the baseline, later ones tell what is new, once")
    func told() async throws {
        let scene = try await GitHubScene()
        let source = Source()
        let session = try await scene.session()
        try await scene.news.watch("001-feature", in: "app", for: session)
        let poller = Self.poller(scene, source)
        Self.setHead(1, source)
        _ = try await poller.poll()
        scene.clock.advance(by: .seconds(10))
        let pause = try #require(try await poller.poll())
        #expect(pause <= .seconds(60))
        try await expectEqual(scene.news.watches(of: session).first?.head, GitHubScene.sha(1))
        Self.setHead(2, source)
        source.set(
            "compare/\(GitHubScene.sha(1))...\(GitHubScene.sha(2))",
            [
                "commits": [
                    ["sha": .string(GitHubScene.sha(2)), "commit": ["message": "Fix"], "author": ["login": "mona"]]
                ]
            ])
        for _ in 1...3 {
            scene.clock.advance(by: .seconds(60))
            _ = try await poller.poll()
        }
        try await scene.settle()
        expectEqual(scene.adapter.texts, ["mona pushed to `001-feature`: 1 commit, `2222222` Fix"])
        // The webhook's report of the same push.
        let intake = scene.intake()
        _ = try await intake.take("a", signature: "sha256=1", "push", GitHubScene.push(to: 2, "Fix"))
        _ = try await intake.handle()
        try await scene.settle()
        expectEqual(scene.adapter.posts.count, 1)
    }

    @Test("two threads of one repository both get their news, whichever is due first")
    func twoThreads() async throws {
        let scene = try await GitHubScene()
        let source = Source()
        let (one, two) = (try await scene.session(), try await scene.session(of: "bob"))
        for session in [one, two] {
            try await scene.news.watch("001-feature", in: "app", for: session, head: GitHubScene.sha(1))
        }
        Self.setHead(1, source)
        let poller = Self.poller(scene, source)
        for _ in 1...12 {
            scene.clock.advance(by: .seconds(1))
            _ = try await poller.poll()
        }
        Self.setHead(2, source)
        for _ in 1...80 {
            scene.clock.advance(by: .seconds(1))
            _ = try await poller.poll()
        }
        try await scene.settle()
        expectEqual(
            scene.adapter.texts, Array(repeating: "Somebody pushed to `001-feature`: now at `2222222`", count: 2))
    }

    @Test("nothing is asked before it is due, without watches, or with little of the budget left")
    func spares() async throws {
        let scene = try await GitHubScene()
        let source = Source()
        let poller = Self.poller(scene, source)
        try await expectEqual(poller.poll(), nil)
        let session = try await scene.session()
        try await scene.news.watch("001-feature", in: "app", for: session)
        try await scene.news.watch("001-feature", in: "not on GitHub", for: session)
        scene.clock.advance(by: .seconds(10))
        _ = try await poller.poll()
        scene.clock.advance(by: .seconds(10))
        _ = try await poller.poll()
        let asked = source.asked.withLock { $0 }
        _ = try await poller.poll()
        expectEqual(source.asked.withLock { $0 }, asked)
        source.budget.withLock { $0 = 0.09 }
        scene.clock.advance(by: .seconds(120))
        _ = try await poller.poll()
        expectEqual(source.asked.withLock { $0 }, asked)
        source.budget.withLock { $0 = 0.5 }
        scene.clock.advance(by: .seconds(120))
        _ = try await poller.poll()
        #expect(source.asked.withLock { $0 } > asked)
    }

    @Test("a failing GitHub is asked again at the next turn, and nothing is lost")
    func fails() async throws {
        let scene = try await GitHubScene()
        let source = Source()
        let session = try await scene.session()
        try await scene.news.watch("001-feature", in: "app", for: session, head: GitHubScene.sha(1))
        Self.setHead(2, source)
        source.isFailing.withLock { $0 = true }
        let poller = Self.poller(scene, source)
        scene.clock.advance(by: .seconds(10))
        _ = try await poller.poll()
        scene.clock.advance(by: .seconds(10))
        _ = try await poller.poll()
        source.isFailing.withLock { $0 = false }
        scene.clock.advance(by: .seconds(60))
        _ = try await poller.poll()
        try await scene.settle()
        expectEqual(scene.adapter.texts, ["Somebody pushed to `001-feature`: now at `2222222`"])
    }

    @Test("a branch in a fork was not deleted; its pull request shows it")
    func fork() async throws {
        let scene = try await GitHubScene()
        let source = Source()
        let forks = GitHubForks(mirror: scene.directory.path + "/app.git")
        try forks.set("001-feature", GitHubRepositoryName(owner: "mona", name: "app"))
        let session = try await scene.session()
        try await scene.news.watch("001-feature", in: "app", for: session, head: GitHubScene.sha(1))
        let poller = Self.poller(scene, source, forks: ["app": forks])
        for _ in 1...2 {
            scene.clock.advance(by: .seconds(60))
            _ = try await poller.poll()
        }
        try await scene.settle()
        #expect(scene.adapter.texts.isEmpty)
        try await scene.news.watch("001-feature", in: "app", for: session, pull: 7)
        source.set(
            "issues/7/comments",
            [["id": 3, "body": "Nice", "user": ["login": "mona"]]])
        scene.clock.advance(by: .seconds(60))
        _ = try await poller.poll()
        try await scene.settle()
        #expect(scene.adapter.texts.count == 1 && scene.adapter.texts[0].contains("Nice"), "\(scene.adapter.texts)")
    }

    @Test("after five messages, outsiders' comments are collected for ten minutes and posted together")
    func outsiders() async throws {
        let scene = try await GitHubScene()
        let source = Source()
        let session = try await scene.session()
        try await scene.news.watch("001-feature", in: "app", for: session, pull: 7, head: GitHubScene.sha(1))
        Self.setHead(1, source)
        let poller = Self.poller(scene, source)
        // Plans the watch.
        _ = try await poller.poll()
        var comments: [JSON] = []
        for number in 1...7 {
            comments.append(["id": JSON(number), "body": .string("text \(number)."), "user": ["login": "eve"]])
            source.set("issues/7/comments", .array(comments))
            // Otherwise its comments are not read.
            source.set("pulls", [["number": 7, "state": "open", "updated_at": .string("\(number)")]])
            scene.clock.advance(by: .seconds(60))
            _ = try await poller.poll()
        }
        try await scene.settle()
        expectEqual(scene.adapter.posts.count, 5)
        scene.clock.advance(by: .seconds(600))
        _ = try await poller.poll()
        try await scene.settle()
        expectEqual(scene.adapter.posts.count, 6)
        #expect(scene.adapter.texts[5].contains("text 6.") && scene.adapter.texts[5].contains("text 7."))
    }

    @Test("as a service it waits for the clock or another watch, and stops at once")
    func service() async throws {
        let scene = try await GitHubScene()
        let source = Source()
        let change = Signal()
        let session = try await scene.session()
        let poller = Self.poller(scene, source, change)
        async let running: Void = poller.run()
        let news = GitHubNewsStore(store: scene.store, now: scene.bridge.environment.now) { change.signal() }
        try await news.watch("001-feature", in: "app", for: session, head: GitHubScene.sha(1))
        Self.setHead(2, source)
        await scene.clock.sleepers(1)
        scene.clock.advance(by: .seconds(60))
        await scene.adapter.waitForPosts(1)
        await poller.stop()
        try await running
    }
}
