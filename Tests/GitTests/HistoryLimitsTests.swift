import TestSupport
import Testing

@testable import Git

@Suite("Histories and branches that are larger than they look", .timeLimit(.minutes(1)))
struct HistoryLimitsTests {
    /// A commit with any header and message.
    private static func commit(
        _ tree: GitObjectID, parents: [GitObjectID], seconds: Int, name: String = "A", message: String,
        _ store: GitObjects
    ) throws -> GitObjectID {
        let person = "\(name) <a@example.org> \(seconds) +0000"
        let lines = parents.map { "parent \($0.hex)\n" }.joined()
        let text = "tree \(tree.hex)\n\(lines)author \(person)\ncommitter \(person)\n\n\(message)"
        return try store.write(Array(text.utf8), .commit).id
    }

    @Test("of 20,000 parents of a commit, 64 count")
    func parents() async throws {
        let trees = try await HostileTrees()
        let git = trees.fixture.repository
        let base = try await trees.id()
        let tree = try await git.tree(of: base)
        let store = try GitObjects(path: trees.fixture.directory.path)
        var tip = base
        for number in 1...3 {
            tip = try Self.commit(
                tree, parents: Array(repeating: tip, count: 20_000), seconds: 1_800_000_000 + number,
                message: "many \(number)", store)
        }
        try await expectEqual(git.commit(tip).parents.count, 64)
        let log = try await git.log(from: tip, limit: 5).map(\.subject)
        expectEqual(log, ["many 3", "many 2", "many 1", "Write docs/a.md", "Write README.md"])
        try await expectEqual(git.lastChange(of: "docs/a.md", at: tip), base)
        try await expectEqual(git.history(of: "docs", from: tip, limit: 5).items.map(\.id), [base])
    }

    @Test("no more of a history is read than is visited")
    func unread() async throws {
        let fixture = try await Fixture.initialised(bare: true)
        var ids: [GitObjectID] = []
        for number in 1...6 { ids.append(try await fixture.commit("a", "\(number)")) }
        try fixture.git.shell("rm -f objects/\(ids[0].hex.prefix(2))/\(ids[0].hex.dropFirst(2))")
        let history = try await fixture.repository.history(of: "a", from: ids[5], limit: 2)
        #expect(history.items.map(\.id) == [ids[5], ids[4]] && history.isCut)
        try await expectEqual(fixture.repository.log(from: ids[5], limit: 3).map(\.id), [ids[5], ids[4], ids[3]])
    }

    @Test("40 messages of a megabyte are not all kept")
    func messages() async throws {
        let trees = try await HostileTrees()
        let git = trees.fixture.repository
        let base = try await trees.id()
        let tree = try await git.tree(of: base)
        let store = try GitObjects(path: trees.fixture.directory.path)
        let message = String(repeating: "a", count: 1_000_000)
        var tip = base
        for number in 1...40 {
            tip = try Self.commit(
                tree, parents: [tip], seconds: 1_800_000_000 + number, message: "\(number) \(message)", store)
        }
        try await expectEqual(git.log(from: tip, limit: 100).count, 33)
    }

    @Test("a walk ends when its effort is spent, and when the task is cancelled")
    func effort() async throws {
        let fixture = try await Fixture.initialised(bare: true)
        for number in 1...10 { try await fixture.commit("a", "\(number)") }
        let tip = try await fixture.repository.resolve("main")
        let store = try GitObjects(path: fixture.directory.path)
        var walk = try CommitWalk(store, from: [tip], HistoryEffort(12_000))
        var visited = 0
        while try walk.next() != nil { visited += 1 }
        #expect(walk.isCut && 1..<6 ~= visited, "\(visited)")
        let spent = PathLookup(store, ["a"], HistoryEffort(0))
        try expectEqual(spent.items(in: store.tree(ofCommit: tip)), [nil])
        let error = await Task { () -> GitError.Code? in
            withUnsafeCurrentTask { $0?.cancel() }
            let effort = HistoryEffort()
            do throws(GitError) {
                while try effort.take(1 << 20) {}
            } catch {
                return error.code
            }
            return nil
        }.value
        expectEqual(error, .cancelled)
    }

    @Test("what a base contains is left out, with equal and with wrong dates")
    func hidden() async throws {
        let fixture = try await Fixture.initialised()
        try fixture.git.shell(
            """
            date() { export GIT_COMMITTER_DATE="$1 +0000" GIT_AUTHOR_DATE="$1 +0000"; }
            make() { git commit -q --allow-empty -m $1; }
            date 1800000000; make a; git switch -qc side; make b; make c; make d; git switch -q main
            git merge -q --no-ff -m merge side~2; make e; date 1600000000; make f; date 1800000001; make g
            git switch -q side; date 1500000000; git merge -q --no-ff -m back main~2; make h; git switch -q main; make i
            """)
        let (main, side) = try await (fixture.repository.resolve("main"), fixture.repository.resolve("side"))
        for (name, tip, base) in [("main ^side", main, side), ("side ^main", side, main)] {
            let expected = Set(try fixture.git("rev-list \(name)").split(separator: "\n").map(String.init))
            let found = try await fixture.repository.log(from: tip, without: base, limit: 100).map(\.id.hex)
            #expect(Set(found) == expected && found.count == expected.count, "\(name)")
        }
        let all = try await fixture.repository.log(from: main, limit: 100).map(\.id.hex)
        try expectEqual(Set(all), Set(fixture.git("rev-list main").split(separator: "\n").map(String.init)))
    }

    @Test("of more than 1,000 branches the newest are read, and those that are wanted first")
    func branches() async throws {
        let fixture = try await Fixture.initialised(bare: true)
        try fixture.git.shell(
            """
            b=$(echo x | git hash-object -w --stdin)
            folder() { printf "100644 blob $b\tspec.md\n" | git mktree; }
            specs() { printf "040000 tree $(folder)\t$1\n" | git mktree; }
            root() { printf "040000 tree $(specs $1)\tspecs\n" | git mktree; }
            commit() { export GIT_COMMITTER_DATE="$1 +0000"; git commit-tree $(root $2) -m $2; }
            git update-ref refs/heads/old $(commit 1000000000 001-old)
            git update-ref refs/heads/zz $(commit 1800000000 099-new)
            id=$(git rev-parse main)
            for i in $(seq 1001); do echo "create refs/heads/b$i $id"; done | git update-ref --stdin
            """)
        let git = fixture.repository
        try await expectEqual(git.directoryNames(in: "specs"), ["099-new"])
        try await expectEqual(git.branch(with: "specs/099-new") { _ in 0 }?.name, "zz")
        try await expectEqual(git.branch(with: "specs/001-old") { $0.name == "old" ? 0 : 1 }?.name, "old")
        try await expectEqual(git.branch(with: "specs/001-old") { _ in 0 }?.name, nil)
    }

    @Test("the folders of many commits are listed within a limit, and those that they share once")
    func folders() async throws {
        let fixture = try await Fixture.initialised(bare: true)
        let empty = try await fixture.repository.resolve("main")
        let one = try await fixture.commit("specs/001-a/spec.md", "a")
        let same = try await fixture.commit("b", "b")
        let two = try await fixture.commit("specs/002-b/spec.md", "b")
        let ids = [empty, one, same, two]
        let all = try await fixture.repository.directoryNames(in: "specs", at: ids, limit: 3)
        #expect(all.items == [[], ["001-a"], ["001-a"], ["001-a", "002-b"]] && !all.isCut)
        let few = try await fixture.repository.directoryNames(in: "specs", at: ids, limit: 2)
        #expect(few.items == [[], ["001-a"], ["001-a"], ["001-a"]] && few.isCut)
    }

    @Test("what a lookup remembers is bounded by trees times paths, and by what was found in folders")
    func remembered() async throws {
        let fixture = try await Fixture.initialised(bare: true)
        let store = try GitObjects(path: fixture.directory.path)
        func root(_ number: Int) throws -> (tree: ObjectKey, file: ObjectKey) {
            let file = try store.write(Array("\(number)".utf8), .blob)
            let items = (0..<10).map { TreeItem(kind: .file, name: Array("f\($0)".utf8), key: file) }
            return (try store.write(TreeItem.serialised(items), .tree), file)
        }
        let roots = try (0..<40).map(root)
        // Nothing is read, so that it takes no time.
        let spent = PathLookup(store, (0..<20_000).map { "f\($0)" }, HistoryEffort(0))
        for (tree, _) in roots { try expectEqual(spent.items(in: tree).count, 20_000) }
        #expect(!spent.trees.isEmpty && spent.trees.count * 20_000 <= 200_000, "\(spent.trees.count)")
        let lookup = PathLookup(store, (0..<10).map { "f\($0)" }, HistoryEffort(), remembering: 300)
        for (tree, file) in roots + roots.reversed() {
            try expectEqual(lookup.items(in: tree).map { $0?.key }, Array(repeating: file, count: 10))
            #expect(1...10 ~= lookup.trees.count && 1...10 ~= lookup.folders.count)
        }
    }

    @Test("a merge of more than 100,000 files that both sides have changed is refused")
    func merge() async throws {
        let trees = try await HostileTrees()
        try trees.fixture.git.shell(
            """
            side() {
            b=$(echo $1 | git hash-object -w --stdin)
            t=$(for i in $(seq 1000); do printf '100644 blob %s\tf%s\n' $b $i; done | git mktree)
            r=$(for i in $(seq 101); do printf '040000 tree %s\td%s\n' $t $i; done | git mktree)
            git update-ref refs/heads/$1 $(git commit-tree $r $2 -m $1); }
            side base; side ours "-p base"; side theirs "-p base"
            """)
        let (base, ours) = try await (trees.id("base"), trees.id("ours"))
        let theirs = try await trees.id("theirs")
        let refused = await HostileTrees.refusal {
            _ = try await trees.fixture.repository.merge(ours, with: theirs, base: base)
        }
        expectEqual(
            refused,
            "too large to merge: what both sides have changed has more than 100000 files: "
                + "merge it with `git` in a clone")
    }

    @Test("a commit of marks is read and compared at once, its author and subject are cut")
    func marks() async throws {
        let trees = try await HostileTrees()
        let marks = (0..<110_000).map { ["\u{345}", "\u{301}", "\u{316}", "\u{334}"][$0 % 4] }.joined()
        let store = try GitObjects(path: trees.fixture.directory.path)
        let tree = try await trees.fixture.repository.tree(of: trees.id())
        let id = try Self.commit(
            tree, parents: [], seconds: 0, name: "a\(marks)",
            message: "a\(marks)\n\nb\n\nKey: a\(marks)\n", store)
        let commit = try await trees.fixture.repository.commit(id)
        #expect(commit.subject.utf8.count <= 1_000 && commit.author.name.utf8.count <= 1_024)
        expectEqual(commit.message == "a", false)
        expectEqual(commit.author.name == "a", false)
        expectEqual(commit.trailers.contains(GitTrailer("Key", "a")), false)
        expectEqual(commit.trailers.count, 1)
    }
}
