import TestSupport
import Testing

@testable import Git

@Suite("Renames in differences of many files", .timeLimit(.minutes(1)))
struct RenameTests {
    /// A folder of files with one content.
    private static func folder(_ count: Int, of text: String, _ store: GitObjects) throws -> ObjectKey {
        let blob = try store.write(Array(text.utf8), .blob)
        let items = (0..<count).map { TreeItem(kind: .file, name: Array("\(10_000 + $0)".utf8), key: blob) }
        return try store.write(TreeItem.serialised(items), .tree)
    }

    private static func root(_ folders: [String: ObjectKey], _ store: GitObjects) throws -> ObjectKey {
        let items = folders.map { TreeItem(kind: .folder, name: Array($0.key.utf8), key: $0.value) }
        return try store.write(TreeItem.serialised(items), .tree)
    }

    @Test("a folder of 1,000 files that moves as a whole is shown as renames")
    func equal() async throws {
        let fixture = try await Fixture.initialised(bare: true)
        let store = try GitObjects(path: fixture.directory.path)
        let folder = try Self.folder(1_000, of: "x", store)
        let (old, new) = try (Self.root(["old": folder], store), Self.root(["new": folder], store))
        let diff = try await fixture.repository.diff(from: old.id, to: new.id)
        expectEqual(diff.stat, GitStat(files: 1_000, additions: 0, deletions: 0))
        #expect(diff.files.count == 300 && diff.files.allSatisfy { $0.status == .renamed })
        #expect(diff.files.allSatisfy { $0.oldPath?.suffix(6) == $0.path.suffix(6) })
    }

    @Test("files that are moved and changed are renames while there are at most 200", arguments: [200, 201])
    func similar(count: Int) async throws {
        let fixture = try await Fixture.initialised(bare: true)
        let store = try GitObjects(path: fixture.directory.path)
        let rest = (1..<20).map { "\n\($0) is a line that both have" }.joined()
        let old = try Self.root(["old": Self.folder(count, of: "one" + rest, store)], store)
        let new = try Self.root(["new": Self.folder(count, of: "two" + rest, store)], store)
        let stat = try await fixture.repository.diff(from: old.id, to: new.id).stat
        let (files, lines) = count > 200 ? (2 * count, 20 * count) : (count, count)
        expectEqual(stat, GitStat(files: files, additions: lines, deletions: lines))
    }

    /// 25 removed and 25 added files, and one that moved. Each has some lines of the one before and more of the one after,
    /// so each pass of a search finds one better match.
    private static func chain(_ store: GitObjects) throws -> (removed: ObjectKey, added: ObjectKey) {
        let same = TreeItem(kind: .file, name: Array("same".utf8), key: try store.write([120], .blob))
        var (removed, added) = ([same], [same])
        for number in 0..<50 {
            var lines = (0..<number).map { "e\(number - 1)l\($0)\n" }
            if number < 49 { lines += (0...number).map { "e\(number)l\($0)\n" } }
            let own = 100 - lines.count
            lines += (0..<own).map { "u\(number)l\($0)\n" }
            let blob = try store.write(Array(lines.joined().utf8), .blob)
            let item = TreeItem(kind: .file, name: Array("\(100 + number / 2)".utf8), key: blob)
            if number.isMultiple(of: 2) { added.append(item) } else { removed.append(item) }
        }
        return try (
            store.write(TreeItem.serialised(removed), .tree), store.write(TreeItem.serialised(added), .tree)
        )
    }

    @Test("none are searched among thousands of files, because each better match begins the search anew")
    func many() async throws {
        let fixture = try await Fixture.initialised(bare: true)
        let store = try GitObjects(path: fixture.directory.path)
        let chain = try Self.chain(store)
        var old = ["y": chain.removed]
        var new = ["b": chain.added]
        let removed = try Self.folder(1_000, of: (0..<100).map { "p\($0)\n" }.joined(), store)
        let added = try Self.folder(1_000, of: (0..<100).map { "q\($0)\n" }.joined(), store)
        for number in 0..<6 {
            old["z\(number)"] = removed
            new["a\(number)"] = added
        }
        let (left, right) = try (Self.root(old, store), Self.root(new, store))
        let diff = try store.diff(left, right, of: "it", findingRenames: true)
        // Also the file that only moved.
        expectEqual(diff?.count, 2 * (6_000 + 25 + 1))
    }
}
