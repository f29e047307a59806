import Glibc
import TestSupport
import Testing

@testable import Git

@Suite("Files of a folder as objects", .timeLimit(.minutes(1)))
struct WorkFilesTests {
    @Test(
        ".gitignore: the same verdicts as git check-ignore",
        arguments: [
            "*.o", "build/", "/root", "a/b", "**/deep", "deep/**", "a/**/z", "*", "!keep\n*.o", "*.o\n!keep.o",
            "[a-c]x",
            "[!a]x", "\\!odd", "\\#odd", "# comment", "tr ", "tr\\ ", "a?c", "foo*bar*", "**", "/**/z", "a/", "x/y/",
            "[]x]y",
            "*/z", "a/*", "[z-a]x", "dir/*\n!dir/keep", "",
        ])
    func ignore(rules: String) throws {
        let directory = try TemporaryDirectory()
        let git = RealGit(directory.path)
        try git("init -q")
        let file = try #require(fopen("\(directory.path)/.gitignore", "w"))
        fputs(rules + "\n", file)
        fclose(file)
        let parsed = IgnoreRules(Array((rules + "\n").utf8), RuleEffort())
        for path in [
            "x.o", "keep.o", "keep", "build", "root", "a/root", "a/b", "c/a/b", "deep", "a/deep", "deep/x", "a/z",
            "a/q/z",
            "a/q/r/z", "ax", "bx", "zx", "!odd", "#odd", "tr", "tr ", "abc", "a/c", "foobar", "foo1bar2", "x/y",
            "q/x/y", "]y",
            "z", "q/z", "dir/keep", "dir/other",
        ] {
            let parts = path.utf8.split(separator: UInt8(ascii: "/")).map { Array($0) }
            var ours = false
            // As in a walk: what is in an ignored folder is ignored.
            for count in 1...parts.count where !ours {
                ours = parsed.verdict(on: parts[..<count], isFolder: count < parts.count, RuleEffort()) ?? false
            }
            let theirs = try git.shell("git check-ignore -q -- '\(path)' && echo yes || echo no") == "yes"
            expectEqual(ours, theirs, "\(path) with \(rules)")
        }
    }

    @Test(".gitignore: a pattern with many stars takes no exponential time")
    func stars() {
        let effort = RuleEffort(1_000_000)
        let rules = IgnoreRules(Array((String(repeating: "*a", count: 60) + "b").utf8), effort)
        expectEqual(
            rules.verdict(on: [[UInt8](repeating: UInt8(ascii: "a"), count: 250)], isFolder: false, effort), nil)
        let folders = IgnoreRules(Array((String(repeating: "**/a/", count: 60) + "b").utf8), effort)
        let path = [[UInt8]](repeating: [UInt8(ascii: "a")], count: 200)
        expectEqual(folders.verdict(on: path[...], isFolder: false, effort), nil)
        expectEqual(effort.isSpent, false)
    }

    @Test("comparing many rules with many names ends with an error when it takes too long")
    func effort() async throws {
        let effort = RuleEffort(1_000_000)
        let rules = IgnoreRules(Array(String(repeating: "*a*b\n", count: 1_000).utf8), effort)
        let name = [[UInt8](repeating: UInt8(ascii: "a"), count: 250)]
        for _ in 0..<10 { expectEqual(rules.verdict(on: name[...], isFolder: false, effort), nil) }
        #expect(throws: GitError.self) { try effort.check() }
        // `stop` ends it, too.
        let error = await Task { () -> GitError.Code? in
            withUnsafeCurrentTask { $0?.cancel() }
            let effort = RuleEffort()
            while effort.take(1_000_000) {}
            do throws(GitError) { try effort.check() } catch { return error.code }
            return nil
        }.value
        expectEqual(error, .cancelled)
    }

    @Test(
        "Git reads the objects, of every size around a block",
        arguments: [0, 1, 100, 65_520, 65_535, 65_536, 131_070, 262_144, 262_145])
    func objects(size: Int) async throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/store"
        try await GitRepository(path: path).createStore(sharing: nil)
        var generator = SeededGenerator(state: UInt64(size))
        let bytes = (0..<size).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let store = try GitObjects(path: path)
        let key = try store.write(bytes, .blob)
        try expectEqual(GitObjects(path: path).read(key, .blob, limit: size), bytes)
        let git = RealGit(path)
        try expectEqual(git("cat-file -s \(key.id.hex)"), "\(size)")
        try expectEqual(git.shell("git cat-file blob \(key.id.hex) | git hash-object --stdin"), key.id.hex)
        #expect(try !git("fsck --no-dangling").contains("error"))
    }

    @Test("trees are written as Git sorts them")
    func trees() throws {
        let directory = try TemporaryDirectory()
        let git = RealGit(directory.path)
        try git("init -q")
        try git.shell(
            "mkdir a; echo 1 > a/f; echo 2 > a.b; echo 3 > a0; echo 4 > a-; ln -s x l; echo 5 > e; chmod +x e; git add -A"
        )
        let tree = try git("write-tree")
        let store = try GitObjects(path: directory.path)
        let id = try #require(GitObjectID(tree))
        let items = try store.tree(ObjectKey(id))
        expectEqual(items.count, 6)
        try expectEqual(store.write(TreeItem.serialised(items.reversed()), .tree).id, id)
    }

    @Test("of 12,000 changed files 10,000 are listed, of long paths fewer; all are counted")
    func manyChanges() async throws {
        let directory = try TemporaryDirectory()
        try await GitRepository(path: directory.path).createStore(sharing: nil)
        let store = try GitObjects(path: directory.path)
        let blob = try store.write([120], .blob)
        let items = (1_000..<2_000).map { TreeItem(kind: .file, name: Array("\($0)".utf8), key: blob) }
        let folder = try store.write(TreeItem.serialised(items), .tree)
        let rules = ScanRules(entries: 200_000, fileBytes: 1, newBytes: 1, depth: 1, excluding: [])
        let files = WorkFiles(folder: directory.path, store: directory.path, rules: rules)
        let empty = try store.write([], .tree).id
        for (count, nameBytes, listed) in [(12, 2, 10_000), (2, 4_000, (4 << 20) / 4_005)] {
            let folders = (10..<10 + count).map { number in
                let name = Array("\(number)".utf8) + [UInt8](repeating: 0x61, count: nameBytes - 2)
                return TreeItem(kind: .folder, name: name, key: folder)
            }
            let tree = try store.write(TreeItem.serialised(folders), .tree).id
            let changes = try await files.changes(from: tree, to: empty)
            #expect(changes.count == 1_000 * count && changes.files.count == listed)
            #expect(changes.files.allSatisfy { $0.kind == .deleted && $0.path.utf8.count == nameBytes + 5 })
            let paths = changes.files.map(\.path)
            #expect(zip(paths, paths.dropFirst()).allSatisfy { $0.precedes($1) })
        }
    }

    @Test("scans, checkouts and restorations leave the disk's reserve free")
    func reserve() async throws {
        let directory = try TemporaryDirectory()
        let git = RealGit(directory.path)
        try git.shell("mkdir files empty; seq 10 > files/a; seq 10000 > files/b")
        let (folder, store) = ("\(directory.path)/files", "\(directory.path)/store")
        try await GitRepository(path: store).createStore(sharing: nil)
        var rules = ScanRules(entries: 100, fileBytes: 1 << 20, newBytes: 1 << 30, depth: 10, excluding: [])
        let files = WorkFiles(folder: folder, store: store, rules: rules)
        let both = try await files.scan().tree
        try git.shell("rm files/b")
        let one = try await files.scan().tree
        rules.reserve = .max
        let full = WorkFiles(folder: folder, store: store, rules: rules)
        // Nothing is written, or less than before.
        try await expectEqual(full.scan().tree, one)
        _ = try await full.restore(one, keeping: nil)
        await expectEqual(Fixture.code { _ = try await full.restore(both, keeping: nil) }, .diskFull)
        let empty = WorkFiles(folder: "\(directory.path)/empty", store: store, rules: rules)
        await expectEqual(Fixture.code { _ = try await empty.checkOut(both) }, .diskFull)
        let new = WorkspaceEdit(path: "new", expected: nil, bytes: [1])
        await expectEqual(Fixture.code { try await full.apply([new], limit: 1 << 20) }, .diskFull)
        await expectEqual(Fixture.code { try await full.write([1], to: "new") }, .diskFull)
        try expectEqual(git.shell("ls files empty"), "empty:\n\nfiles:\na")
        let a = try #require(try await full.file("a", limit: 1 << 20))
        try await full.apply([WorkspaceEdit(path: "a", expected: a.digest, bytes: [1])], limit: 1 << 20)
        try git.shell("seq 20 > files/c")
        await expectEqual(Fixture.code { _ = try await full.scan() }, .diskFull)
        _ = try await files.restore(both, keeping: nil)
        try git.shell("ls files/b")
    }

    @Test("an open folder can't be left", arguments: ["..", "../x", "/etc", "l", "l/passwd", "p", "d/../.."])
    func beneath(path: String) throws {
        let directory = try TemporaryDirectory()
        try RealGit(directory.path).shell("mkdir d; ln -s /etc l; ln -s /proc/self/root p")
        let folder = try Folder(path: directory.path)
        let isOpen = folder.folder(Array(path.utf8)) != nil
        #expect(!isOpen)
        let status = folder.open(Array(path.utf8), O_RDONLY)
        #expect(status < 0)
    }

    @Test("removing a folder leaves what its links lead to")
    func remove() throws {
        let directory = try TemporaryDirectory()
        let git = RealGit(directory.path)
        try git.shell(
            "mkdir -p out x/a/b; touch out/f x/a/f; ln -s ../out x/l; ln -s ../../out/f x/a/l; chmod 0 x/a/b; mkfifo x/p"
        )
        try FolderTree.remove("\(directory.path)/x")
        try expectEqual(git.shell("ls . out"), ".:\nout\n\nout:\nf")
        try FolderTree.remove("\(directory.path)/x")
    }
}
