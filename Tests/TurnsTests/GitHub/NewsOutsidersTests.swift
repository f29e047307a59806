import Database
import GitHub
import JSON
import Primitives
import Sessions
import Store
import TestSupport
import Testing

@testable import Turns

@Suite("News: what outsiders write", .timeLimit(.minutes(1)))
struct NewsOutsidersTests {
    private static func comment(_ id: Int, by association: String = "NONE", saying text: String? = nil) -> JSON {
        GitHubScene.payload([
            "action": "created", "issue": ["number": 7, "pull_request": [:]],
            "comment": [
                "id": JSON(id), "body": .string(text ?? "text \(id)."), "user": ["login": "eve"],
                "author_association": .string(association),
            ],
        ])
    }

    private static func take(_ comments: [JSON], _ intake: WebhookIntake) async throws {
        for comment in comments {
            let id = comment["comment"]?["id"]?.intValue ?? 0
            _ = try await intake.take("\(id)", signature: "sha256=\(id)", "issue_comment", comment)
        }
        #expect(try await intake.handle())
    }

    private static func intake(_ scene: GitHubScene, _ desk: NewsDesk) -> WebhookIntake {
        WebhookIntake(posts: scene.bridge.posts, desk: desk, logger: .silent, gathering: .zero)
    }

    @Test("a thread learns of them five times, then every ten minutes, and of collaborators' comments at once")
    func grouped() async throws {
        let scene = try await GitHubScene()
        let session = try await scene.session()
        try await scene.news.watch("001-feature", in: "app", for: session, pull: 7)
        let calls = Protected<[[String]]>([])
        var desk = scene.desk
        desk.onGap = { ids in calls.withLock { $0.append(ids) } }
        let (intake, posts) = (Self.intake(scene, desk), scene.bridge.posts)
        for id in 1...6 { try await Self.take([Self.comment(id)], intake) }
        for (id, association) in [(7, "CONTRIBUTOR"), (8, "MEMBER")] {
            try await Self.take([Self.comment(id, by: association)], intake)
        }
        try await scene.settle()
        expectEqual(scene.adapter.posts.count, 6)
        #expect(scene.adapter.texts[4].contains("text 5.") && scene.adapter.texts[5].contains("text 8."))
        expectEqual(calls.withLock { $0 }, [[], []])
        // `fix` need not wait.
        try await expectEqual(scene.news.pending(session).map(\.key), (1...8).map { "comment:\($0)" })
        scene.clock.advance(by: .seconds(599))
        try await expectEqual(desk.tellWaiting(through: posts), Duration.seconds(1))
        try await scene.settle()
        expectEqual(scene.adapter.posts.count, 6)
        scene.clock.advance(by: .seconds(1))
        try await expectEqual(desk.tellWaiting(through: posts), nil)
        try await scene.settle()
        expectEqual(scene.adapter.posts.count, 7)
        #expect(scene.adapter.texts[6].contains("text 6.") && scene.adapter.texts[6].contains("text 7."))
        // The next ones have to wait again.
        try await Self.take([Self.comment(9)], intake)
        try await expectEqual(desk.tellWaiting(through: posts), Duration.seconds(600))
        try await scene.settle()
        expectEqual(scene.adapter.posts.count, 7)
        try await expectEqual(scene.news.pending(session).map(\.key), (1...9).map { "comment:\($0)" })
    }

    @Test("what waits is neither lost nor told twice when the program ends, and the message stays short")
    func restart() async throws {
        let scene = try await GitHubScene()
        let session = try await scene.session()
        try await scene.news.watch("001-feature", in: "app", for: session, pull: 7)
        let intake = Self.intake(scene, scene.desk)
        for id in 1...5 { try await Self.take([Self.comment(id)], intake) }
        try await Self.take((6...35).map { Self.comment($0) }, intake)
        // Each has a memory of its own, as another run has.
        for _ in 1...2 {
            try await expectEqual(scene.desk.tellWaiting(through: scene.bridge.posts), nil)
            try await scene.settle()
            expectEqual(scene.adapter.posts.count, 6)
        }
        let paragraphs = scene.adapter.texts[5].split(separator: "\n\n")
        expectEqual(paragraphs.count, 11)
        expectEqual(paragraphs.last, "and 20 more by people who may not push to the repository.")
        try await expectEqual(scene.waitingRows(), 0)
    }

    @Test("of many that wait, the last ones are read and all are counted, and their copies are short and removed")
    func many() async throws {
        let scene = try await GitHubScene()
        let session = try await scene.session()
        try await scene.news.watch("001-feature", in: "app", for: session, pull: 7)
        let intake = Self.intake(scene, scene.desk)
        for id in 1...5 { try await Self.take([Self.comment(id)], intake) }
        for start in [6, 56, 106] { try await Self.take((start..<start + 50).map { Self.comment($0) }, intake) }
        // One letter, however long.
        let letter = "a" + String(repeating: "\u{301}", count: 5_000)
        try await Self.take([Self.comment(156, saying: letter)], intake)
        try await expectEqual(scene.waitingRows(), 151)
        let longest = try await scene.store.read { ledger in
            try ledger.openGitHubNews(of: session, kind: NewsDesk.waitingKind).map(\.item.utf8.count).max()
        }
        #expect(longest.map { $0 < 2_000 } == true)
        try await expectEqual(scene.desk.tellWaiting(through: scene.bridge.posts), nil)
        try await scene.settle()
        expectEqual(scene.adapter.posts.count, 6)
        let paragraphs = scene.adapter.texts[5].split(separator: "\n\n")
        expectEqual(paragraphs.count, 12)
        #expect(paragraphs.first?.contains("text 57.") == true)
        expectEqual(paragraphs.dropFirst(10).first, "and 90 more by people who may not push to the repository.")
        expectEqual(paragraphs.last, "Before these, people who may not push wrote 51 other comments.")
        try await expectEqual(scene.waitingRows(), 0)
        // `fix` sees all of them.
        try await expectEqual(scene.news.pending(session).count, 156)
    }

    @Test("comments that could not be posted are posted later")
    func putBack() {
        var outsiders = NewsDesk.Outsiders()
        for _ in 0..<NewsDesk.Outsiders.burst { outsiders.told("t", at: 0) }
        outsiders.wait(["t", "u"])
        expectEqual(outsiders.takeDue(at: 1), ["u"])
        expectEqual(outsiders.pause(at: 1), NewsDesk.Outsiders.interval - 1)
        expectEqual(outsiders.takeDue(at: NewsDesk.Outsiders.interval), ["t"])
        outsiders.putBack(["t"])
        expectEqual(outsiders.takeDue(at: NewsDesk.Outsiders.interval), ["t"])
        expectEqual(outsiders.pause(at: NewsDesk.Outsiders.interval), nil)
    }
}

extension GitHubScene {
    /// Copies of items that have to wait, in all states.
    fileprivate func waitingRows() async throws -> Int64? {
        try await self.store.read { ledger in
            try ledger.connection.query("SELECT COUNT(*) AS n FROM github_news WHERE kind = 'waiting'", [])
                .first?["n"].int64
        }
    }
}
