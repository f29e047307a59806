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
