import Chat
import Git
import TestSupport
import Testing
import Work

@Suite("Workspaces: commits", .timeLimit(.minutes(1)))
struct CommitTests {
    typealias Fixture = WorkspaceFixture

    @Test("a commit goes to the thread's branch; the checked-out branch, its files and index stay as they are")
    func commit() async throws {
        let fixture = try Fixture()
        try fixture.git.shell("echo unsaved >> README.md; : > .git/index.lock")
        let workspace = try await fixture.open()
        try Fixture.shell("echo more >> README.md; mkdir d; echo n > d/new; rm src/main.c", in: workspace)
        let notice = try #require(try await workspace.commit("Change things\n\nWhy.", by: Fixture.ada, turn: "t1"))
        expectEqual(notice.branch, Fixture.branch)
        expectEqual(notice.subject, "Change things")
        #expect((notice.files, notice.additions, notice.deletions) == (3, 2, 1))
        try expectEqual(fixture.git("rev-parse \(Fixture.branch)"), notice.sha)
        try expectEqual(fixture.git("rev-parse \(Fixture.branch)^"), fixture.git("rev-parse main"))
        #expect(
            try fixture.git("log -1 --format='%an|%ae|%cn|%(trailers:key=Jetbridge-Turn,valueonly)' \(Fixture.branch)")
                .hasPrefix("Ada|irc-ada.e756436c@users.jetbridge.invalid|Jetbridge|t1"))
        try expectEqual(fixture.git.shell("rm .git/index.lock; git status --short"), " M README.md")
        try expectEqual(fixture.git("fsck --strict"), "")
        try await expectEqual(workspace.diff(), "")
        try await expectEqual(workspace.commit("Nothing", by: Fixture.ada, turn: "t2"), nil)
        try Fixture.shell("echo again >> README.md", in: workspace)
        #expect(try await workspace.commit("Again", by: Fixture.ada, turn: "t3") != nil)
        try expectEqual(fixture.git("rev-list --count \(Fixture.branch)"), "3")
    }

    @Test("a draft names what a commit would take, and nothing else is committed by its digest")
    func draft() async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open()
        try await expectEqual(workspace.draft(), nil)
        try Fixture.shell("echo more >> README.md; printf 'a\\0b' > bin; : > \"$(printf 'x\\ny')\"", in: workspace)
        let draft = try #require(try await workspace.draft())
        expectEqual(draft.files, ["README.md +1 −0", "bin binary", #""x\ny" +0 −0"#])
        #expect(draft.diff.contains("+more"))
        try await expectEqual(workspace.draft(), draft)
        for change in ["echo owned >> README.md", "chmod +x bin", "rm bin"] {
            try Fixture.shell(change, in: workspace)
            #expect(try await workspace.draft()?.digest != draft.digest, "\(change)")
            await #expect {
                try await workspace.commit("Mine", by: Fixture.ada, turn: "t1", expecting: draft.digest)
            } throws: { "\($0)".contains("have changed since the commit was prepared") }
        }
        let last = try #require(try await workspace.draft())
        #expect(try await workspace.commit("Mine", by: Fixture.ada, turn: "t1", expecting: last.digest) != nil)
        // A second time there is nothing left of it.
        await #expect(throws: WorkspaceFailure.self) {
            try await workspace.commit("Mine", by: Fixture.ada, turn: "t1", expecting: last.digest)
        }
    }

    @Test("what .gitignore excludes is neither committed nor in the diff, but in snapshots")
    func ignored() async throws {
        let fixture = try Fixture(["a": "1\n", "kept.o": "old\n", ".gitignore": "*.o\n/build/\n"])
        try fixture.git("add -f kept.o")
        try fixture.git("commit -qm kept")
        let workspace = try await fixture.open()
        try Fixture.shell("mkdir build; echo x > build/x; echo o > a.o; echo new > kept.o", in: workspace)
        let diff = try await workspace.diff()
        #expect(diff.contains("kept.o") && !diff.contains("a.o") && !diff.contains("build"))
        #expect(try await workspace.commit("m", by: Fixture.ada, turn: "t") != nil)
        try expectEqual(fixture.git("ls-tree -r --name-only \(Fixture.branch)"), ".gitignore\na\nkept.o")
        try await expectEqual(workspace.unsavedWork(), nil)
        let first = try await workspace.snapshot("all")
        try Fixture.shell("rm -r build", in: workspace)
        try await expectEqual(workspace.changes(from: first.id, to: nil).files.map(\.path), ["build/x"])
    }

    @Test("a renamed file is one change of the diff")
    func renamed() async throws {
        let fixture = try Fixture(["a": (1...20).map { "line \($0)\n" }.joined()])
        let workspace = try await fixture.open()
        try Fixture.shell("mv a b; chmod +x b", in: workspace)
        let diff = try await workspace.diff()
        #expect(diff.contains("rename from a\nrename to b") && diff.contains("new mode 100755"))
        #expect(!diff.contains("+line"))
    }

    @Test("a submodule of the branch stays")
    func submodule() async throws {
        let fixture = try Fixture()
        let id = try fixture.git("rev-parse HEAD")
        try fixture.git("update-index --add --cacheinfo 160000,\(id),sub")
        try fixture.git("commit -qm sub")
        let workspace = try await fixture.open()
        try await expectEqual(workspace.diff(), "")
        try await workspace.write([65], to: "new")
        _ = try await workspace.commit("m", by: Fixture.ada, turn: "t")
        #expect(try fixture.git("ls-tree \(Fixture.branch) sub").hasPrefix("160000 commit"))
    }

    @Test("a branch that was moved or checked out meanwhile is not moved", arguments: [false, true])
    func moved(isCheckedOut: Bool) async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open()
        try await workspace.write([65], to: "new")
        _ = try await workspace.commit("m", by: Fixture.ada, turn: "t")
        if isCheckedOut { try fixture.git("checkout -q \(Fixture.branch)") }
        let tip = try fixture.git("rev-parse \(Fixture.branch)")
        try await workspace.write([66], to: "new")
        if isCheckedOut {
            let message = await Fixture.failure { _ = try await workspace.commit("m", by: Fixture.ada, turn: "t") }
            #expect(message.contains("is checked out in the repository's work tree"))
            try expectEqual(fixture.git("rev-parse \(Fixture.branch)"), tip)
            try expectEqual(fixture.git("status --short"), "")
        } else {
            try fixture.git("update-ref refs/heads/\(Fixture.branch) main")
            // The file that was changed here is gone there.
            let message = await Fixture.failure { _ = try await workspace.commit("m", by: Fixture.ada, turn: "t") }
            #expect(message.contains("has moved on to") && message.contains("(new)"))
            try await workspace.write([65], to: "new")
            try await workspace.write([66], to: "other")
            #expect(try await workspace.commit("m", by: Fixture.ada, turn: "t") != nil)
            try expectEqual(fixture.git("rev-parse \(Fixture.branch)^"), fixture.git("rev-parse main"))
        }
    }

    @Test(
        "a name that means .git on any system is not committed",
        arguments: [".GIT", ".git ", "git~1", ".git.", ".gI\u{200C}t"])
    func dotGit(name: String) async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open()
        try Fixture.shell("mkdir 'x'; mkdir 'x/\(name)'; echo 1 > 'x/\(name)/config'", in: workspace)
        let message = await Fixture.failure { _ = try await workspace.commit("m", by: Fixture.ada, turn: "t") }
        #expect(message.contains("can't be committed because its name means .git"))
        try expectEqual(fixture.git("branch --list 'jetbridge/*'"), "")
        // A snapshot has it.
        let first = try await workspace.snapshot("all")
        try Fixture.shell("rm -r 'x/\(name)'", in: workspace)
        try await expectEqual(workspace.changes(from: first.id, to: nil).files.map(\.path), ["x/\(name)/config"])
    }

    @Test("two sessions have different branches and files")
    func sessions() async throws {
        let fixture = try Fixture()
        let first = try await fixture.open("s1")
        let second = try await fixture.open("s2")
        #expect(first.branch != second.branch && first.folder != second.folder)
        try await first.write([65], to: "new")
        try await expectEqual(second.diff(), "")
        await expectEqual(fixture.workspaces.sessions(), ["s1", "s2"])
    }
}
