import Git
import Glibc
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct GitStateTests {
    @Test("a missing repository is created on main with one empty commit; a second call changes nothing")
    func initialise() async throws {
        let directory = try TemporaryDirectory()
        let repository = GitRepository(path: directory.path + "/deep/notes")
        #expect(try await repository.initialise(committer: Fixture.bot))
        #expect(try await !repository.initialise(committer: Fixture.bot))
        let git = RealGit(repository.path)
        try expectEqual(git("log --format=%s:%T main"), "Begin the repository:4b825dc642cb6eb9a060e54bf8d69288fbee4904")
        try expectEqual(git("status --porcelain --branch"), "## main")
        try git("fsck --strict")
        try await expectEqual(repository.checkReady(base: nil).name, "main")
    }

    @Test("an existing repository without commits gets its first one on its current branch")
    func emptyRepository() async throws {
        let fixture = try Fixture()
        try fixture.git("init -q -b trunk")
        let code = await Fixture.code { _ = try await fixture.repository.checkReady(base: nil) }
        expectEqual(code, .unborn)
        #expect(try await fixture.repository.initialise(committer: Fixture.bot))
        try await expectEqual(fixture.repository.checkReady(base: nil).name, "trunk")
    }

    @Test("a repository with commits on other branches is not initialised")
    func orphan() async throws {
        let fixture = try await Fixture.initialised()
        try fixture.git("switch -q --orphan fresh")
        #expect(try await !fixture.repository.initialise(committer: Fixture.bot))
        let code = await Fixture.code { _ = try await fixture.repository.checkReady(base: nil) }
        expectEqual(code, .unborn)
        try await expectEqual(fixture.repository.checkReady(base: "main").name, "main")
    }

    @Test(
        "states that prevent commits are distinguished, with a remedy",
        arguments: [
            ("git switch -q --detach", GitError.Code.detached, "git switch"),
            ("git rev-parse HEAD > .git/MERGE_HEAD", .unfinished, "git merge --abort"),
            ("mkdir .git/rebase-merge && touch .git/rebase-merge/interactive", .unfinished, "git rebase --abort"),
            ("mkdir .git/rebase-apply && touch .git/rebase-apply/applying", .unfinished, "git am --abort"),
            ("git rev-parse HEAD > .git/CHERRY_PICK_HEAD", .unfinished, "git cherry-pick --abort"),
            ("git rev-parse HEAD > .git/REVERT_HEAD", .unfinished, "git revert --abort"),
            ("touch .git/BISECT_LOG", .unfinished, "git bisect reset"),
            ("rm -r .git", .notARepository, "git init"),
            ("rm .git/HEAD", .notARepository, "git init"),
            ("rm -r ../repo && touch ../repo", .pathIsFile, "move it away"),
            ("rm -r ../repo", .notARepository, "git init"),
        ])
    func states(command: String, code: GitError.Code, remedy: String) async throws {
        let directory = try TemporaryDirectory()
        let repository = GitRepository(path: directory.path + "/repo")
        try await repository.initialise(committer: Fixture.bot)
        try RealGit(repository.path).shell(command)
        let thrown = await #expect(throws: GitError.self) { _ = try await repository.checkReady(base: nil) }
        let error = try #require(thrown)
        expectEqual(error.code, code)
        #expect(error.message.contains(remedy), "\(error.message)")
        #expect(!error.message.contains("\n"))
    }

    @Test("another program's lock is reported")
    func locked() async throws {
        let fixture = try await Fixture.initialised()
        let start = try await fixture.repository.resolve("main")
        try fixture.git.shell("touch .git/refs/heads/new.lock .git/refs/heads/main.lock")
        let new = await Fixture.code {
            _ = try await fixture.repository.commit(fixture.change(["a": [1]], branch: "new", base: .new(from: start)))
        }
        expectEqual(new, .locked)
        // The checked-out branch's files are restored.
        let old = await Fixture.code { try await fixture.commit("a", "1") }
        expectEqual(old, .locked)
        try expectEqual(fixture.git("status --porcelain"), "")
        try fixture.git.shell("rm .git/refs/heads/main.lock && touch .git/index.lock")
        let index = await Fixture.code { try await fixture.commit("a", "1") }
        expectEqual(index, .locked)
        try await expectEqual(fixture.repository.resolve("main"), start)
    }

    @Test("a branch cannot be nested under another branch's name")
    func nestedBranch() async throws {
        let fixture = try await Fixture.initialised()
        let start = try await fixture.repository.resolve("main")
        let code = await Fixture.code {
            _ = try await fixture.repository.commit(
                fixture.change(["a": [1]], branch: "main/sub", base: .new(from: start)))
        }
        expectEqual(code, .pathIsFile)
    }

    @Test("a directory that cannot be created is reported")
    func unwritable() async throws {
        let code = await Fixture.code {
            try await GitRepository(path: "/proc/jetbridge/notes").initialise(committer: Fixture.bot)
        }
        expectEqual(code, .failed)
    }

    @Test("a repository without write permission is refused, except to root")
    func permissions() async throws {
        let fixture = try await Fixture.initialised()
        try fixture.git.shell("chmod -R a-w .git")
        let code = await Fixture.code { _ = try await fixture.repository.checkReady(base: nil) }
        expectEqual(code, geteuid() == 0 ? nil : .notWritable)
        try fixture.git.shell("chmod -R u+w .git")
    }

    @Test("another user's repository is refused", .enabled(if: geteuid() == 0, "only root can change a file's owner"))
    func owner() async throws {
        let fixture = try await Fixture.initialised()
        try fixture.git.shell("chown -R 65534 .")
        let error = await #expect(throws: GitError.self) { _ = try await fixture.repository.checkReady(base: nil) }
        expectEqual(error?.code, .foreignOwner)
        expectEqual(error?.message.contains("safe.directory"), true)
    }

    @Test("a damaged object is an error")
    func corrupt() async throws {
        let fixture = try await Fixture.initialised()
        let id = try await fixture.commit("a", "1")
        let object = ".git/objects/\(id.hex.prefix(2))/\(id.hex.dropFirst(2))"
        try fixture.git.shell("chmod u+w \(object) && echo rubbish > \(object)")
        await expectEqual(Fixture.code { _ = try await fixture.repository.commit(id) }, .failed)
    }
}

@Suite struct GitNameTests {
    @Test(
        "paths that leave the repository or are not portable are refused",
        arguments: [
            "", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", ".git", ".git/config", "a/.GIT/b", ".git ",
            ".git.", "git~1", ".g\u{200C}it", ".git::$INDEX_ALLOCATION",
            ".git/\u{301}x", "../\u{301}x", "a/\u{301}b/../c", ".git:\u{301}x", "a\\b", "a\nb", "a\u{0}b", "a\u{7F}",
            String(repeating: "a/", count: 600) + "a", String(repeating: "a", count: 256),
        ])
    func badPaths(path: String) {
        #expect(throws: GitError.self) { try GitName.checkPath(path) }
    }

    @Test("ordinary paths pass", arguments: ["a", "a/b.md", ".gitignore", "ä ö/ü", "a..b", "...", "-x", ".github/x"])
    func goodPaths(path: String) throws {
        try GitName.checkPath(path)
    }

    @Test(
        "branch names follow git-check-ref-format",
        arguments: [
            "", "-a", "/a", "a/", "a.", "a..b", "a//b", ".a", "a/.b", "a.lock", "a.lock/b", "a@{b", "@", "HEAD", "a b",
            "a~", "a^",
            "a..\u{301}b", "a/\u{301}.lock/b", "a@{\u{301}", ".\u{301}a", "a/.\u{301}b", "-\u{301}a", "a/\u{301}x/",
            "a:", "a?", "a*", "a[", "a\\", "a\u{7}", "refs/heads/a", String(repeating: "a", count: 245),
        ])
    func badBranches(name: String) {
        #expect(throws: GitError.self) { try GitName.checkBranch(name) }
    }

    @Test("ordinary branch names pass", arguments: ["main", "001-user-auth", "a/b", "ä", "v1.2"])
    func goodBranches(name: String) throws {
        try GitName.checkBranch(name)
    }

    @Test("a full hash is 40 hexadecimal digits")
    func objectID() {
        expectEqual(GitObjectID(String(repeating: "A", count: 40))?.hex, String(repeating: "a", count: 40))
        expectEqual(GitObjectID("abc"), nil)
        expectEqual(GitObjectID(String(repeating: "g", count: 40)), nil)
    }
}
