import Chat
import JSON
import Objects
import TestSupport
import Testing

@testable import Work

@Suite("Archive: workspace", .timeLimit(.minutes(2)))
struct WorkspaceSourceTests {
    typealias Fixture = WorkspaceFixture

    /// Archives the fixture's session and unpacks the archive with tar. Returns the folder.
    private static func unpacked(_ fixture: Fixture) async throws -> RealGit {
        let source = try #require(try await fixture.workspaces.source(of: Fixture.session))
        let folder = "\(fixture.directory.path)/kept"
        let archive = WorkspaceArchive(DirectoryObjectStore(folder), drafts: folder)
        let result = try await archive.write(Fixture.session, from: [source], at: 0)
        try await source.markArchived()
        let shell = RealGit(fixture.directory.path)
        try shell.shell("(cd kept && sha256sum --check \(result.name).sha256)")
        try shell.shell("mkdir out && tar -xzf '\(result.place)' -C out")
        return RealGit("\(fixture.directory.path)/out")
    }

    @Test("tar and git read an archive back: files, branch and snapshots")
    func readBack() async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open()
        try await workspace.write(Array("one\n".utf8), to: "src/new.txt")
        let commit = try #require(try await workspace.commit("Add a file", by: Fixture.ada, turn: "t"))
        let first = try await workspace.snapshot("first")
        try Fixture.shell(
            "printf '#!/bin/sh\\n' > run.sh; chmod 755 run.sh; ln -s /etc/passwd link; mkdir -p empty nested/.git; "
                + "mkfifo pipe; printf x > $(printf 'b\\377d'); printf two > src/new.txt; chmod 4755 README.md",
            in: workspace)
        let out = try await Self.unpacked(fixture)
        try Fixture.shell("rm b*", in: workspace)
        try expectEqual(out.shell("ls"), "repository.bundle\nworkspace\nworkspace.json")
        try expectEqual(
            out.shell("cat workspace/src/new.txt; readlink workspace/link; ls -d workspace/empty"),
            "two/etc/passwd\nworkspace/empty")
        try expectEqual(out.shell("stat -c %a workspace/run.sh workspace/README.md"), "755\n755")
        try expectEqual(out.shell("cat workspace/$(printf 'b\\377d'); ls -A workspace/nested"), "x")

        let json = try JSON.parse(Array(try out.shell("cat workspace.json").utf8))
        expectEqual(json["branch"]?.stringValue, Fixture.branch)
        expectEqual(json["commit"]?.stringValue, commit.sha)
        expectEqual(json["snapshots"]?.arrayValue?.first?["reason"], "archived")
        let left = json["left_out"]?.arrayValue?.compactMap { $0["path"]?.stringValue }
        expectEqual(left?.sorted(), ["nested/.git", "pipe"])

        try out("clone -q repository.bundle clone")
        let clone = RealGit("\(out.path)/clone")
        try expectEqual(clone("log --format=%s"), "Add a file\nFirst commit")
        try expectEqual(clone("rev-parse --abbrev-ref HEAD"), Fixture.branch)
        try expectEqual(clone.shell("cat src/new.txt"), "one")
        try clone("fetch -q origin 'refs/jetbridge/*:refs/jetbridge/*'")
        let snapshots = "refs/jetbridge/snapshots/\(Fixture.session)"
        try expectEqual(clone("rev-parse '\(snapshots)/1^{tree}'"), first.tree)
        try expectEqual(clone("show \(snapshots)/2:src/new.txt"), "two")
        try clone("fsck --strict --full")
    }

    @Test("without a repository, the clone has the newest snapshot")
    func noRepository() async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open(repository: nil)
        try await workspace.write([65], to: "a")
        _ = try await workspace.snapshot("first")
        try await workspace.write([66], to: "a")
        let out = try await Self.unpacked(fixture)
        try out("-c advice.detachedHead=false clone -q repository.bundle clone")
        try expectEqual(out.shell("cat clone/a workspace/a"), "BB")
        try await expectEqual(fixture.expire(), .removed)
    }

    @Test("commits that the repository does not have are in the jail's Git folder")
    func foreignCommits() async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open()
        try await GitInJail(workspace, of: fixture)("git commit -q --allow-empty -m inside")
        let out = try await Self.unpacked(fixture)
        try out("clone -q repository.bundle clone")
        let objects = "GIT_ALTERNATE_OBJECT_DIRECTORIES=../clone/.git/objects"
        let log = try out.shell("cd git && \(objects) git --git-dir=. log --format=%s \(Fixture.branch)")
        expectEqual(log, "inside\nFirst commit")
        try await expectEqual(fixture.expire(), .kept("it has commits that the repository does not have"))
    }

    @Test("a session without a workspace has no source")
    func none() async throws {
        let source = try await Fixture().workspaces.source(of: "s_none")
        #expect(source == nil)
    }

    @Test("large files and many files are whole")
    func large() async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open()
        try Fixture.shell(
            "for i in 1 2 3; do head -c 3000000 /dev/urandom > big$i; done; head -c 20000000 /dev/zero > zero; "
                + "mkdir many; cd many; for i in $(seq 500); do echo $i > $i; done", in: workspace)
        let out = try await Self.unpacked(fixture)
        try expectEqual(out.shell("ls workspace/many | wc -l; cmp workspace/big3 \(workspace.folder)/big3"), "500")
        try out("clone -q --bare repository.bundle clone")
    }

    @Test("a folder's first 100 pipes are named, and folders below others and links are whole")
    func foldersAndPipes() async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open()
        try Fixture.shell(
            "mkdir -p a/b/c a/d/e f; mkfifo $(seq -f 'f/%g' 150); echo 1 > a/b/c/g; ln -s c/g a/b/h; ln -s gone a/d/h; "
                + "echo 2 > a/d/e/g", in: workspace)
        let out = try await Self.unpacked(fixture)
        try expectEqual(
            out.shell("cd workspace; find a f | LC_ALL=C sort | xargs; cat a/b/h a/d/e/g; readlink a/b/h a/d/h"),
            "a a/b a/b/c a/b/c/g a/b/h a/d a/d/e a/d/e/g a/d/h f\n1\n2\nc/g\ngone")
        let json = try JSON.parse(Array(try out.shell("cat workspace.json").utf8))
        let left = json["left_out"]?.arrayValue?.compactMap { $0["path"]?.stringValue } ?? []
        expectEqual(left.count, 100)
        #expect(left.allSatisfy { $0.hasPrefix("f/") })
    }

    @Test("a file with many hard links is in the archive as often as there is room")
    func links() async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open()
        try Fixture.shell("head -c 1000000 /dev/urandom > l1; for i in $(seq 2 40); do ln l1 l$i; done", in: workspace)
        var count = 0
        try await WorkspaceSource(workspace, slack: 0).entries { entry in
            if entry.path.starts(with: "workspace/l".utf8) { count += 1 }
        }
        // Eight times what the workspace takes, of which the file is the most.
        #expect((8..<20).contains(count), "\(count)")
    }
}
