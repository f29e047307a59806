import Git
import Glibc
import Primitives
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct BranchMarkTests {
    /// When every file of the fixture counts as old.
    private static func later() -> Int64 { WallClock.now() + 60_000 }

    /// In milliseconds since 1970.
    private static func lastChange(of files: [String], in folder: String) -> Int64 {
        var last: Int64 = 0
        for file in files {
            var info = stat()
            guard stat(folder + file, &info) == 0 else { continue }
            last = max(last, Int64(info.st_ctim.tv_sec) * 1_000 + Int64(info.st_ctim.tv_nsec) / 1_000_000)
        }
        return last
    }

    @Test("a mark is that of an unmoved branch only", arguments: [false, true])
    func moves(isBare: Bool) async throws {
        let fixture = try await Fixture.initialised(bare: isBare)
        let repository = fixture.repository
        let first = repository.mark(of: "main", unmovedSince: Self.later())
        #expect(first != nil && repository.mark(of: "main", unmovedSince: Self.later()) == first)
        _ = try await fixture.commit("a", "1")
        let second = repository.mark(of: "main", unmovedSince: Self.later())
        #expect(second != nil && second != first)
        // The branch moves into the file of packed references, and from there again.
        try fixture.git("pack-refs --all")
        let packed = repository.mark(of: "main", unmovedSince: Self.later())
        #expect(packed != nil && packed != second)
        _ = try await fixture.commit("a", "2")
        #expect(repository.mark(of: "main", unmovedSince: Self.later()) != packed)
        #expect(
            repository.mark(of: "other", unmovedSince: Self.later())
                != repository.mark(of: "main", unmovedSince: Self.later()))
        let before = repository.mark(of: "main", unmovedSince: Self.later())
        try fixture.git("symbolic-ref HEAD refs/heads/other")
        #expect(repository.mark(of: "main", unmovedSince: Self.later()) != before)
    }

    @Test("the folders of a branch are those whose files show that it moves, or the one above that exists")
    func folders() async throws {
        let fixture = try await Fixture.initialised()
        let top = fixture.repository.path + "/.git"
        expectEqual(fixture.repository.folders(of: "main"), [top, top + "/refs/heads"])
        try fixture.git("branch a/b/c")
        expectEqual(fixture.repository.folders(of: "a/b/c"), [top, top + "/refs/heads/a/b"])
        try fixture.git("pack-refs --all")
        expectEqual(fixture.repository.folders(of: "a/b/c"), [top, top + "/refs/heads"])
        try fixture.git("worktree add -q second -b second")
        expectEqual(GitRepository(path: fixture.repository.path + "/second").folders(of: "second"), nil)
    }

    @Test("there is no mark of what changed a moment ago, of a second work tree, and of no repository")
    func none() async throws {
        let fixture = try await Fixture.initialised()
        let changed = Self.lastChange(of: ["HEAD", "refs/heads/main"], in: fixture.repository.path + "/.git/")
        expectEqual(fixture.repository.mark(of: "main", unmovedSince: changed + 20), nil)
        #expect(fixture.repository.mark(of: "main", unmovedSince: changed + 3_000) != nil)
        try fixture.git("worktree add -q second -b second")
        let second = GitRepository(path: fixture.repository.path + "/second")
        expectEqual(second.mark(of: "second", unmovedSince: Self.later()), nil)
        let absent = GitRepository(path: fixture.repository.path + "/absent")
        expectEqual(absent.mark(of: "main", unmovedSince: Self.later()), nil)
    }
}
