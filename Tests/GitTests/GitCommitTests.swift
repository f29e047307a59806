import Git
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct GitCommitTests {
    @Test("git reads a new commit on a new branch, with author, committer, trailer and reflog")
    func realGit() async throws {
        let fixture = try await Fixture.initialised()
        let start = try await fixture.repository.resolve("main")
        var change = fixture.change(
            ["specs/001-a/spec.md": Array("# A\n".utf8), "b.txt": [0xFF, 0x00]], branch: "001-a",
            base: .new(from: start), message: "Specify a\n\nBody.")
        change.trailers = [GitTrailer("Jetbridge-Turn", "op1")]
        let id = try await fixture.repository.commit(change)

        try fixture.git("fsck --strict --full")
        try expectEqual(fixture.git("rev-parse 001-a"), id.hex)
        try expectEqual(
            fixture.git(
                "log -1 --format='%an|%ae|%ad|%cn|%ce|%P|%s|%(trailers:key=Jetbridge-Turn,valueonly)' 001-a"
            )
            .split(separator: "\n").first,
            "Ada|ada@example.org|Tue Nov 14 23:13:20 2023 +0100|Jetbridge|bot@example.org|\(start)|Specify a|op1")
        try expectEqual(fixture.git("show 001-a:specs/001-a/spec.md"), "# A")
        try expectEqual(fixture.git("reflog -1 001-a --format=%gs"), "commit: Specify a")
        try expectEqual(fixture.git("status --porcelain --branch"), "## main")
        try expectEqual(fixture.git("log --oneline main").split(separator: "\n").count, 1)
    }

    @Test("a branch that has moved in the meantime is a conflict and stays unchanged")
    func compareAndSet() async throws {
        let fixture = try await Fixture.initialised()
        let old = try await fixture.repository.resolve("main")
        let theirs = try await fixture.commit("theirs", "x")
        let code = await Fixture.code {
            _ = try await fixture.repository.commit(fixture.change(["a": []], base: .at(old)))
        }
        expectEqual(code, .conflict)
        try await expectEqual(fixture.repository.resolve("main"), theirs)
        let taken = await Fixture.code {
            _ = try await fixture.repository.commit(fixture.change(["a": []], base: .new(from: old)))
        }
        expectEqual(taken, .exists)
    }

    @Test("of simultaneous commits on one base, exactly one succeeds")
    func race() async throws {
        let fixture = try await Fixture.initialised()
        let base = try await fixture.repository.resolve("main")
        let wins = await withTaskGroup(of: Bool.self) { group in
            for index in 0..<16 {
                group.addTask {
                    let other = GitRepository(path: fixture.directory.path)
                    return (try? await other.commit(fixture.change(["f\(index)": [1]], base: .at(base)))) != nil
                }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        expectEqual(wins, 1)
        try fixture.git("fsck --strict")
    }

    @Test("files are changed, added and deleted; the executable bit and other files are kept")
    func change() async throws {
        let fixture = try await Fixture.initialised()
        try await fixture.commit("a/b/c", "1")
        try await fixture.commit("keep", "k")
        try fixture.git.shell("chmod +x keep && git commit -qam mode && git switch -q -c other")
        _ = try await fixture.repository.commit(
            fixture.change(["a/b/c": nil, "a/d": Array("2".utf8), "keep": Array("l".utf8)]))
        try expectEqual(fixture.git("ls-tree -r --format='%(objectmode) %(path)' main"), "100644 a/d\n100755 keep")
        let gone = await Fixture.code { _ = try await fixture.repository.commit(fixture.change(["no": nil])) }
        expectEqual(gone, .notFound)
        let same = await Fixture.code {
            _ = try await fixture.repository.commit(fixture.change(["keep": Array("l".utf8)]))
        }
        expectEqual(same, .unchanged)
    }

    @Test("a file cannot replace a directory, nor a directory a file", arguments: ["a", "a/b/c"])
    func fileAndDirectory(path: String) async throws {
        let fixture = try await Fixture.initialised()
        try await fixture.commit("a/b", "1")
        let code = await Fixture.code { _ = try await fixture.repository.commit(fixture.change([path: [1]])) }
        expectEqual(code, .invalidName)
    }

    @Test("a file does not replace a symbolic link, which would be lost unseen; a link can be deleted")
    func link() async throws {
        let fixture = try await Fixture.initialised()
        try await fixture.commit("lists/tasks", "1")
        try fixture.git.shell(
            "ln -s lists/tasks TASKS && git add TASKS && git commit -qm link && git switch -q -c other")
        let code = await Fixture.code { _ = try await fixture.repository.commit(fixture.change(["TASKS": [1]])) }
        expectEqual(code, .invalidName)
        try expectEqual(fixture.git("ls-tree --format='%(objectmode)' main TASKS"), "120000")
        _ = try await fixture.repository.commit(fixture.change(["TASKS": nil]))
        #expect(try fixture.git("ls-tree main TASKS").isEmpty)
    }

    @Test("a file does not replace a link whose name begins with a combining mark either")
    func markedLink() async throws {
        let fixture = try await Fixture.initialised()
        try fixture.git.shell(
            "mkdir a && ln -s x 'a/\u{300}b' && git add a && git commit -qm link && git switch -q -c other")
        let code = await Fixture.code { _ = try await fixture.repository.commit(fixture.change(["a/\u{300}b": [1]])) }
        expectEqual(code, .invalidName)
        let id = try await fixture.repository.resolve("main")
        try await expectEqual(fixture.repository.isLink("a/\u{300}b", at: id), true)
    }

    @Test("a commit on the checked-out branch updates its clean work tree")
    func cleanWorkTree() async throws {
        let fixture = try await Fixture.initialised()
        try await fixture.commit("a.txt", "one\n")
        try expectEqual(fixture.git.shell("cat a.txt"), "one")
        try fixture.git.shell("echo mine > untracked")
        try await fixture.commit("a.txt", "two\n")
        _ = try await fixture.repository.commit(fixture.change(["a.txt": nil, "b.txt": [0x62]]))
        try expectEqual(fixture.git("status --porcelain"), "?? untracked")
        try expectEqual(fixture.git.shell("ls"), "b.txt\nuntracked")
    }

    @Test(
        "a dirty work tree refuses the commit, and nothing changes",
        arguments: ["echo x >> a.txt", "echo x >> a.txt && git add a.txt", "rm a.txt", "echo mine > new.txt"])
    func dirtyWorkTree(command: String) async throws {
        let fixture = try await Fixture.initialised()
        let before = try await fixture.commit("a.txt", "one\n")
        try fixture.git.shell(command)
        let status = try fixture.git("status --porcelain")
        let code = await Fixture.code {
            _ = try await fixture.repository.commit(fixture.change(["new.txt": [1], "a.txt": Array("two\n".utf8)]))
        }
        expectEqual(code, .dirtyWorkTree)
        try await expectEqual(fixture.repository.resolve("main"), before)
        try expectEqual(fixture.git("status --porcelain"), status)
        // Another branch is not affected.
        _ = try await fixture.repository.commit(
            fixture.change(["new.txt": [1]], branch: "other", base: .new(from: before)))
    }

    @Test(
        "changes of other files are no obstacle, and stay as they are",
        arguments: [
            "echo x >> b.txt", "echo x >> b.txt && git add b.txt", "rm b.txt", "echo mine > new.txt && git add new.txt",
        ])
    func otherChanges(command: String) async throws {
        let fixture = try await Fixture.initialised()
        try await fixture.commit("b.txt", "b\n")
        try await fixture.commit("a.txt", "one\n")
        try fixture.git.shell(command)
        let status = try fixture.git("status --porcelain")
        try await fixture.commit("a.txt", "two\n")
        let tree = try fixture.git("rev-parse main^:")
        _ = try await fixture.repository.commit(tree: try #require(GitObjectID(tree)), as: fixture.change([:]))
        try expectEqual(fixture.git("status --porcelain"), status)
        try expectEqual(fixture.git.shell("cat a.txt"), "one")
        try expectEqual(fixture.git("show --format= --name-only main"), "a.txt")
    }

    @Test("a branch that is checked out in another work tree is refused")
    func otherWorkTree() async throws {
        let fixture = try await Fixture.initialised()
        let other = try TemporaryDirectory()
        try fixture.git("worktree add -q -b side \(other.path)/side")
        let code = await Fixture.code { try await fixture.commit("a", "1", branch: "side") }
        expectEqual(code, .dirtyWorkTree)
    }

    @Test("a bare repository accepts commits, with a reflog")
    func bare() async throws {
        let fixture = try Fixture()
        try await fixture.repository.initialise(bare: true, committer: Fixture.bot)
        try await fixture.commit("a", "1")
        try expectEqual(fixture.git("rev-parse --is-bare-repository"), "true")
        try expectEqual(fixture.git("show main:a"), "1")
        #expect(try fixture.git("reflog main --format=%gs").hasPrefix("commit: Write a"))
        try fixture.git("fsck --strict")
    }

    @Test("characters that a commit cannot contain are removed from signature and message")
    func cleaning() async throws {
        let fixture = try await Fixture.initialised()
        var change = fixture.change(["a": [1]], message: "s\u{0}ubject\r\n\r\nbody\n\n\n")
        change.author = GitSignature(name: "<evil>\nAda.", mail: "\u{7}", seconds: -5)
        change.trailers = [GitTrailer("K", "a\nb")]
        let id = try await fixture.repository.commit(change)
        let commit = try await fixture.repository.commit(id)
        expectEqual(commit.author, GitSignature(name: "evil  Ada", mail: "unknown", seconds: 0))
        expectEqual(commit.message, "subject\n\nbody\n\nK: a b\n")
        expectEqual(commit.trailers, [GitTrailer("K", "a b")])
        try fixture.git("fsck --strict")
    }
}
