import Chat
import Sessions
import Store
import TestSupport
import Testing
import Threads

@testable import GitHub
@testable import Posts
@testable import Turns

@Suite("News for many threads", .timeLimit(.minutes(1)))
struct NewsIndexTests {
    private static let desk = NewsDesk(repositories: GitHubScene.repositories)

    private static func watch(
        _ branch: String, of session: String = "t", head: String? = nil, pull: Int? = nil
    ) -> GitHubWatch {
        GitHubWatch(
            session: session, repository: "app", branch: branch, pull: pull, head: head, createdAt: 0, activeAt: 0)
    }

    private static func index(_ events: [NewsEvent]) -> NewsIndex {
        var snapshot = NewsSnapshot()
        snapshot.events = events
        return NewsIndex(snapshot)
    }

    @Test("each of 1,000 watches looks at the 20 events of its branch, of 20,000 in all")
    func branches() throws {
        let watches = (0..<1_000).map { Self.watch("b\($0)", head: "c\($0)") }
        let events: [NewsEvent] = watches.flatMap { watch in
            (0..<20).map { number in
                var event = NewsEvent(.check, repository: "octo/App")
                (event.id, event.branch, event.sha) = ("\(number)", watch.branch, watch.head)
                return event
            }
        }
        let index = Self.index(events)
        let branch = try #require(Self.desk.branch(of: watches[7]))
        expectEqual(index.events(for: branch), Array(events[140..<160]))
        let parts = Self.desk.parts(of: watches + [Self.watch("quiet")], for: index)
        expectEqual(parts.map(\.count), Array(repeating: 50, count: 20))
        expectEqual(parts.flatMap { $0 }, watches)
    }

    @Test("a push of many commits is stored for a few threads at a time, and its last 250 commits count")
    func commits() throws {
        var push = NewsEvent(.push, repository: "octo/app")
        (push.branch, push.sha) = ("main", "c300")
        push.commits = (1...300).map { NewsEvent.Commit(sha: "c\($0)", subject: "", hasTrailer: false) }
        let watches = (0..<9).map { Self.watch("main", of: "t\($0)") }
        let index = Self.index([push])
        expectEqual(Self.desk.parts(of: watches, for: index).map(\.count), [3, 3, 3])
        let branch = try #require(Self.desk.branch(of: watches[0]))
        expectEqual(index.events(for: branch).map(\.commits), [Array(push.commits.suffix(250))])
        expectEqual(Self.desk.parts(of: [Self.watch("other")], for: index), [[]])
    }

    @Test("a watch finds events of its branch, and of the commits and pull requests that these lead to")
    func subjects() throws {
        func event(
            _ kind: NewsEvent.Kind, _ id: String, branch: String? = nil, sha: String? = nil, pull: Int? = nil,
            repository: String = "octo/app"
        ) -> NewsEvent {
            var event = NewsEvent(kind, repository: repository)
            (event.id, event.branch, event.sha, event.pull) = (id, branch, sha, pull)
            return event
        }
        let index = Self.index([
            event(.workflow, "workflow", sha: "new"), event(.push, "push", branch: "001", sha: "new"),
            event(.check, "check", sha: "new"), event(.check, "old check", sha: "old"),
            event(.review, "review", branch: "001", pull: 7), event(.comment, "comment", pull: 7),
            event(.comment, "other comment", pull: 8), event(.check, "other check", branch: "002", sha: "x"),
            event(.push, "other push", branch: "001", sha: "new", repository: "octo/else"),
        ])
        let branch = try #require(Self.desk.branch(of: Self.watch("001", head: "old")))
        expectEqual(
            index.events(for: branch).map(\.id), ["push", "check", "old check", "review", "comment", "workflow"])
        let pull = try #require(Self.desk.branch(of: Self.watch("003", pull: 8)))
        expectEqual(index.events(for: pull).map(\.id), ["other comment"])
    }

    @Test("60 threads learn of a push once each, also if the program ends after the first 50")
    func crash() async throws {
        let scene = try await GitHubScene()
        let adapter = scene.adapter.id
        let watches = try await scene.store.write { ledger in
            try (0..<60).map { number in
                let thread = try ledger.session(
                    for: ThreadKey(adapter: adapter, value: "r\(number)"),
                    route: Route(room: RoomID(adapter: adapter, name: "r\(number)")), owner: "alice", title: "", at: 1)
                let watch = Self.watch("001-feature", of: thread.id)
                try ledger.set(watch)
                return watch
            }
        }
        let intake = scene.intake()
        let payload = GitHubScene.push(to: 1, "Fix")
        _ = try await intake.take("a", signature: "sha256=a", "push", payload)
        let index = Self.index([try #require(WebhookEvent.read("push", payload))])
        let parts = scene.desk.parts(of: watches, for: index)
        expectEqual(parts.map(\.count), [50, 10])
        try await scene.bridge.posts.tell(for: .gitHub) { [desk = scene.desk] ledger in
            try desk.news(of: index, for: parts[0], in: ledger, at: 1)
        }
        #expect(try await intake.handle())
        #expect(try await !intake.handle())
        try await scene.settle()
        expectEqual(scene.adapter.posts.map(\.route.room.name).sorted(), (0..<60).map { "r\($0)" }.sorted())
    }
}
