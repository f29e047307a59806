import Chat
import HTTP
import Primitives
import Specs
import TestSupport
import Testing

@testable import Gateway

@Suite("Viewer: what a page may have", .timeLimit(.minutes(1)))
struct ViewerLimitTests {
    private static func tree(_ entries: [ViewerTree.Entry]) -> String {
        ViewerPages().tree(ViewerTree(repository: "notes", ref: "main", path: "", entries: entries)).text
    }

    private static func overview(_ entries: [ViewerTree.Entry]) -> String {
        ViewerPages().overview(
            ViewerOverview(
                repository: "notes", branch: "main", defaultBranch: "main",
                branches: .init(items: [], isCut: false), features: .init(items: [], isCut: false),
                documents: .init(items: [], isCut: false), entries: entries)
        ).text
    }

    /// Notes how many look at once at the most.
    private struct CrowdedViewer: ViewerSource, FeatureSource {
        private let viewer = FakeViewer()
        private let features = FakeFeatures()
        private let now = Protected<[String: Int]>([:])
        let most = Protected<[String: Int]>([:])

        private func counted<Found>(_ name: String, _ body: () async throws -> Found) async throws -> Found {
            let count = self.now.withLock { now in
                now[name, default: 0] += 1
                return now[name, default: 0]
            }
            self.most.withLock { $0[name] = max($0[name, default: 0], count) }
            for _ in 0..<1_000 { await Task.yield() }
            defer { self.now.withLock { $0[name, default: 0] -= 1 } }
            return try await body()
        }

        func overview(_ repository: String, branch: String?) async throws -> ViewerOverview? {
            try await self.counted("look") { try await self.viewer.overview(repository, branch: branch) }
        }

        func commit(_ repository: String, _ ref: String) async throws -> ViewerCommit? {
            try await self.counted("look") { try await self.viewer.commit(repository, ref) }
        }

        func commits(_ repository: String, _ ref: String, from sha: String?) async throws -> ViewerLog? {
            try await self.counted("look") { try await self.viewer.commits(repository, ref, from: sha) }
        }

        func blob(_ repository: String, _ ref: String, _ path: String, limit: Int) async throws -> ViewerBlob? {
            try await self.counted("look") { try await self.viewer.blob(repository, ref, path, limit: limit) }
        }

        func tree(_ repository: String, _ ref: String, _ path: String) async throws -> ViewerTree? {
            try await self.counted("look") { try await self.viewer.tree(repository, ref, path) }
        }

        func feature(
            _ name: String?, of repository: String?
        ) async throws -> FeatureAnswer<FeatureOverview.Feature> {
            try await self.counted("feature") { try await self.features.feature("001-a", of: repository) }
        }

        func names(in repository: String?) async throws -> FeatureAnswer<[String]> {
            try await self.features.names(in: repository)
        }

        func document(
            _ path: String, of feature: String?, in repository: String?
        ) async throws -> FeatureAnswer<API.FeatureText> {
            try await self.counted("feature") {
                try await self.features.document(path, of: feature, in: repository)
            }
        }

        func difference(
            of path: String, from old: String, to new: String, in repository: String?
        ) async throws -> FeatureAnswer<String> {
            try await self.counted("feature") {
                try await self.features.difference(of: path, from: old, to: new, in: repository)
            }
        }
    }

    @Test("a person looks at one page of a repository at a time, and at one feature")
    func looks() async throws {
        let viewer = CrowdedViewer()
        try await GatewayHarness.run(viewer: viewer, features: viewer) { harness in
            let person = try await harness.signedIn(.member)
            let thread = try await person.newThread()
            let spec = "/api/v1/threads/\(thread)/spec"
            let paths = [
                "/r/notes", "/r/notes/commit/\(FakeViewer.sha)", "/r/notes/blob/main/readme.md",
                "/r/notes/raw/main/readme.md", "/r/notes/tree/main", "/r/notes/tree/main/folder",
                "/api/v1/repositories/notes/commits/\(FakeViewer.sha)", spec,
                "\(spec)/document?path=specs/001-a/spec.md", "\(spec)/diff?path=a&from=b&to=c",
            ]
            try await withThrowingTaskGroup(of: Int.self) { group in
                for path in paths + paths { group.addTask { try await person.send(.get, path).status } }
                for try await status in group { expectEqual(status, 200) }
            }
        }
        expectEqual(viewer.most.withLock { $0 }, ["look": 1, "feature": 1])
    }

    @Test("a long path is cut and has no link, on a commit's page and in the API")
    func longPath() {
        let path = String(repeating: "a", count: 500_000)
        let file = ViewerFileChange(
            kind: .renamed, oldPath: path, newPath: path, additions: 0, deletions: 0, isBinary: false, hunks: [])
        let person = ViewerCommit.Person(name: "Ada", email: "ada@example.org", seconds: 0, offset: 0)
        let commit = ViewerCommit(
            repository: "notes", sha: FakeViewer.sha, parents: [], author: person, committer: person,
            message: "Move a file", files: [file], total: .init(files: 3, additions: 0, deletions: 0))
        let text = ViewerPages().commit(commit).text
        #expect(text.utf8.count < 20_000, "\(text.utf8.count)")
        #expect(text.contains("aaa…") && !text.contains("View the file"))
        #expect(text.contains("2 more files changed"))
        let answer = API.CommitFile(file)
        expectEqual([answer.path.utf8.count, answer.oldPath?.utf8.count], [1_003, 1_003])
    }

    @Test("a path of 1,024 bytes has a link, a longer one has none", arguments: [1_024, 1_025])
    func link(count: Int) {
        let file = ViewerFileChange(
            kind: .added, oldPath: "", newPath: String(repeating: "a", count: count), additions: 0, deletions: 0,
            isBinary: true, hunks: [])
        let page = ViewerPages().changes(
            [file], total: .init(files: 1, additions: 0, deletions: 0), rest: "", link: { "/\($0)" })
        expectEqual(page.text.contains("View the file"), count == 1_024)
    }

    @Test("a folder's and a repository's page have 5,000 rows, and say if there are more", arguments: [5_000, 5_001])
    func rows(count: Int) {
        let entries = (0..<count).map { ViewerTree.Entry(name: "f\($0)", kind: .file, size: 1) }
        for text in [Self.tree(entries), Self.overview(entries)] {
            expectEqual(text.ranges(of: "<tr>").count, 5_000)
            expectEqual(text.contains("Only the first 5000 are shown"), count > 5_000)
        }
    }

    @Test("rows with long links end at 4 MiB")
    func longRows() {
        let name = String(repeating: "\u{7F}", count: 255)
        let entries = (0..<5_000).map { _ in ViewerTree.Entry(name: name, kind: .file, size: 1) }
        for text in [Self.tree(entries), Self.overview(entries)] {
            #expect(text.utf8.count < 5 << 20 && text.contains("Only the first"), "\(text.utf8.count)")
        }
    }

    @Test("folders come first, and names stay in their order")
    func order() throws {
        let kinds: [(name: String, kind: ViewerTree.Entry.Kind)] = [
            ("b", .file), ("a", .file), ("z", .folder), ("y", .folder),
        ]
        let text = Self.tree(kinds.map { ViewerTree.Entry(name: $0.name, kind: $0.kind, size: nil) })
        let places = try [">z/<", ">y/<", ">b<", ">a<"].map { name in
            try #require(text.firstRange(of: name)).lowerBound
        }
        expectEqual(places, places.sorted())
    }

    @Test("of a commit's message, the first lines are shown")
    func message() {
        let person = ViewerCommit.Person(name: "A", email: "a@example.org", seconds: 0, offset: 0)
        let commit = ViewerCommit(
            repository: "notes", sha: FakeViewer.sha, parents: [], author: person, committer: person,
            message: "subject\n\nfirst\n" + String(repeating: "\n", count: 1_000_000) + "last", files: [],
            total: .init(files: 0, additions: 0, deletions: 0))
        let text = ViewerPages().commit(commit).text
        #expect(text.contains("first\n") && !text.contains("last"))
        #expect(text.contains("… The message is longer. Read it with git.") && text.utf8.count < 20_000)
    }

    @Test("a file of more than 20,000 lines is not shown")
    func lines() {
        func page(_ lines: Int) -> String {
            let bytes = [UInt8](repeating: UInt8(ascii: "\n"), count: lines)
            return ViewerPages().blob(
                ViewerBlob(repository: "notes", ref: "main", path: "a.txt", bytes: bytes), isSource: false
            ).text
        }
        #expect(page(20_000).contains("id=\"L20000\""))
        let text = page(1_000_000)
        #expect(text.contains("Too large to show (over 20000 lines). Download it instead."))
        #expect(text.contains("1000000 lines") && text.utf8.count < 10_000, "\(text.utf8.count)")
    }
}
