import TestSupport
import Testing

@testable import Git

@Suite("Trees that are larger than they look", .timeLimit(.minutes(1)))
struct TreeLimitsTests {
    private static let tooMany =
        "changes more than 100000 files and folders: look at it with `git`"

    @Test(
        "a commit of a few objects with billions of files is not shown",
        arguments: [(10, 10), (40, 2), (2, 1_000)])
    func bomb(levels: Int, branches: Int) async throws {
        let trees = try await HostileTrees()
        let id = try await trees.bomb(levels: levels, branches: branches)
        let growth = await HostileTrees.growth {
            let refused = await HostileTrees.refusal { _ = try await trees.fixture.repository.stat(of: id) }
            expectEqual(refused, "too large to show: the commit \(id.short) \(Self.tooMany)")
        }
        #expect(growth < 64 << 20)
    }

    @Test("it is not compared, listed or merged in any other way")
    func ways() async throws {
        let trees = try await HostileTrees()
        let (git, base) = (trees.fixture.repository, try await trees.id())
        let id = try await trees.bomb()
        let growth = try await HostileTrees.growth {
            await expectEqual(Fixture.code { _ = try await git.diff(of: id) }, .tooLarge)
            await expectEqual(Fixture.code { _ = try await git.paths(changedBy: id) }, .tooLarge)
            let both = await HostileTrees.refusal { _ = try await git.diff(from: id, to: base) }
            expectEqual(both, "too large to show: the difference from \(id.short) to \(base.short) \(Self.tooMany)")
            let changes = try await git.fileChanges(from: base, to: id, limit: .max)
            expectEqual(changes, nil)
            await expectEqual(Fixture.code { _ = try await git.merge(id, with: base, base: base) }, .tooLarge)
            await expectEqual(Fixture.code { _ = try await git.merge(base, with: base, base: id) }, .tooLarge)
        }
        #expect(growth < 64 << 20)
    }

    @Test("what does not change costs nothing, even if it is such a folder")
    func unchanged() async throws {
        let trees = try await HostileTrees()
        let git = trees.fixture.repository
        try await trees.bomb()
        try await trees.nested(1_000)
        try await trees.fixture.commit("docs/b.md", "b\n")
        let id = try await trees.id()
        try await expectEqual(git.stat(of: id), GitStat(files: 1, additions: 1, deletions: 0))
        try await expectEqual(git.diff(of: id).files.map(\.path), ["docs/b.md"])
        try await expectEqual(git.lastChange(of: "docs/b.md", at: id), id)
        try await expectEqual(git.files(in: "docs", endings: [".md"], at: id, limit: 10).items.count, 2)
        try await expectEqual(git.entries(in: "", at: id).map(\.name), ["a", "bomb", "docs", "README.md"])
        #expect(try await git.files(in: "", endings: [".md"], at: id, limit: 10).isCut)
    }

    @Test("folders more than 256 levels deep do not reach the library", arguments: [256, 3_000])
    func nested(levels: Int) async throws {
        let trees = try await HostileTrees()
        let (git, base) = (trees.fixture.repository, try await trees.id())
        let id = try await trees.nested(levels)
        let reason = "has folders more than 256 levels deep"
        let shown = await HostileTrees.refusal { _ = try await git.stat(of: id) }
        expectEqual(shown, "too large to show: the commit \(id.short) \(reason): look at it with `git`")
        #expect(await HostileTrees.refusal { _ = try await git.diff(from: base, to: id) }.contains(reason))
        #expect(
            await HostileTrees.refusal { _ = try await git.merge(id, with: base, base: base) }.contains(reason))
        let bundle = GitBundle(store: trees.fixture.directory.path)
        let folder = try TemporaryDirectory()
        for known in [[], [base], [id]] {
            let refused = await HostileTrees.refusal {
                _ = try await bundle.make([("HEAD", known == [id] ? base : id)], without: known, in: folder.path)
            }
            expectEqual(refused, "too large to send: the bundle \(reason): push it with `git` in a clone")
        }
    }

    @Test("a push of such folders, or beside them, does not reach the library", arguments: [false, true])
    func push(isBeside: Bool) async throws {
        let trees = try await HostileTrees()
        let git = trees.fixture.repository
        let folder = try TemporaryDirectory()
        try RealGit(folder.path).shell(
            "git init -q --bare server.git && git -C server.git config receive.fsckObjects false")
        try await trees.nested(300)
        if isBeside {
            // The server has them, and what is sent comes after.
            try trees.fixture.git.shell("git push -q '\(folder.path)/server.git' main")
            try await trees.fixture.commit("docs/b.md", "b\n")
        }
        try trees.fixture.git.shell("git update-ref refs/jetbridge/outgoing/x main")
        let remote = GitRemote(url: try GitRemoteURL("\(folder.path)/server.git"))
        let base = isBeside ? GitObjectID(try trees.fixture.git("rev-parse main~1")) : nil
        let refused = await HostileTrees.refusal {
            try await remote.push("refs/jetbridge/outgoing/x", to: "main", expecting: base, from: git)
        }
        expectEqual(
            refused, "too large to send: the push has folders more than 256 levels deep: push it with `git` in a clone")
    }

    @Test("folders 255 levels deep are shown, merged and packed")
    func deep() async throws {
        let trees = try await HostileTrees()
        let (git, base) = (trees.fixture.repository, try await trees.id())
        let id = try await trees.nested(255)
        try await expectEqual(git.stat(of: id), GitStat(files: 1, additions: 1, deletions: 0))
        let path = String(repeating: "a/", count: 255) + "f"
        try await expectEqual(git.diff(of: id).files.map(\.path), [path])
        try await expectEqual(git.merge(id, with: base, base: base).tree, git.tree(of: id))
        let folder = try TemporaryDirectory()
        let bundle = GitBundle(store: trees.fixture.directory.path)
        #expect(try await bundle.make([("HEAD", id)], without: [base], in: folder.path).size > 1_000)
    }

    @Test("a file of a gigabyte in a pack of 206 bytes is not read to be shown")
    func large() async throws {
        let trees = try await HostileTrees()
        let git = trees.fixture.repository
        let id = try await trees.large()
        try trees.fixture.git.shell("git update-ref refs/heads/side main~1")
        let growth = try await HostileTrees.growth {
            try await expectEqual(git.stat(of: id), GitStat(files: 1, additions: 0, deletions: 0))
            let files = try await git.diff(of: id).files
            #expect(files.map(\.path) == ["large.md"] && files[0].isBinary && files[0].hunks.isEmpty)
            let refused = await HostileTrees.refusal { _ = try await git.file("large.md", at: id, limit: 64 << 20) }
            expectEqual(refused, "large.md has 1069547520 bytes, over the limit of 67108864: use a clone")
            try await expectEqual(git.entries(in: "", at: id).first { $0.name == "large.md" }?.size, 1_069_547_520)
            let found = try await git.files(in: "", endings: [".md"], at: id, limit: 10).items
            expectEqual(found.map(\.size), [6, 2, 1_069_547_520])
            try await expectEqual(git.beginnings(of: found, count: 64 << 10).count, 2)
            try await expectEqual(git.patch(of: "README.md", from: id, to: id), "")
            await expectEqual(Fixture.code { _ = try await git.patch(of: "large.md", from: id, to: id) }, .tooLarge)
            await expectEqual(Fixture.code { _ = try await git.resolve(HostileTrees.gigabyte) }, .notFound)
            let blob = try #require(GitObjectID(HostileTrees.gigabyte))
            await expectEqual(Fixture.code { _ = try await git.commit(blob) }, .notFound)
            try await expectEqual(git.fileChanges(from: id, to: trees.id("side"), limit: 100)?.map(\.bytes), [nil])
            try await expectEqual(git.fileChanges(from: trees.id("side"), to: id, limit: 100), nil)
        }
        #expect(growth < 64 << 20)
    }

    @Test("renamed and merged files are not read either, if they are that large")
    func moved() async throws {
        let trees = try await HostileTrees()
        let git = trees.fixture.repository
        let base = try await trees.large()
        try trees.fixture.git.shell(
            """
            other=1eac54bcb641ed1ffdc21da3016a44ff7c764681
            commit() { git mktree | xargs -I % git commit-tree % -p \(base.hex) -m next | xargs git update-ref refs/heads/$1; }
            git ls-tree main | sed 's/large.md/moved.md/' | commit same
            git ls-tree main | sed "s/large.md/moved.md/; s/\(HostileTrees.gigabyte)/$other/" | commit moved
            git ls-tree main | sed "s/\(HostileTrees.gigabyte)/$other/" | commit smaller
            git ls-tree main | grep -v large.md | commit gone
            """)
        let growth = try await HostileTrees.growth {
            let same = try await git.diff(of: trees.id("same"))
            #expect(same.files.map(\.status) == [.renamed] && same.files[0].oldPath == "large.md")
            let moved = try await git.diff(of: trees.id("moved"))
            expectEqual(moved.files.map(\.status), [.deleted, .added])
            let theirs = try await trees.id("smaller")
            for side in ["gone", "moved"] {
                let refused = await HostileTrees.refusal {
                    _ = try await git.merge(trees.id(side), with: theirs, base: base)
                }
                expectEqual(
                    refused,
                    "too large to merge: large.md was changed on both sides and has more than 16 MB: "
                        + "merge it with `git` in a clone")
            }
            // What only one side has changed is taken as it is.
            try await expectEqual(git.merge(theirs, with: base, base: base).tree, git.tree(of: theirs))
        }
        #expect(growth < 64 << 20)
    }

    @Test("megabytes of short lines, which take seconds each to compare, are refused; usual lines are not")
    func lines() async throws {
        let trees = try await HostileTrees()
        let git = trees.fixture.repository
        try trees.fixture.git.shell(
            """
            lines() { awk "BEGIN { srand($1); for (i = 0; i < 500000; i++) print int(rand() * 2) }"; }
            lines 1 > bits; one=$(git hash-object -w bits); lines 2 > bits; two=$(git hash-object -w bits)
            awk 'BEGIN { for (i = 0; i < 20000; i++) print i " is a line of some length, as in a table" }' > table
            old=$(git hash-object -w table); sed 's/7/8/' table > changed; new=$(git hash-object -w changed)
            commit() { git mktree | xargs -I % git commit-tree % $2 -m next | xargs git update-ref refs/heads/$1; }
            files() { for i in $(seq 30); do printf '100644 blob %s\t%s%s\n' $1 $2 $i; done; }
            files $one a | commit one; files $two a | commit two "-p one"; files $two b | commit moved "-p one"
            files $old a | commit old; files $new a | commit new "-p old"
            """)
        let (one, two, moved) = try await (trees.id("one"), trees.id("two"), trees.id("moved"))
        let reason = "changes too many short lines to compare: look at it with `git`"
        for id in [two, moved] {
            let refused = await HostileTrees.refusal { _ = try await git.stat(of: id) }
            expectEqual(refused, "too large to show: the commit \(id.short) \(reason)")
        }
        await expectEqual(Fixture.code { _ = try await git.diff(from: one, to: two) }, .tooLarge)
        let merged = await HostileTrees.refusal { _ = try await git.merge(two, with: moved, base: one) }
        expectEqual(
            merged,
            "too large to merge: what both sides have changed has too many short lines to compare: merge it with `git` in "
                + "a clone")
        let stat = try await git.stat(of: trees.id("new"))
        #expect(stat.files == 30 && stat.additions > 100_000)
    }

    @Test(
        "a megabyte of lines with one hash, which takes the library minutes, is refused: alone, too, and if one line differs"
    )
    func collisions() async throws {
        // Each three lead to the same hash.
        let same = [
            ["!!", "\"B", "#c"], ["!!", "$D", "'g"], ["!!", "&F", "'g"], ["!`", "#\"", "&G"], ["!!", "#c", ",L"],
            ["!!", "\"B", "#c"], ["!`", "\"C", "'&"], ["!!", "$D", "'g"], ["!!", "&F", "'g"], ["!`", "#\"", "&G"],
        ]
        let all = same.reduce([""]) { lines, next in lines.flatMap { line in next.map { line + $0 } } }
        let lines = Array(all.prefix(49_900))
        var (firstChanged, lastChanged) = (lines, lines)
        firstChanged[0] = "first"
        lastChanged[lines.count - 1] = "last"
        let texts = [lines, firstChanged, lastChanged].map { Array($0.joined(separator: "\n").utf8) }
        let trees = try await HostileTrees()
        let git = trees.fixture.repository
        let store = try GitObjects(path: trees.fixture.directory.path)
        var ids: [GitObjectID] = []
        for text in texts {
            let file = TreeItem(kind: .file, name: Array("file".utf8), key: try store.write(text, .blob))
            let tree = try store.write(TreeItem.serialised([file]), .tree)
            ids.append(
                try #require(try GitObjectID(trees.fixture.git.shell("git commit-tree \(tree.id.hex) -m next"))))
        }
        let (base, first, last) = (ids[0], ids[1], ids[2])
        let added = await HostileTrees.refusal { _ = try await git.stat(of: base) }
        expectEqual(
            added,
            "too large to show: the commit \(base.short) changes too many short lines to compare: look at it with `git`"
        )
        await expectEqual(Fixture.code { _ = try await git.diff(from: base, to: first) }, .tooLarge)
        await expectEqual(Fixture.code { _ = try await git.merge(first, with: last, base: base) }, .tooLarge)
        await expectEqual(Fixture.code { _ = try GitLineDiff(from: texts[0], to: texts[1]) }, .tooLarge)

        // Half of these lines are the same.
        let usual = (0..<49_900).map { $0 % 2 == 0 ? "" : "line \($0)" }
        let diff = try GitLineDiff(
            from: Array(usual.joined(separator: "\n").utf8),
            to: Array((usual.dropLast() + ["last"]).joined(separator: "\n").utf8))
        #expect(diff.added == 1 && diff.removed == 1)
    }

    @Test("files whose names have one hash, which a merge takes minutes for, are refused", arguments: [true, false])
    func names(isOneHash: Bool) async throws {
        let trees = try await HostileTrees()
        let store = try GitObjects(path: trees.fixture.directory.path)
        // Both have the same hash: 31 × 97 + 95 is 31 × 98 + 64.
        let pair = isOneHash ? ["a_", "b@"] : ["a_", "c@"]
        let names = (0..<14).reduce([""]) { names, _ in names.flatMap { name in pair.map { name + $0 } } }
        let blob = try store.write([120], .blob)
        let items = names.map { TreeItem(kind: .file, name: Array($0.utf8), key: blob) }
        let folder = try store.write(TreeItem.serialised(items), .tree)
        let base = try await trees.commit(tree: "040000 tree \(folder.id.hex)\tnames\n")
        let refused = await HostileTrees.refusal {
            _ = try await trees.fixture.repository.merge(base, with: base, base: base)
        }
        expectEqual(
            refused.hasPrefix("too large to merge: the branch at \(base.short) has too many names with the same hash"),
            isOneHash)
    }

    @Test(
        "a conflict of megabytes is found without a comparison of its sides, for which the library's table is too small"
    )
    func conflict() async throws {
        let trees = try await HostileTrees()
        let git = trees.fixture.repository
        // The library expects as many lines as if all were as long as the first 256, which are short but for the conflict.
        try trees.fixture.git.shell(
            """
            side() { seq 300; head -c 3000000 /dev/zero | tr '\\0' $1; echo; seq -f "$1%.0f" 300000; }
            commit() {
            printf '100644 blob %s\\tfile\\n' $(git hash-object -w --stdin) | git mktree \
            | xargs -I % git commit-tree % -m next | xargs git update-ref refs/heads/$1; }
            (seq 300; echo end) | commit base; side a | commit a; side b | commit b
            """)
        let (base, ours, theirs) = try await (trees.id("base"), trees.id("a"), trees.id("b"))
        let merged = try await git.merge(ours, with: theirs, base: base)
        #expect(merged.tree == nil && merged.conflicts.map(\.path) == ["file"])
    }

    @Test("a folder with a name of 40 MB and a commit with a message of 2 MB are refused, and hide no others")
    func promises() async throws {
        let trees = try await HostileTrees()
        let (git, program) = (trees.fixture.repository, trees.fixture.git)
        let blob = try program.shell("head -c 40000000 /dev/zero | git hash-object -w --stdin")
        // A tree object with a name of 40 MB.
        let tree = try program.shell(
            """
            (printf '100644 '; head -c 40000000 /dev/zero | tr '\\0' a; printf '\\0'; head -c 20 /dev/zero) \
            | git hash-object -t tree -w --stdin --literally
            """)
        let id = try await trees.commit(tree: "040000 tree \(tree)\tnames\n100644 blob \(blob)\tzeros\n")
        let message = try program.shell(
            """
            (git cat-file commit main; head -c 2000000 /dev/zero | tr '\\0' a) | git hash-object -t commit -w --stdin
            """)
        try program.shell("git update-ref refs/heads/talk \(message)")
        let growth = await HostileTrees.growth {
            let refused = await HostileTrees.refusal { _ = try await git.stat(of: id) }
            expectEqual(
                refused,
                "too large to show: the commit \(id.short) has folders with too many files to read: "
                    + "look at it with `git`")
            await expectEqual(Fixture.code { _ = try await git.entries(in: "names", at: id) }, .tooLarge)
            await expectEqual(Fixture.code { _ = try await git.commit(trees.id("talk")) }, .tooLarge)
            let log = try? await git.log(from: trees.id("talk"), limit: 2)
            expectEqual(log?.map(\.subject), ["Write docs/a.md"])
            let history = try? await git.history(of: "docs", from: trees.id("talk"), limit: 2)
            expectEqual(history?.items.map(\.subject), ["Write docs/a.md"])
        }
        #expect(growth < 64 << 20)
    }

    @Test("the files of a difference end where their paths together have a megabyte")
    func longPaths() async throws {
        let trees = try await HostileTrees()
        let store = try GitObjects(path: trees.fixture.directory.path)
        let blob = try store.write([120], .blob)
        let items = (1_000..<1_300).map { number in
            TreeItem(kind: .file, name: Array("\(number)".utf8) + [UInt8](repeating: 0x61, count: 4_000), key: blob)
        }
        let folder = try store.write(TreeItem.serialised(items), .tree)
        let id = try await trees.commit(tree: "040000 tree \(folder.id.hex)\tlong\n")
        let diff = try await trees.fixture.repository.diff(of: id)
        #expect(diff.isCut && diff.stat.files == 300)
        expectEqual(diff.files.count, (1 << 20) / ("long/1000".utf8.count + 4_000))
    }

    @Test("60,000 files in folders, of which three change, are compared and shown at once")
    func honest() async throws {
        let fixture = try await Fixture.initialised(bare: true)
        try fixture.git.shell(
            """
            awk 'BEGIN { print "blob\\nmark :1\\ndata 2\\nx\\n"
            print "commit refs/heads/main\\ncommitter A <a@e.org> 1700000000 +0000\\ndata 4\\nall\\nfrom refs/heads/main^0"
            for (i = 0; i < 60000; i++) print "M 644 :1 d" int(i / 1000) "/e" int(i / 50) % 20 "/f" i }' \
            | git fast-import --quiet
            """)
        let base = try await fixture.repository.resolve("main")
        let files = ["d1/e0/f1000", "d30/e19/f30999", "d59/new"]
        let id = try await fixture.repository.commit(
            fixture.change(Dictionary(uniqueKeysWithValues: files.map { ($0, Array("y\n".utf8)) })))
        let clock = ContinuousClock()
        let start = clock.now
        try await expectEqual(fixture.repository.stat(of: id), GitStat(files: 3, additions: 3, deletions: 2))
        try await expectEqual(fixture.repository.diff(of: id).files.map(\.path), files)
        try await expectEqual(fixture.repository.paths(changedBy: id), files)
        #expect(clock.now - start < .milliseconds(500))
        // All of them are within the limits as well.
        try await expectEqual(fixture.repository.diff(of: base).stat.files, 60_000)
        try await expectEqual(
            fixture.repository.merge(id, with: base, base: base).tree, fixture.repository.tree(of: id))
    }

    @Test("a name of more than 4,096 bytes is too large, one of more than 255 left out, and names end at 4 MiB")
    func names() async throws {
        let trees = try await HostileTrees()
        let git = trees.fixture.repository
        let store = try GitObjects(path: trees.fixture.directory.path)
        let blob = try store.write([120], .blob)
        func root(_ names: [[UInt8]]) throws -> GitObjectID {
            let items = names.map { TreeItem(kind: .file, name: $0, key: blob) }
            return try store.write(TreeItem.serialised(items), .tree).id
        }
        let names = [[UInt8](repeating: 0x61, count: 255), [UInt8](repeating: 0x62, count: 256)]
        try await expectEqual(git.entries(in: "", at: root(names)).map(\.name.utf8.count), [255])
        let marks = Array(("a" + String(repeating: "\u{345}\u{301}\u{316}\u{334}", count: 30)).utf8)
        let few = try await git.entries(in: "", at: root((0..<2_000).map { marks + Array("\(10_000 + $0)".utf8) }))
        expectEqual(few.count, 2_000)
        let many = (100_000..<120_000).map { Array("\($0)".utf8) + [UInt8](repeating: 0x61, count: 244) }
        try await expectEqual(git.entries(in: "", at: root(many)).count, (4 << 20) / 250)
        let long = try root([[UInt8](repeating: 0x61, count: 4_097)])
        await expectEqual(Fixture.code { _ = try await git.entries(in: "", at: long) }, .tooLarge)
    }
}
