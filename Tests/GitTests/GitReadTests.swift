import Git
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct GitReadTests {
    @Test("commits, branches and tags are resolved, other revision syntax is not")
    func resolve() async throws {
        let fixture = try await Fixture.initialised()
        let id = try await fixture.commit("a", "1")
        try fixture.git("tag -a v1 -m v1")
        for name in [id.hex, id.short, id.hex.uppercased(), "main", "v1"] {
            try await expectEqual(fixture.repository.resolve(name), id)
        }
        for name in ["nothing", "0000000"] {
            await expectEqual(Fixture.code { _ = try await fixture.repository.resolve(name) }, .notFound, "\(name)")
        }
        for name in ["HEAD~1", "main^", ":/Write", "@{-1}", "../main", "HEAD"] {
            await expectEqual(Fixture.code { _ = try await fixture.repository.resolve(name) }, .invalidName, "\(name)")
        }
    }

    @Test("tags of tags are followed up to the eighth, and none of 2 MB is read")
    func tags() async throws {
        let fixture = try await Fixture.initialised()
        let id = try await fixture.commit("a", "1")
        try fixture.git.shell(
            """
            git tag -a v1 -m v1 main; for n in 2 3 4 5 6 7 8 9; do git tag -a v$n -m v$n v$((n - 1)); done
            large=$( (git cat-file tag v1; head -c 2000000 /dev/zero | tr '\\0' a) | git hash-object -t tag -w --stdin)
            git update-ref refs/tags/large $large; git tag -a outer -m outer large
            git tag -a tree -m tree 'main^{tree}'
            """)
        try await expectEqual(fixture.repository.resolve("v8"), id)
        for name in ["v9", "large", "outer", "tree"] {
            await expectEqual(Fixture.code { _ = try await fixture.repository.resolve(name) }, .notFound, "\(name)")
        }
    }

    @Test(
        "dates beyond the calendar become its ends, in every way that a commit is read",
        arguments: [
            "18446744073709551 +0000", "9223372036854775807 +9999", "9223372036854775806 -9999",
            "-9223372036854775808 +0000", "-9223372036854775807 +0000", "-1 +1459", "0 -0000",
        ])
    func extremeDates(_ date: String) async throws {
        let fixture = try await Fixture.initialised()
        try await fixture.commit("a", "1")
        try fixture.git.redate(date)
        let id = try await fixture.repository.resolve("main")
        let found = try await fixture.repository.log(from: id, limit: 2) + [fixture.repository.commit(id)]
        expectEqual(found.count, 3)
        for person in found.flatMap({ [$0.author, $0.committer] }) {
            #expect((0...253_402_300_799).contains(person.seconds) && abs(person.offsetMinutes) < 24 * 60)
        }
    }

    @Test("commits made by git are read: log, message, files, directories")
    func gitWrote() async throws {
        let fixture = try await Fixture.initialised()
        try fixture.git.shell(
            """
            mkdir -p d/e && echo one > d/x && echo two > d/e/y && echo '#!' > run && chmod +x run && ln -s run link &&
            git add . && git commit -q -m 'Add things' -m 'Because.' && git pack-refs --all && git gc -q
            """)
        let id = try await fixture.repository.resolve("main")
        let log = try await fixture.repository.log(from: id, limit: 10)
        expectEqual(log.map(\.subject), ["Add things", "Begin the repository"])
        expectEqual(log[0].body, "Because.")
        expectEqual(log[0].parents, [log[1].id])
        try await expectEqual(fixture.repository.log(from: id, limit: 1).count, 1)
        let entries = try await fixture.repository.entries(in: "", at: id)
        expectEqual(entries.map(\.name), ["d", "link", "run"])
        expectEqual(entries.map(\.kind), [.directory, .symbolicLink, .executable])
        expectEqual(entries[2].size, 3)
        for (path, isLink) in [("link", true), ("run", false), ("d", false), ("none", false)] {
            try await expectEqual(fixture.repository.isLink(path, at: id), isLink, "\(path)")
        }
        try await expectEqual(fixture.repository.entries(in: "d", at: id).map(\.name), ["e", "x"])
        try await expectEqual(fixture.repository.file("d/e/y", at: id, limit: 100), Array("two\n".utf8))
    }

    @Test("a missing path, a path of another kind and a large file are errors")
    func missing() async throws {
        let fixture = try await Fixture.initialised()
        let id = try await fixture.commit("d/f", "12345")
        await expectEqual(Fixture.code { _ = try await fixture.repository.file("no", at: id, limit: 9) }, .notFound)
        await expectEqual(Fixture.code { _ = try await fixture.repository.file("d", at: id, limit: 9) }, .notFound)
        await expectEqual(Fixture.code { _ = try await fixture.repository.entries(in: "d/f", at: id) }, .notFound)
        await expectEqual(Fixture.code { _ = try await fixture.repository.file("d/f", at: id, limit: 4) }, .tooLarge)
        await expectEqual(
            Fixture.code { _ = try await fixture.repository.file("../f", at: id, limit: 4) }, .invalidName)
    }

    @Test("a commit is found by its trailer, with its branch")
    func trailer() async throws {
        let fixture = try await Fixture.initialised()
        let start = try await fixture.repository.resolve("main")
        var change = fixture.change(["a": [1]], branch: "001-a", base: .new(from: start), message: "Subject\n\nK: body")
        change.trailers = [GitTrailer("Jetbridge-Turn", "t1"), GitTrailer("Other", "x")]
        let id = try await fixture.repository.commit(change)
        try await fixture.commit("later", "1", branch: "001-a")
        let found = try await fixture.repository.find(GitTrailer("Jetbridge-Turn", "t1"))
        expectEqual(found?.commit.id, id)
        expectEqual(found?.branch, "001-a")
        #expect(try await fixture.repository.find(GitTrailer("Jetbridge-Turn", "t")) == nil)
        #expect(try await fixture.repository.find(GitTrailer("K", "body")) == nil)
    }

    @Test("directories are listed across all branches, including remote ones")
    func directoryNames() async throws {
        let fixture = try await Fixture.initialised()
        let start = try await fixture.repository.resolve("main")
        #expect(try await fixture.repository.directoryNames(in: "specs").isEmpty)
        _ = try await fixture.repository.commit(
            fixture.change(["specs/007-x/spec.md": [1], "specs/file": [1]], branch: "x", base: .new(from: start)))
        try await fixture.commit("specs/010-y/spec.md", "1")
        try fixture.git("update-ref refs/remotes/origin/far x")
        try fixture.git("branch -q -D x")
        try await expectEqual(fixture.repository.directoryNames(in: "specs").sorted(), ["007-x", "010-y"])
        try await expectEqual(fixture.repository.branches().map(\.name), ["main", "origin/far"])
    }

    @Test("names of directories are told by their bytes")
    func directoryNamesByBytes() async throws {
        let fixture = try await Fixture.initialised()
        let names = ["001-\u{E9}", "001-e\u{301}"]
        for name in names { try await fixture.commit("specs/\(name)/spec.md", "1") }
        let found = try await fixture.repository.directoryNames(in: "specs")
        expectEqual(Set(found.map { Array($0.utf8) }), Set(names.map { Array($0.utf8) }))
    }

    @Test("a diff has files, numbered lines, renames and binary files")
    func diff() async throws {
        let fixture = try await Fixture.initialised()
        let text = (1...20).map { "line \($0)\n" }.joined()
        try await fixture.commit("a.txt", text)
        try await fixture.commit("old.txt", text.uppercased())
        try await fixture.commit("gone", "bye")
        let id = try await fixture.repository.commit(
            fixture.change([
                "a.txt": Array(text.replacing("line 10\n", with: "line ten\nand more\n").utf8),
                "old.txt": nil, "new.txt": Array((text.uppercased() + "end").utf8), "gone": nil, "bin": [0, 1, 2],
            ]))
        let diff = try await fixture.repository.diff(of: id)
        expectEqual(diff.files.map(\.path), ["a.txt", "bin", "gone", "new.txt"])
        expectEqual(diff.files.map(\.status), [.modified, .added, .deleted, .renamed])
        expectEqual(diff.files[3].oldPath, "old.txt")
        expectEqual(diff.files.map(\.isBinary), [false, true, false, false])
        expectEqual(diff.stat, GitStat(files: 4, additions: 3, deletions: 2))
        #expect(!diff.isCut)
        try await expectEqual(fixture.repository.stat(of: id), diff.stat)

        let hunk = try #require(diff.files[0].hunks.first)
        #expect(hunk.header.hasPrefix("@@ -7,7 +7,8 @@"))
        expectEqual(
            hunk.lines.map { "\($0.oldNumber ?? 0) \($0.newNumber ?? 0) \($0.kind) \($0.text)" },
            [
                "7 7 context line 7", "8 8 context line 8", "9 9 context line 9", "10 0 deleted line 10",
                "0 10 added line ten", "0 11 added and more", "11 12 context line 11", "12 13 context line 12",
                "13 14 context line 13",
            ])
        expectEqual(diff.files[3].hunks.last?.lines.last?.kind, .noNewline)
    }

    @Test("a root commit is compared with nothing, a merge with its first parent")
    func diffOfEnds() async throws {
        let fixture = try Fixture()
        try fixture.git.shell("git init -q && echo a > a && git add a && git commit -qm root")
        let root = try await fixture.repository.resolve("main")
        try await expectEqual(fixture.repository.diff(of: root).files.map(\.path), ["a"])
        try fixture.git.shell(
            "git switch -qc side && echo b > b && git add b && git commit -qm b && git switch -q main && echo c > c && git add c && git commit -qm c && git merge -q side -m merge"
        )
        let merge = try await fixture.repository.resolve("main")
        try await expectEqual(fixture.repository.diff(of: merge).files.map(\.path), ["b"])
    }

    @Test("a huge diff is cut, and says so")
    func cutDiff() async throws {
        let fixture = try await Fixture.initialised()
        let lines = Array((0..<1_000).map { "\($0)\n" }.joined().utf8)
        let id = try await fixture.repository.commit(
            fixture.change(["a": lines, "b": lines, "c": Array(repeating: 0x78, count: 5_000), "d": [1]]))
        let limits = GitDiffLimits(files: 3, lines: 1_500, lineBytes: 100, fileBytes: 4_500)
        let diff = try await fixture.repository.diff(of: id, limits: limits)
        #expect(diff.isCut)
        expectEqual(diff.files.map(\.path), ["a", "b", "c"])
        #expect(diff.files[1].isCut)
        expectEqual(diff.files[1].hunks[0].lines.count, 500)
        expectEqual(diff.files[1].additions, 1_000)
        #expect(diff.files[2].isBinary)
        expectEqual(diff.stat.files, 4)

        let long = try await fixture.repository.diff(of: id, limits: GitDiffLimits(lineBytes: 10))
        expectEqual(long.files[2].hunks[0].lines[0].text, "xxxxxxxxxx…")
    }
}
