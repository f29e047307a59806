import Chat
import Git
import Glibc
import Objects
import Primitives
import TestSupport
import Testing

@testable import Work

@Suite("Workspaces rebuilt on another host", .timeLimit(.minutes(3)))
struct RebuildingTests {
    typealias Fixture = WorkspaceFixture
    typealias Bench = BundleBench

    /// Changes of every kind, one after the other.
    private static let changes = [
        "printf '#!/bin/sh\\n' > run.sh; chmod 755 run.sh; ln -s /etc/passwd link; mkdir -p empty/inner; echo a > a",
        "rm README.md link; ln -s a link; chmod 644 run.sh; echo b >> a; printf x > $(printf 'b\\377d')",
        "rm -r empty src; mkdir src; echo new > src/new.c; head -c 300000 /dev/urandom > build.o; echo '*.o' > .gitignore",
    ]

    @Test("a workspace is identical on another host: changes, deletions, modes, links, ignored files, empty folders")
    func identical() async throws {
        let bench = try await Bench()
        let host = bench.host("a")
        var workspace = try await Bench.open(host)
        for command in Self.changes { workspace = try await Bench.change(host, command) }
        let told = ToldOccupants()
        let rebuilt = try await Bench.open(bench.host("b", ["notes": "notes"], told))
        try expectEqual(Bench.listing(rebuilt), Bench.listing(workspace))
        let (old, new) = (try await workspace.snapshots(), try await rebuilt.snapshots())
        #expect(new == old && new.count == 3)
        try await expectEqual(rebuilt.snapshot("now").id, "s3")
        #expect(rebuilt.branch == Fixture.branch && rebuilt.base == workspace.base)
        expectEqual(told.texts.count, 1)
        expectEqual(told.texts.first?.contains("as of snapshot s3 (2023-11-14T22:13:20Z). Lost are running jobs"), true)
        // Undoing goes on, and so does committing.
        _ = try await rebuilt.restore("s1")
        try await expectEqual(Fixture.text(rebuilt, "a"), "a\n")
        _ = try await rebuilt.restore("s3")
        let commit = try #require(try await rebuilt.commit("Go on", by: Fixture.ada, turn: "t"))
        #expect(try bench.fixture.git("show --stat --format=%s \(commit.sha)").contains("run.sh"))
    }

    @Test("the thread is told once, and the workspace is not rebuilt again")
    func once() async throws {
        let bench = try await Bench()
        try await Bench.change(bench.host("a"), "echo 1 > one")
        let told = ToldOccupants()
        for _ in 1...2 { try await Bench.change(bench.host("b", ["notes": "notes"], told), "echo 2 >> two") }
        expectEqual(told.texts.count, 1)
        // The full bundle before the last one, and all that follow.
        let stored = try await bench.rows.map { "\($0.epoch)-\($0.number) \($0.isFull) s\($0.snapshot)" }
        expectEqual(stored, ["1-1 true s1", "2-0 false s0", "2-1 true s2", "2-2 false s3"])
    }

    @Test("commits are on the branch, and what is not committed stays uncommitted")
    func commits() async throws {
        let bench = try await Bench()
        let host = bench.host("a")
        let workspace = try await Bench.change(host, "echo 1 > one")
        _ = try #require(try await workspace.commit("One", by: Fixture.ada, turn: "t"))
        try await Bench.change(host, "echo 2 > two; rm README.md")
        let rebuilt = try await Bench.open(bench.host("b"))
        try await expectEqual(rebuilt.diff(), workspace.diff())
        try expectEqual(bench.status(rebuilt), "## \(Fixture.branch)\n D README.md\n?? two")
    }

    @Test("commits of a branch that is gone are in the bundles too")
    func deletedBranch() async throws {
        let bench = try await Bench()
        let host = bench.host("a")
        let workspace = try await Bench.change(host, "echo 1 > one")
        let commit = try #require(try await workspace.commit("One", by: Fixture.ada, turn: "t"))
        try await Bench.change(host, "echo 2 > two")
        try bench.fixture.git("update-ref -d refs/heads/\(Fixture.branch)")
        try bench.fixture.git("reflog expire --expire=now --all")
        try bench.fixture.git("gc -q --prune=now")
        #expect(throws: RealGit.Failure.self) { try bench.fixture.git("cat-file -e \(commit.sha)") }
        let rebuilt = try await Bench.open(bench.host("b"))
        try await expectEqual(Fixture.text(rebuilt, "two"), "2\n")
        try expectEqual(bench.fixture.git("log -1 --format=%s \(commit.sha)"), "One")
        #expect(try await rebuilt.commit("Two", by: Fixture.ada, turn: "t") != nil)
    }

    @Test("others' commits are merged into a rebuilt workspace, as into every other")
    func moved() async throws {
        let bench = try await Bench()
        let workspace = try await Bench.change(bench.host("a"), "echo mine > mine")
        _ = try #require(try await workspace.commit("Mine", by: Fixture.ada, turn: "t"))
        let host = bench.host("a")
        try await Bench.change(host, "echo open > open")
        try bench.fixture.git("checkout -q \(Fixture.branch)")
        try bench.fixture.git.shell(
            "echo theirs > theirs && git add theirs && git commit -q -m Theirs && git checkout -q main")
        let rebuilt = try await Bench.open(bench.host("b"))
        try expectEqual(Fixture.shell("ls", in: rebuilt), "README.md\nmine\nopen\nsrc\ntheirs")
        try expectEqual(bench.status(rebuilt), "## \(Fixture.branch)\n?? open")
    }

    @Test("a session without a repository, and one whose files are all gone")
    func noRepository() async throws {
        let bench = try await Bench()
        let host = bench.host("a")
        let workspace = try await Bench.change(host, "mkdir d; echo 1 > d/one", nil)
        let rebuilt = try await Bench.open(bench.host("b"), nil)
        try expectEqual(Bench.listing(rebuilt), Bench.listing(workspace))
        let later = bench.host("b")
        try await Bench.change(later, "rm -r d", nil)
        #expect(try Fixture.shell("ls -A", in: try await Bench.open(bench.host("c"), nil)).isEmpty)
    }

    @Test("real git reads a chain of bundles")
    func realGit() async throws {
        let bench = try await Bench()
        let host = bench.host("a")
        for command in Self.changes { try await Bench.change(host, command) }
        let folder = "\(bench.kept.path)/workspaces/\(Fixture.session)"
        let clone = RealGit(bench.fixture.directory.path + "/clone")
        try bench.fixture.git("clone -q --bare . \(clone.path)")
        for number in 1...3 {
            try clone("bundle verify -q \(folder)/1-\(number).bundle")
            try clone("fetch -q \(folder)/1-\(number).bundle 'refs/jetbridge/*:refs/jetbridge/*'")
        }
        try clone("fsck --strict --full")
        try expectEqual(clone("show refs/jetbridge/snapshots/\(Fixture.session)/3:src/new.c"), "new")
        // The first one has the changed files only, the last one what is new in it.
        let sizes = try await bench.rows.dropFirst().map(\.size)
        #expect(sizes[0] < 2_000 && sizes[1] < 1_500 && (300_000..<310_000).contains(sizes[2]), "\(sizes)")
    }

    @Test("a damaged or missing bundle gives the state before it, and says so", arguments: ["damage", "remove"])
    func damaged(_ how: String) async throws {
        let bench = try await Bench()
        let host = bench.host("a")
        for number in 1...4 { try await Bench.change(host, "echo \(number) > number") }
        let path = "\(bench.kept.path)/workspaces/\(Fixture.session)/1-3.bundle"
        try bench.kept.shell(
            how == "remove" ? "rm \(path)" : "printf X | dd of=\(path) bs=1 seek=200 conv=notrunc 2>/dev/null")
        let told = ToldOccupants()
        let rebuilt = try await Bench.open(bench.host("b", ["notes": "notes"], told))
        try await expectEqual(Fixture.text(rebuilt, "number"), "2\n")
        let problem = how == "remove" ? "1-3.bundle is missing" : "1-3.bundle is damaged"
        expectEqual(told.texts.first?.contains("as of snapshot s2"), true)
        expectEqual(told.texts.first?.contains("This is an older state, because a newer one cannot be read ("), true)
        expectEqual(told.texts.first?.contains(problem), true, "\(told.texts)")
    }

    @Test("without the full bundle the files are fresh, and the thread is told")
    func lost() async throws {
        let bench = try await Bench()
        try await Bench.change(bench.host("a"), "echo 1 > one")
        try bench.kept.shell("rm -r workspaces")
        let told = ToldOccupants()
        let host = bench.host("b", ["notes": "notes"], told)
        let fresh = try await Bench.open(host)
        try expectEqual(Fixture.shell("ls", in: fresh), "README.md\nsrc")
        #expect(told.texts.first?.contains("could not be rebuilt") == true && told.texts.count == 1)
        // What it does from then on is stored again.
        try await Bench.change(host, "echo 2 > two")
        try expectEqual(Fixture.shell("ls", in: try await Bench.open(bench.host("c"))), "README.md\nsrc\ntwo")
    }

    @Test("while the object store cannot be reached, nothing is rebuilt or made anew")
    func unreachable() async throws {
        let bench = try await Bench()
        try await Bench.change(bench.host("a"), "echo 1 > one")
        try bench.kept.shell("mv workspaces/\(Fixture.session) gone && ln -s ../gone workspaces/\(Fixture.session)")
        let message = await Fixture.failure { _ = try await Bench.open(bench.host("b")) }
        #expect(message.contains("can't be rebuilt on this host now"), "\(message)")
        try bench.kept.shell("rm workspaces/\(Fixture.session) && mv gone workspaces/\(Fixture.session)")
        try await expectEqual(Fixture.text(try await Bench.open(bench.host("b")), "one"), "1\n")
    }
}
