import Chat
import Logging
import Repositories
import Specs
import TestSupport
import Testing

@testable import Gateway

@Suite("Viewer: what was pushed to a repository", .timeLimit(.minutes(1)))
struct RepositoryViewerTests {
    /// Makes a commit `hostile` with a tree `$t`.
    private static func viewer(_ tree: String) async throws -> (RepositoryViewer, TemporaryDirectory) {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/notes"
        let catalog = RepositoryCatalog(
            [RepositorySetting(name: "notes", place: .local(path: path), branch: "main")], now: { 1_700_000_000 },
            logger: Logger(label: "test"))
        await catalog.prepare()
        try RealGit(path).shell("\(tree)\ngit branch hostile $(git commit-tree $t -p HEAD -m hostile)")
        return (RepositoryViewer(catalog: catalog), directory)
    }

    private static func refusal(_ body: () async throws -> Void) async -> (text: String, isTooLarge: Bool) {
        do { try await body() } catch let refusal as ViewerRefusal {
            return (refusal.message, refusal.isTooLarge)
        } catch { return ("\(error)", false) }
        return ("none", false)
    }

    @Test("a commit of 13 objects with 2 × 10^10 files, or of folders in folders, has no page", arguments: [10, 300])
    func bomb(levels: Int) async throws {
        let (viewer, directory) = try await Self.viewer(
            """
            b=$(echo x | git hash-object -w --stdin); t=$(printf '100644 blob %s\\tf0\\n' $b | git mktree)
            for l in $(seq \(levels)); do
            t=$(for i in $(seq \(levels == 10 ? 10 : 1)); do printf '040000 tree %s\\td%s\\n' $t $i; done | git mktree)
            done
            """)
        let refusal = await Self.refusal { _ = try await viewer.commit("notes", "hostile") }
        #expect(refusal.isTooLarge)
        #expect(refusal.text.hasPrefix("repository notes: too large to show: the commit "), "\(refusal)")
        // What is looked at step by step is shown.
        try await expectEqual(viewer.tree("notes", "hostile", "d1/d1/d1")?.entries.first?.name, "d1")
        try await expectEqual(viewer.overview("notes", branch: "hostile")?.branch, "hostile")
        withExtendedLifetime(directory) {}
    }

    @Test("commits are listed by pages, from the newest to the first")
    func commits() async throws {
        let (viewer, directory) = try await Self.viewer(
            """
            for n in $(seq 120); do git commit -q --allow-empty -m "commit $n"; done; t=$(git mktree </dev/null)
            """)
        let first = try #require(try await viewer.commits("notes", "main", from: nil))
        expectEqual(first.commits.count, 100)
        expectEqual(first.commits.first?.subject, "commit 120")
        let second = try #require(try await viewer.commits("notes", "main", from: first.next))
        expectEqual(second.commits.first?.subject, "commit 20")
        expectEqual(second.commits.count, 21)
        expectEqual(second.next, nil)
        try await expectEqual(viewer.commits("notes", "nothing", from: nil)?.commits.count, nil)
        withExtendedLifetime(directory) {}
    }

    @Test("a file of 80 MB is on the pages of its commit and folder, and has none itself")
    func file() async throws {
        let (viewer, directory) = try await Self.viewer(
            """
            b=$(head -c 80000000 /dev/zero | git hash-object -w --stdin)
            t=$(printf '100644 blob %s\\tlarge.md\\n' $b | git mktree)
            """)
        let before = Self.resident
        let commit = try await viewer.commit("notes", "hostile")
        #expect(commit?.files.map(\.path) == ["large.md"] && commit?.files.first?.isBinary == true)
        try await expectEqual(viewer.tree("notes", "hostile", "")?.entries.map(\.size), [80_000_000])
        try await expectEqual(viewer.overview("notes", branch: "hostile")?.documents.items.map(\.path), ["large.md"])
        let refusal = await Self.refusal { _ = try await viewer.blob("notes", "hostile", "large.md", limit: 64 << 20) }
        #expect(refusal.isTooLarge && refusal.text.contains("large.md has 80000000 bytes"), "\(refusal)")
        #expect(Self.resident - before < 32 << 20)
        withExtendedLifetime(directory) {}
    }

    @Test("a document of a feature is read without the others, of which there may be any number")
    func document() async throws {
        let (viewer, directory) = try await Self.viewer(
            """
            b=$(echo x | git hash-object -w --stdin)
            l=$(head -c 200000 /dev/zero | tr '\\0' x | git hash-object -w --stdin)
            f=$({ for i in $(seq 100 499); do printf '100644 blob %s\\tf%s.md\\n' $b $i; done
                printf '120000 blob %s\\tlink.md\\n' $b; printf '100644 blob %s\\tlarge.md\\n' $l; } | git mktree)
            s=$(printf '040000 tree %s\\t001-a\\n' $f | git mktree); t=$(printf '040000 tree %s\\tspecs\\n' $s | git mktree)
            """)
        let features = FeatureViewer(catalog: viewer.catalog, pages: RepositoryPages(viewer: "http://a"))
        func text(_ path: String) async throws -> String {
            switch try await features.document(path, of: "001-a", in: "notes") {
            case .found(let document): return "\(document.text.prefix(10)), versions: \(document.versions.count)"
            case .missing: return "missing"
            case .refused(let line): return line
            }
        }
        try await expectEqual(text("specs/001-a/f499.md"), "x\n, versions: 1")
        let large = try await text("specs/001-a/large.md")
        #expect(large.hasPrefix("`specs/001-a/large.md` is over 100 KB"), "\(large)")
        for path in ["specs/001-a/link.md", "specs/001-a/f500.md", "specs/001-a/../001-a/f100.md", "README.md", ""] {
            try await expectEqual(text(path), "missing", path)
        }
        withExtendedLifetime(directory) {}
    }

    private static var resident: Int {
        Int(Survivors.text("/proc/self/statm").split(separator: " ")[1]).map { $0 * 4_096 } ?? 0
    }
}
