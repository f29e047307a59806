import Chat
import Git
import Glibc
import Jail
import Primitives
import TestSupport
import Testing
import Work

/// What a workspace may hold, and what its thread was told.
private final class Room: WorkspaceOccupants {
    private let limits: JailLimits?
    private let lines = Protected<[String]>([])

    init(_ limits: JailLimits? = nil) { self.limits = limits }

    var texts: [String] { self.lines.withLock { $0 } }

    func enter(_ workspace: Workspace) async {}
    func isWorking(in session: String) async throws -> Bool { false }
    func leave(_ session: String) async {}
    func forgetSnapshots(of session: String) async throws {}
    func report(_ text: String, in session: String) async { self.lines.withLock { $0.append(text) } }
    func limits(of repository: String?) -> JailLimits? { self.limits }
}

@Suite("Workspaces: branches that are larger than a workspace", .timeLimit(.minutes(2)))
struct LargeBranchesTests {
    typealias Fixture = WorkspaceFixture

    private static let remedy =
        "use a smaller branch, or ask an operator to raise `jail.workspace_files` and `workspace_quota`"

    /// Makes a tree `$t` the branch's.
    private static func push(_ tree: String, to fixture: Fixture, branch: String = "main") throws {
        try fixture.git.shell(
            "\(tree)\ngit update-ref refs/heads/\(branch) $(git commit-tree $t -p main -m pushed)")
    }

    private static func workspaces(_ fixture: Fixture) throws -> String {
        try fixture.git.shell("ls -A ../workspaces")
    }

    @Test(
        "a branch with billions of files, folders thousands deep, or too many bytes makes no workspace",
        arguments: [
            (LargeCommitsTests.Trick.levels(10, 10), "has more than 200000 files and folders"),
            (LargeCommitsTests.Trick.levels(3, 60), "has more than 200000 files and folders"),
            (
                "t=$(git mktree </dev/null); for i in $(seq 260); do t=$(printf '040000 tree %s\\ta\\n' $t | git mktree); done",
                "has folders more than 256 levels deep"
            ),
            (
                """
                b=$(head -c 50000000 /dev/zero | git hash-object -w --stdin)
                t=$(seq 30 | sed "s/.*/100644 blob $b\\tf&/" | git mktree)
                """, "has more than 1024 MB of files"
            ),
        ])
    func refused(tree: String, reason: String) async throws {
        let fixture = try Fixture(occupants: Room(JailLimits()))
        try Self.push(tree, to: fixture)
        let refusal = await Fixture.failure { _ = try await fixture.open() }
        expectEqual(
            refusal, "the workspace can't be made: too large to take over: the branch \(reason): \(Self.remedy)")
        try expectEqual(Self.workspaces(fixture), "")
        try fixture.git("update-ref refs/heads/main main~1")
        try await expectEqual(fixture.open().branch, Fixture.branch)
    }

    @Test("the limits are those of the repository, and count what is in the workspace besides")
    func limits() async throws {
        let fixture = try Fixture(["a": "1\n"], occupants: Room(JailLimits(disk: 1 << 20, files: 100)))
        let files = "for i in $(seq 90); do echo $i > f$i; done; git add -A; git commit -qm 90"
        try fixture.git.shell(files)
        let workspace = try await fixture.open()
        try expectEqual(entries(of: workspace), 92)
        try Fixture.shell("mkdir own; for i in $(seq 4); do echo $i > own/$i; done", in: workspace)
        func next(_ change: String, _ branch: String) throws {
            try fixture.git.shell(
                "git switch -q -c \(branch) main && \(change) && git add -A && git commit -qm next && git switch -q main"
            )
        }
        try next("echo x > g1; echo x > g2; echo x > g3", "001-few")
        try next("for i in $(seq 9); do echo x > g$i; done", "002-many")
        try next("head -c 1100000 /dev/zero > zeros", "003-large")
        try next("git rm -q f1 f2 f3 f4 f5 f6 f7 && for i in $(seq 9); do echo x > g$i; done", "004-other")
        try await expectEqual(entries(of: fixture.open(feature: "001-few")), 100)
        let many = await Fixture.failure { _ = try await fixture.open(feature: "002-many") }
        expectEqual(
            many,
            "too large to take over: what the workspace would have with the branch's files has more than 100 files "
                + "and folders: \(Self.remedy)")
        let large = await Fixture.failure { _ = try await fixture.open(feature: "003-large") }
        expectEqual(large, "too large to take over: the branch has more than 1 MB of files: \(Self.remedy)")
        let other = try await fixture.open(feature: "004-other")
        try expectEqual(entries(of: other), 99)
        try expectEqual(Fixture.shell("ls own g9 | wc -l", in: other), "7")
    }

    @Test("a branch within the limits makes a workspace, which a small change of the branch brings forward")
    func honest() async throws {
        let fixture = try Fixture(["a": "1\n"], occupants: Room(JailLimits(files: 3_100)))
        try fixture.git.shell(
            """
            for d in $(seq 30); do mkdir d$d; for i in $(seq 100); do echo $i > d$d/f$i; done; done
            git add -A; git commit -qm Many
            """)
        let workspace = try await fixture.open()
        try expectEqual(entries(of: workspace), 3_032)
        try await expectEqual(workspace.diff(), "")
        try fixture.git.shell(
            "git switch -qc \(Fixture.branch); echo x > d7/f7; git commit -qam One; git switch -q main")
        _ = try await fixture.open()
        try await expectEqual(Fixture.text(workspace, "d7/f7"), "x\n")
        try await expectEqual(workspace.diff(), "")
    }

    @Test("making the files ends when the task is cancelled, and nothing is left")
    func cancelled() async throws {
        let room = Room()
        let fixture = try Fixture(["a": "1\n"], occupants: room)
        try Self.push(LargeCommitsTests.Trick.levels(2, 60), to: fixture)
        // When it begins, and when it has written something.
        for place in ["", "/files/d1"] {
            let folder = "\(fixture.directory.path)/workspaces/\(Fixture.session)\(place)"
            let task = Task { try await fixture.open() }
            while access(folder, F_OK) != 0 { await Task.yield() }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            try expectEqual(Self.workspaces(fixture), "")
        }
        try fixture.git("update-ref refs/heads/main main~1")
        try await expectEqual(fixture.open().branch, Fixture.branch)
    }

    @Test("a file that can't be written makes no workspace, from which the next commit would remove it")
    func unwritable() async throws {
        let fixture = try Fixture()
        try Self.push(
            "t=$( (git ls-tree main; printf '120000 blob %s\\tlink\\n' $(printf '' | git hash-object -w --stdin)) | git mktree)",
            to: fixture)
        let refusal = await Fixture.failure { _ = try await fixture.open() }
        #expect(refusal.hasPrefix("the workspace can't be made because link can't be written ("), "\(refusal)")
        try expectEqual(Self.workspaces(fixture), "")
    }
}

@Suite("Workspaces: files that are too large stay on the branch", .timeLimit(.minutes(2)))
struct UnheldFilesTests {
    typealias Fixture = WorkspaceFixture

    private static let small = WorkspaceSettings(
        scan: ScanRules(entries: 1_000, fileBytes: 1 << 20, newBytes: 4 << 30, depth: 200, excluding: [".git"]))

    /// A branch with files of 2 MB, one of them in a folder of its own.
    private static func make() async throws -> (Fixture, Workspace, GitInJail, Room) {
        let room = Room()
        let (fixture, workspace, git) = try await TakeOverTests.make(Self.small, occupants: room) { git in
            try git.shell(
                """
                head -c 2000000 /dev/zero > large; mkdir -p big d; cp large big/one; cp large d/two; echo s > d/small
                git add -A; git commit -qm Large
                """)
        }
        return (fixture, workspace, git, room)
    }

    private static func files(_ fixture: Fixture, _ branch: String = Fixture.branch) throws -> String {
        try fixture.git("ls-tree -r --name-only \(branch)").replacing("\n", with: " ")
    }

    private static let all = "README.md big/one d/small d/two large src/main.c"

    @Test("120 MB on the branch: it is said once, Git in the jail misses nothing, and no commit removes it")
    func exact() async throws {
        let room = Room()
        let (fixture, workspace, git) = try await TakeOverTests.make(occupants: room) { git in
            try git.shell("head -c 125829120 /dev/zero > f120; git add f120; git commit -qm Large")
        }
        expectEqual(
            room.texts,
            [
                "`f120` (120 MB) is larger than this workspace holds (100 MB): it stays on the branch as it is and is not in "
                    + "the workspace."
            ])
        _ = try await fixture.open()
        expectEqual(room.texts.count, 1)
        try await expectEqual(git("git status --short; git diff --stat; ls f120 2>&1; true").isEmpty, false)
        try await expectEqual(git("git status --short; git diff --stat"), [])
        try await expectEqual(workspace.diff(), "")
        try await expectEqual(workspace.unsavedWork(), nil)
        try await workspace.write(Array("q\n".utf8), to: "q.txt")
        try await expectEqual(workspace.draft()?.files, ["q.txt +1 −0"])
        try await expectEqual(workspace.commit("Add q", by: Fixture.ada, turn: "t")?.files, 1)
        try expectEqual(fixture.git("ls-tree --name-only \(Fixture.branch)"), "README.md\nf120\nq.txt\nsrc")
        try await git("git status --short | grep . && exit 1; echo r > r; git add -A; git commit -qam 'Add r'")
        try await expectEqual(workspace.takeOver().map(\.subject), ["Add r"])
        try expectEqual(fixture.git("ls-tree --name-only \(Fixture.branch)"), "README.md\nf120\nq.txt\nr\nsrc")
    }

    @Test("snapshots, restoring and discarding leave them alone, also when their folder is removed")
    func snapshots() async throws {
        let (fixture, workspace, git, room) = try await Self.make()
        expectEqual(
            room.texts,
            [
                "`big/one` (2 MB), `d/two` (2 MB), `large` (2 MB) are larger than this workspace holds (1 MB): they stay on "
                    + "the branch as they are and are not in the workspace."
            ])
        let first = try await workspace.snapshot("first")
        expectEqual(first.notes, [])
        try Fixture.shell("rm -r d big; echo x > x", in: workspace)
        try await expectEqual(workspace.changes(from: first.id, to: nil).files.map(\.path), ["d/small", "x"])
        try await expectEqual(workspace.draft()?.files, ["d/small +0 −1", "x +1 −0"])
        try await expectEqual(workspace.commit("Remove d", by: Fixture.ada, turn: "t")?.files, 2)
        try expectEqual(Self.files(fixture), "README.md big/one d/two large src/main.c x")
        try await expectEqual(git("git status --short"), [])
        _ = try await workspace.restore(first.id)
        try await expectEqual(workspace.draft()?.files, ["d/small +1 −0", "x +0 −1"])
        #expect(try await workspace.discardChanges("clean") != nil)
        try await expectEqual(workspace.diff(), "")
        try await expectEqual(workspace.discardChanges("again"), nil)
        try await expectEqual(git("git status --short; git commit -qa --allow-empty -m Empty"), [])
        try await expectEqual(workspace.takeOver().map(\.files), [0])
        try expectEqual(Self.files(fixture), "README.md big/one d/two large src/main.c x")
    }

    @Test("a file in their place is a change; a file in place of their folder is not taken")
    func replaced() async throws {
        let (fixture, workspace, _, _) = try await Self.make()
        try Fixture.shell("echo small > large", in: workspace)
        try await expectEqual(workspace.commit("Smaller", by: Fixture.ada, turn: "t")?.files, 1)
        try expectEqual(fixture.git("show \(Fixture.branch):large"), "small")
        try expectEqual(Self.files(fixture), Self.all)
        try Fixture.shell("rm -r d; echo file > d", in: workspace)
        let refusal = await Fixture.failure { _ = try await workspace.commit("m", by: Fixture.ada, turn: "t") }
        expectEqual(
            refusal,
            "the file d can't be committed because the branch has a folder of that name, with files that are too "
                + "large for the workspace: give it another name")
        try Fixture.shell("mv d e", in: workspace)
        try await expectEqual(workspace.commit("Other", by: Fixture.ada, turn: "t")?.files, 2)
        try expectEqual(Self.files(fixture), "README.md big/one d/two e large src/main.c")
    }

    @Test("a commit of the jail that removes one is not taken over, unless a branch that it merges has removed it")
    func removed() async throws {
        let (fixture, workspace, git, _) = try await Self.make()
        // As with an index that the host has not made.
        try await git("rm /git/index; git reset -q; git commit -qam Careless")
        let refusal = await Fixture.failure { _ = try await workspace.takeOver() }
        #expect(refusal.contains("is refused because it removes ") && refusal.contains("too large"), "\(refusal)")
        try expectEqual(fixture.git("branch --list 'jetbridge/*'"), "")
        try await git(
            "git reset -q --soft HEAD~1; git restore --staged .; echo a > a; git add a; git commit -qm Careful")
        try await expectEqual(workspace.takeOver().map(\.subject), ["Careful"])
        try expectEqual(Self.files(fixture), "README.md a big/one d/small d/two large src/main.c")
        try fixture.git("rm -q large")
        try fixture.git("commit -qm 'Remove large'")
        let removal = try fixture.git("rev-parse main")
        try await git("git merge -q -m Merge \(removal)")
        let merged = try await workspace.takeOver().map(\.subject)
        expectEqual(merged.last, "Merge")
        try expectEqual(Self.files(fixture), "README.md a big/one d/small d/two src/main.c")
    }

    @Test("what others commit to them is followed: larger, smaller, removed, or a folder")
    func followed() async throws {
        let (fixture, workspace, git, room) = try await Self.make()
        func push(_ change: String) async throws {
            try fixture.git.shell(
                """
                git switch -q \(Fixture.branch) 2>/dev/null || git switch -qc \(Fixture.branch)
                \(change); git add -A; git commit -qm Theirs; git switch -q main
                """)
            _ = try await fixture.open()
            try await expectEqual(workspace.diff(), "")
            try await expectEqual(git("git status --short"), [])
        }
        try Fixture.shell("echo mine > mine", in: workspace)
        _ = try await workspace.commit("Mine", by: Fixture.ada, turn: "t")
        try await push("head -c 3000000 /dev/zero > large; git rm -q d/two; head -c 4000000 /dev/zero > README.md")
        expectEqual(
            room.texts.last,
            "`README.md` (4 MB), `large` (3 MB) are larger than this workspace holds (1 MB): they stay on "
                + "the branch as they are and are not in the workspace.")
        try expectEqual(
            Fixture.shell("find . -type f | sort | xargs", in: workspace), "./.git ./d/small ./mine ./src/main.c")
        try await push(
            "echo tiny > large; git rm -q -r big; echo big > big; rm README.md; mkdir README.md; echo r > README.md/x")
        try await expectEqual(Fixture.text(workspace, "large"), "tiny\n")
        try await expectEqual(Fixture.text(workspace, "big"), "big\n")
        try await expectEqual(Fixture.text(workspace, "README.md/x"), "r\n")
        expectEqual(room.texts.count, 2)
        let first = try #require(try await workspace.snapshots().last)
        try await expectEqual(workspace.restorePlan(first.id).conflicts, [])
    }
}

/// How many files and folders a workspace has.
private func entries(of workspace: Workspace) throws -> Int? {
    try Int(WorkspaceFixture.shell("find . -mindepth 1 | wc -l", in: workspace))
}
