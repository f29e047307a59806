import Git
import TestSupport
import Testing
import Work

@Suite("Workspaces: snapshots", .timeLimit(.minutes(1)))
struct SnapshotTests {
    typealias Fixture = WorkspaceFixture

    @Test("a new workspace has the files of the repository's branch, and nothing else has changed")
    func checkOut() async throws {
        let fixture = try Fixture()
        try fixture.git.shell(
            "printf '#!/bin/sh\\n' > run.sh; chmod +x run.sh; ln -s README.md link; git add -A; git commit -qm more")
        let workspace = try await fixture.open()
        expectEqual(workspace.branch, Fixture.branch)
        try await expectEqual(Fixture.text(workspace, "README.md"), "hello\n")
        try expectEqual(Fixture.shell("test -x run.sh && readlink link", in: workspace), "README.md")
        try await expectEqual(workspace.diff(), "")
        try expectEqual(fixture.git("branch --list 'jetbridge/*'"), "")
        try expectEqual(fixture.git("status --short"), "")
        try await expectEqual(
            workspace.list("", limit: 100).map(\.path),
            [
                "README.md", "link", "run.sh", "src", "src/main.c",
            ])
    }

    @Test("a snapshot records untracked files; the same state is the same snapshot")
    func snapshot() async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open()
        let first = try await workspace.snapshot("before make")
        expectEqual(first.id, "s1")
        try await expectEqual(workspace.snapshot("again"), first)
        try Fixture.shell("echo new > build.log; rm README.md; echo more >> src/main.c", in: workspace)
        let second = try await workspace.snapshot("after make")
        expectEqual(second.id, "s2")
        try await expectEqual(workspace.snapshots(), [second, first])
        let changes = try await workspace.changes(from: "s1", to: "s2").files
        expectEqual(changes.map(\.path), ["README.md", "build.log", "src/main.c"])
        expectEqual(changes.map(\.kind), [.deleted, .added, .modified])
        try expectEqual(
            changes[1].digest, Fixture.shell("cd /; git hash-object --stdin < $OLDPWD/build.log", in: workspace))
        try await expectEqual(workspace.changes(from: "s2", to: nil).count, 0)
        try await expectEqual(workspace.changeTally(from: "s1"), GitStat(files: 3, additions: 2, deletions: 1))
        try await expectEqual(workspace.changeTally(from: "s2"), GitStat(files: 0, additions: 0, deletions: 0))
        try expectEqual(fixture.git("for-each-ref --format='%(refname)'"), "refs/heads/main")
    }

    @Test("restoring brings back every file, mode and link, removes what was added, and records the state before")
    func restore() async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open()
        try Fixture.shell(
            "echo x > 'a b'; chmod +x 'a b'; ln -s nowhere l; mkdir d; echo 1 > d/1; echo f > f", in: workspace)
        let first = try await workspace.snapshot("first")
        try Fixture.shell(
            "rm -r src 'a b' l; ln -s /etc/passwd f2; mkdir l; echo 2 > l/2; rm -r d; echo d > d; rm f; mkdir -p f/g; echo 3 > f/g/3",
            in: workspace)
        let before = try await workspace.restore(first.id)
        expectEqual(before.id, "s2")
        expectEqual(before.reason, "before restoring s1")
        try await expectEqual(workspace.changes(from: first.id, to: nil).count, 0)
        #expect(
            try Fixture.shell("test -x 'a b' && readlink l && cat d/1 f && ls", in: workspace).hasPrefix(
                "nowhere\n1\nf\n"))
        _ = try await workspace.restore(before.id)
        try await expectEqual(workspace.changes(from: before.id, to: nil).count, 0)
        try expectEqual(Fixture.shell("cat d l/2 f/g/3", in: workspace), "d\n2\n3")
    }

    @Test("an unknown snapshot is a failure that names the newest")
    func unknown() async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open()
        _ = try await workspace.snapshot("one")
        let message = await Fixture.failure { _ = try await workspace.restore("s9") }
        expectEqual(message, "there is no snapshot s9; the newest is s1: choose one that `snapshot` answered")
    }

    @Test("old snapshots are dropped")
    func dropped() async throws {
        let fixture = try Fixture(settings: WorkspaceSettings(snapshots: 3))
        let workspace = try await fixture.open()
        for number in 1...5 {
            try await workspace.write(Array("\(number)".utf8), to: "n")
            _ = try await workspace.snapshot("\(number)")
        }
        try await expectEqual(workspace.snapshots().map(\.id), ["s5", "s4", "s3"])
    }

    @Test("restoring removes folders that came since, empty and deep ones too, and keeps those that were there")
    func folders() async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open()
        try Fixture.shell("mkdir -p kept/inner 'odd\nname'", in: workspace)
        let first = try await workspace.snapshot("one")
        try await expectEqual(workspace.snapshot("same"), first)
        try Fixture.shell(
            "mkdir -p kept/inner/new src/new; perl -e 'for (1..230) { mkdir \"d\" x 20; chdir \"d\" x 20 or die }'",
            in: workspace)
        let second = try await workspace.snapshot("two")
        #expect(second.id == "s2" && second.folders.tooDeep?.reason == "it is more than 200 folders deep")
        _ = try await workspace.restore(first.id)
        let folders = try Fixture.shell("find . -mindepth 1 -type d -print0 | sort -z | tr '\\0' '|'", in: workspace)
        expectEqual(folders, "./kept|./kept/inner|./odd\nname|./src|")
        try await expectEqual(workspace.snapshot("three").folders, first.folders)
    }

    @Test("a change that keeps a file's size and time is found")
    func racy() async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open()
        try await workspace.write(Array("one".utf8), to: "f")
        let first = try await workspace.snapshot("one")
        try Fixture.shell(
            "touch -r f /tmp/ref.$$; printf two > f; touch -r /tmp/ref.$$ f; rm /tmp/ref.$$", in: workspace)
        #expect(try await workspace.snapshot("two") != first)
    }

    @Test("a large file and an empty one are recorded and restored")
    func sizes() async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open()
        try Fixture.shell(
            "head -c 3000000 /dev/urandom > big; head -c 262144 /dev/urandom > edge; : > empty", in: workspace)
        let sums = try Fixture.shell("sha256sum big edge empty", in: workspace)
        let first = try await workspace.snapshot("one")
        try Fixture.shell("rm big edge empty", in: workspace)
        _ = try await workspace.restore(first.id)
        try expectEqual(Fixture.shell("sha256sum big edge empty", in: workspace), sums)
    }

    @Test("Git's own check accepts everything in the store")
    func fsck() async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open()
        try Fixture.shell("for i in $(seq 100); do echo $i > $i; done; head -c 100000 /dev/zero > zeros", in: workspace)
        _ = try await workspace.snapshot("one")
        let store = RealGit(workspace.folder + "/../host/store")
        #expect(try !store("fsck --strict --no-dangling").contains("error"))
        try expectEqual(
            store("ls-tree -r --name-only refs/jetbridge/snapshots/abc123/1").split(separator: "\n").count, 103)
    }

    @Test("limits: a file that is too large is left out and named; too many files are refused")
    func limits() async throws {
        let settings = WorkspaceSettings(
            scan: ScanRules(entries: 50, fileBytes: 1_000, newBytes: 4 << 30, depth: 200, excluding: [".git"]))
        let fixture = try Fixture(settings: settings)
        let workspace = try await fixture.open()
        try Fixture.shell("head -c 2000 /dev/zero > large", in: workspace)
        try await expectEqual(workspace.snapshot("one").notes, ["large: it is larger than 0 MB"])
        try Fixture.shell("for i in $(seq 60); do : > $i; done", in: workspace)
        let message = await Fixture.failure { _ = try await workspace.snapshot("two") }
        #expect(message.hasPrefix("the workspace has more than 50 files and folders"))
    }

    @Test("up to 1,000 folders without files are recorded with a snapshot, and with more none of them")
    func emptyFolders() async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open()
        try Fixture.shell("mkdir -p e && cd e && seq 1000 | xargs mkdir", in: workspace)
        let some = try await workspace.snapshot("some")
        expectEqual(some.folders.empty?.paths.count, 1_000)
        try await expectEqual(workspace.snapshots().first?.folders.empty?.paths, some.folders.empty?.paths)
        try Fixture.shell("mkdir e/1001", in: workspace)
        try await expectEqual(workspace.snapshot("many").folders.empty, nil)
    }

    @Test("a session without a repository has an empty folder with snapshots")
    func noRepository() async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open(repository: nil)
        expectEqual(workspace.branch, nil)
        let empty = try await workspace.snapshot("empty")
        try await workspace.write(Array("x\n".utf8), to: "a/b")
        #expect(try await workspace.diff().contains("+++ b/a/b"))
        _ = try await workspace.restore(empty.id)
        try await expectEqual(workspace.list("", limit: 10), [])
        try await expectEqual(workspace.mounts(for: nil), [])
        let message = await Fixture.failure { _ = try await workspace.commit("m", by: Fixture.ada, turn: "t") }
        #expect(message.hasPrefix("nothing was committed because this thread has no repository"))
    }
}
