import Chat
import Git
import TestSupport
import Testing
import Work

@Suite("Workspaces: a feature's branch", .timeLimit(.minutes(1)))
struct BranchTests {
    typealias Fixture = WorkspaceFixture

    static let feature = "001-login"

    /// A repository whose feature's branch has one commit more than the default branch.
    static func fixture() throws -> Fixture {
        let fixture = try Fixture()
        try fixture.git(
            "switch -qc \(Self.feature) && mkdir -p specs/001-login && echo spec > specs/001-login/spec.md && git add -A "
                + "&& git commit -qm Specify && git switch -q -")
        return fixture
    }

    /// What a colleague does: a commit on the feature's branch, made in a clone.
    static func commit(_ script: String, to fixture: Fixture) throws {
        let clone = "\(fixture.directory.path)/colleague"
        try fixture.git.shell(
            """
            rm -rf '\(clone)' && git clone -q . '\(clone)' && cd '\(clone)' && git switch -q \(Self.feature)
            git config user.name Bob && git config user.email bob@example.org
            \(script)
            git add -A && git commit -qm 'By Bob' && git push -q origin \(Self.feature)
            """)
    }

    @Test("a new workspace has the files of the feature's branch, and commits go there")
    func new() async throws {
        let fixture = try Self.fixture()
        let workspace = try await fixture.open(feature: Self.feature)
        expectEqual(workspace.branch, Self.feature)
        try await expectEqual(Fixture.text(workspace, "specs/001-login/spec.md"), "spec\n")
        try Fixture.shell("echo more >> README.md", in: workspace)
        let notice = try #require(
            try await workspace.commit("T001 Add more", by: Fixture.ada, turn: "t1", task: "T001"))
        expectEqual(notice.branch, Self.feature)
        let format =
            "%an|%(trailers:key=Jetbridge-Task,valueonly,separator=)|%(trailers:key=Jetbridge-Turn,valueonly,separator=)"
        try expectEqual(fixture.git("log -1 --format='\(format)' \(Self.feature)"), "Ada|T001|t1")
        try expectEqual(fixture.git("fsck --strict"), "")
        try await expectEqual(
            fixture.another().open(session: Fixture.session, repository: "notes", feature: Self.feature)
                .diff(), "")
    }

    @Test("a workspace changes to the feature's branch and back, with its uncommitted and ignored files")
    func change() async throws {
        let fixture = try Self.fixture()
        let first = try await fixture.open()
        try Fixture.shell("echo build > .gitignore; mkdir build; echo x > build/out; echo mine > new.txt", in: first)
        let second = try await fixture.open(feature: Self.feature)
        expectEqual(second.branch, Self.feature)
        try await expectEqual(Fixture.text(second, "specs/001-login/spec.md"), "spec\n")
        try await expectEqual(Fixture.text(second, "new.txt"), "mine\n")
        try await expectEqual(Fixture.text(second, "build/out"), "x\n")
        try await expectEqual(second.draft()?.files, [".gitignore +1 −0", "new.txt +1 −0"])
        let third = try await fixture.open()
        expectEqual(third.branch, Fixture.branch)
        try await expectEqual(third.find("specs/001-login/spec.md", limit: 100), nil)
        try await expectEqual(Fixture.text(third, "new.txt"), "mine\n")
        try await expectEqual(Fixture.text(third, "build/out"), "x\n")
    }

    @Test("changes in the way of another branch are named, and nothing is changed")
    func refusedChange() async throws {
        let fixture = try Self.fixture()
        try Self.commit("echo theirs >> README.md", to: fixture)
        let workspace = try await fixture.open()
        try Fixture.shell("echo mine >> README.md", in: workspace)
        let failure = await Fixture.failure { _ = try await fixture.open(feature: Self.feature) }
        #expect(failure.contains("cannot change from the branch \(Fixture.branch) to \(Self.feature)"))
        #expect(failure.contains("(README.md): `commit` them"))
        try await expectEqual(Fixture.text(workspace, "README.md"), "hello\nmine\n")
        // Where it may stay, it can be committed, and then it changes.
        let same = try await fixture.open(feature: Self.feature, update: .possible)
        expectEqual(same.branch, Fixture.branch)
        #expect(try await same.commit("Mine", by: Fixture.ada, turn: "t1") != nil)
        let other = try await fixture.open(feature: Self.feature)
        try await expectEqual(Fixture.text(other, "README.md"), "hello\ntheirs\n")
        try await expectEqual(other.diff(), "")
    }

    @Test("a colleague's commit is brought in beside uncommitted changes of other files")
    func follow() async throws {
        let fixture = try Self.fixture()
        let workspace = try await fixture.open(feature: Self.feature)
        try Fixture.shell("echo mine > mine.txt; rm README.md", in: workspace)
        try Self.commit("echo theirs > theirs.txt; chmod +x src/main.c; mkdir d; ln -s ../src d/link", to: fixture)
        let unmoved = try await fixture.open(feature: Self.feature, update: .none)
        try await expectEqual(unmoved.find("theirs.txt", limit: 100), nil)
        try await expectEqual(unmoved.diff().contains("theirs"), false)
        let moved = try await fixture.open(feature: Self.feature)
        try await expectEqual(Fixture.text(moved, "theirs.txt"), "theirs\n")
        try await expectEqual(moved.find("src/main.c", limit: 1_000)?.isExecutable, true)
        try expectEqual(Fixture.shell("readlink d/link", in: moved), "../src")
        try await expectEqual(moved.draft()?.files, ["README.md +0 −1", "mine.txt +1 −0"])
        #expect(try await moved.commit("Mine", by: Fixture.ada, turn: "t1") != nil)
        let names = try fixture.git("ls-tree -r --name-only \(Self.feature)")
        expectEqual(names, "d/link\nmine.txt\nspecs/001-login/spec.md\nsrc/main.c\ntheirs.txt")
        try expectEqual(
            fixture.git(
                "rev-list --count main..\(Self.feature) 2>/dev/null || git rev-list --count master..\(Self.feature)"),
            "3")
    }

    @Test("a commit onto a branch that has moved on takes nothing of it back")
    func commitBehind() async throws {
        let fixture = try Self.fixture()
        let workspace = try await fixture.open(feature: Self.feature)
        try Fixture.shell("echo mine > mine.txt", in: workspace)
        try Self.commit("echo theirs > theirs.txt; echo theirs >> README.md", to: fixture)
        try await expectEqual(workspace.commit("Mine", by: Fixture.ada, turn: "t1")?.files, 1)
        try expectEqual(fixture.git("show \(Self.feature):README.md"), "hello\ntheirs")
        try expectEqual(fixture.git("show \(Self.feature):theirs.txt"), "theirs")
        try await expectEqual(Fixture.text(workspace, "theirs.txt"), "theirs\n")
    }

    @Test("a colleague's commit to the same file is refused until the own change is taken back")
    func refusedFollow() async throws {
        let fixture = try Self.fixture()
        let workspace = try await fixture.open(feature: Self.feature)
        try Fixture.shell("echo mine >> README.md", in: workspace)
        try Self.commit("echo theirs >> README.md", to: fixture)
        let failure = await Fixture.failure { _ = try await fixture.open(feature: Self.feature) }
        #expect(failure.contains("the branch \(Self.feature) has moved on to"))
        #expect(failure.contains("(README.md)"))
        let committing = await Fixture.failure { _ = try await workspace.commit("Mine", by: Fixture.ada, turn: "t1") }
        expectEqual(committing, failure)
        try await expectEqual(Fixture.text(workspace, "README.md"), "hello\nmine\n")
        let lagging = try await fixture.open(feature: Self.feature, update: .possible)
        #expect(try await lagging.diff().contains("+mine"))
        let kept = try #require(try await lagging.discardChanges("not wanted"))
        let moved = try await fixture.open(feature: Self.feature)
        try await expectEqual(Fixture.text(moved, "README.md"), "hello\ntheirs\n")
        // What was taken back is in a snapshot.
        _ = try await moved.restore(kept.id)
        try await expectEqual(Fixture.text(moved, "README.md"), "hello\nmine\n")
    }

    @Test("a restored snapshot keeps what others have committed since, and names the files that both have changed")
    func restoredAfterMove() async throws {
        let fixture = try Self.fixture()
        let workspace = try await fixture.open(feature: Self.feature)
        try Fixture.shell("echo mine > mine.txt", in: workspace)
        let first = try await workspace.snapshot("before the command")
        try Fixture.shell("echo more >> mine.txt", in: workspace)
        try Self.commit("echo theirs > theirs.txt; echo theirs >> README.md", to: fixture)
        let moved = try await fixture.open(feature: Self.feature)
        let plan = try await moved.restorePlan(first.id)
        expectEqual(plan.changes.files.map(\.path), ["mine.txt"])
        expectEqual(plan.conflicts, [])
        let saved = try await moved.restore(first.id)
        try await expectEqual(Fixture.text(moved, "mine.txt"), "mine\n")
        try await expectEqual(Fixture.text(moved, "theirs.txt"), "theirs\n")
        try await expectEqual(moved.commit("Mine", by: Fixture.ada, turn: "t1")?.files, 1)
        try expectEqual(fixture.git("show \(Self.feature):README.md"), "hello\ntheirs")
        // Undoing the restore works too: the workspace's own commit does not count as a move by others.
        _ = try await moved.restore(saved.id)
        try await expectEqual(moved.draft()?.files, ["mine.txt +1 −0"])
        // The program holds nothing about the moves in memory, and both sides have changed a file now.
        try Fixture.shell("echo own > own.txt", in: moved)
        let second = try await moved.snapshot("with a file of its own")
        _ = try await moved.discardChanges("not wanted")
        try Self.commit("echo theirs > own.txt; echo new > new.txt", to: fixture)
        let again = try await fixture.another().open(
            session: Fixture.session, repository: "notes", feature: Self.feature)
        try await expectEqual(again.restorePlan(second.id).conflicts, ["own.txt"])
        _ = try await again.restore(second.id)
        try await expectEqual(Fixture.text(again, "own.txt"), "own\n")
        try await expectEqual(Fixture.text(again, "new.txt"), "new\n")
        try await expectEqual(Fixture.text(again, "theirs.txt"), "theirs\n")
    }

    @Test("a snapshot survives a change to another branch and back")
    func restoredAfterReturn() async throws {
        let fixture = try Self.fixture()
        let workspace = try await fixture.open(feature: Self.feature)
        try Fixture.shell("echo mine >> README.md; echo mine > mine.txt", in: workspace)
        let first = try await workspace.snapshot("before")
        _ = try await workspace.discardChanges("not wanted")
        _ = try await fixture.open()
        let back = try await fixture.open(feature: Self.feature)
        try await expectEqual(back.restorePlan(first.id).conflicts, [])
        _ = try await back.restore(first.id)
        try await expectEqual(Fixture.text(back, "README.md"), "hello\nmine\n")
        try await expectEqual(back.draft()?.files, ["README.md +1 −0", "mine.txt +1 −0"])
    }

    @Test("an equal change on both sides is no conflict, as after a crash in the middle of an update")
    func again() async throws {
        let fixture = try Self.fixture()
        let workspace = try await fixture.open(feature: Self.feature)
        try Self.commit("echo theirs >> README.md; echo n > new", to: fixture)
        try Fixture.shell("echo theirs >> README.md; echo n > new", in: workspace)
        let moved = try await fixture.another().open(
            session: Fixture.session, repository: "notes", feature: Self.feature)
        try await expectEqual(moved.diff(), "")
    }

    @Test("a feature whose branch was merged and deleted gets its branch again with the first commit")
    func deleted() async throws {
        let fixture = try Self.fixture()
        try fixture.git("merge -q \(Self.feature) && git branch -qD \(Self.feature)")
        let workspace = try await fixture.open(feature: Self.feature)
        try await expectEqual(Fixture.text(workspace, "specs/001-login/spec.md"), "spec\n")
        try Fixture.shell("echo more >> README.md", in: workspace)
        try await expectEqual(workspace.commit("More", by: Fixture.ada, turn: "t1")?.branch, Self.feature)
        try expectEqual(fixture.git("log -1 --format=%s \(Self.feature)"), "More")
    }

    @Test("taking changes back leaves ignored files, and without changes it makes no snapshot")
    func discard() async throws {
        let fixture = try Fixture(["README.md": "hello\n", ".gitignore": "build\n"])
        let workspace = try await fixture.open()
        try await expectEqual(workspace.discardChanges("nothing"), nil)
        try Fixture.shell("mkdir build d; echo x > build/out; echo y > d/new; rm README.md", in: workspace)
        #expect(try await workspace.discardChanges("all") != nil)
        try await expectEqual(workspace.diff(), "")
        try await expectEqual(Fixture.text(workspace, "build/out"), "x\n")
        try await expectEqual(Fixture.text(workspace, "README.md"), "hello\n")
        try await expectEqual(workspace.find("d/new", limit: 10), nil)
    }
}
