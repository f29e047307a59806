import Chat
import Git
import Glibc
import Objects
import Primitives
import Store
import TestSupport
import Testing

@testable import Work

@Suite("Bundles of workspaces", .timeLimit(.minutes(4)))
struct BundleTests {
    typealias Fixture = WorkspaceFixture
    typealias Bench = BundleBench

    private static func keys(_ bench: Bench) async throws -> [String] {
        var keys: [String] = []
        for try await object in bench.objects.objects(below: "workspaces/") { keys.append(object.key) }
        return keys
    }

    @Test("only snapshots that changed something are stored")
    func unchanged() async throws {
        let bench = try await Bench()
        let host = bench.host("a")
        for _ in 1...3 { try await Bench.change(host, "echo 1 > one") }
        try await expectEqual(bench.rows.map(\.number), [0, 1])
    }

    @Test("a command's changes are stored when they are looked at, also those of undoing")
    func changes() async throws {
        let bench = try await Bench()
        let host = bench.host("a")
        let workspace = try await Bench.change(host, "echo 1 > one")
        try Fixture.shell("echo 2 > one", in: workspace)
        _ = try await workspace.changes(from: "s1", to: nil)
        await host.bundles?.flush()
        try await expectEqual(bench.rows.last?.snapshot, 2)
        _ = try await workspace.restore("s1")
        await host.bundles?.flush()
        try await expectEqual(Fixture.text(try await Bench.open(bench.host("b")), "one"), "1\n")
    }

    @Test("a host that is killed between an object and its row loses nothing")
    func killed() async throws {
        let bench = try await Bench()
        try await Bench.change(bench.host("a"), "echo 1 > one")
        try await Bench.change(bench.host("a"), "echo 2 > two")
        // As if it had been killed before the row.
        let rows = try await bench.rows
        try await bench.store.write { ledger in try ledger.remove([rows[2]]) }
        try await expectEqual(Self.keys(bench).count, 2)
        // After its restart it stores the snapshot with the next one, under another name.
        try await Bench.change(bench.host("a"), "echo 3 > three")
        try await expectEqual(bench.rows.map(\.number), [0, 1, 3])
        let rebuilt = try await Bench.open(bench.host("b"))
        try expectEqual(Fixture.shell("cat one two three", in: rebuilt), "1\n2\n3")
        try await expectEqual(rebuilt.snapshots().map(\.id), ["s3", "s2", "s1"])
    }

    @Test("what could not be stored is stored with the next snapshot")
    func failing() async throws {
        let bench = try await Bench()
        let host = bench.host("a")
        try await Bench.change(host, "echo 1 > one")
        try bench.kept.shell("mv workspaces away && touch workspaces")
        try await Bench.change(host, "echo 2 > two")
        try await expectEqual(bench.rows.count, 2)
        try bench.kept.shell("rm workspaces && mv away workspaces")
        try await Bench.change(host, "echo 3 > three")
        try expectEqual(Fixture.shell("cat one two three", in: try await Bench.open(bench.host("b"))), "1\n2\n3")
    }

    @Test("a full bundle follows those that have more bytes than the quota, and only it stays")
    func bytes() async throws {
        let bench = try await Bench(settings: WorkspaceSettings(snapshotBytes: 1 << 20))
        let host = bench.host("a")
        var sum = ""
        for _ in 1...12 {
            let workspace = try await Bench.change(host, "head -c 400000 /dev/urandom > f")
            sum = try Fixture.shell("sha256sum f", in: workspace)
        }
        try await expectEqual(bench.rows.filter(\.isFull).count, 1)
        #expect(try await bench.rows.reduce(0) { $0 + $1.size } < 3 << 20)
        try await expectEqual(Self.keys(bench).count, bench.rows.count)
        try expectEqual(Fixture.shell("sha256sum f", in: try await Bench.open(bench.host("b"))), sum)
    }

    @Test("every 32nd bundle is a full one, and what is older than the full one before goes")
    func cycle() async throws {
        let bench = try await Bench()
        let host = bench.host("a")
        for number in 1...66 { try await Bench.change(host, "echo \(number) > number") }
        let rows = try await bench.rows
        expectEqual(rows.filter(\.isFull).map(\.number), [33, 65])
        expectEqual(rows.map(\.number), Array(33...66))
        try await expectEqual(Self.keys(bench).count, 34)
        let rebuilt = try await Bench.open(bench.host("b"))
        try await expectEqual(Fixture.text(rebuilt, "number"), "66\n")
        // Undoing can go back by at least 32 snapshots.
        try await expectEqual(rebuilt.snapshots().count, 33)
        // Without the newest full one, the chain before it still serves.
        try bench.kept.shell("rm workspaces/\(Fixture.session)/1-65.bundle")
        try await expectEqual(Fixture.text(try await Bench.open(bench.host("c")), "number"), "64\n")
    }

    @Test("a host whose session went on elsewhere takes that state over, and keeps its own changes aside")
    func stale() async throws {
        let bench = try await Bench()
        try await Bench.change(bench.host("a"), "echo 1 > one")
        try await Bench.change(bench.host("b"), "echo 2 > two")
        let told = ToldOccupants()
        let back = bench.host("a", ["notes": "notes"], told)
        try expectEqual(Fixture.shell("ls", in: try await Bench.open(back)), "README.md\none\nsrc\ntwo")
        expectEqual(told.texts.count, 1)
        // Everything was stored, so nothing is left of the old files.
        await expectEqual(back.sessions(), [Fixture.session])
        let path = "\(bench.fixture.directory.path)/a"
        try expectEqual(RealGit(path).shell("ls -A"), Fixture.session)
        // A change that was stored nowhere.
        try Fixture.shell("echo lost > lost", in: try await Bench.open(back))
        try await Bench.change(bench.host("b"), "echo 3 > three")
        try expectEqual(
            Fixture.shell("ls", in: try await Bench.open(bench.host("a"))), "README.md\none\nsrc\nthree\ntwo")
        try expectEqual(RealGit(path).shell("cat .kept-*/files/lost"), "lost")
    }

    @Test("a host that lost its session stores nothing any more")
    func fenced() async throws {
        let bench = try await Bench()
        let old = bench.host("a")
        let workspace = try await Bench.change(old, "echo 1 > one")
        try await Bench.change(bench.host("b"), "echo 2 > two")
        let keys = try await Self.keys(bench)
        try Fixture.shell("echo stale > one", in: workspace)
        _ = try await workspace.snapshot("stale")
        await old.bundles?.flush()
        try await expectEqual(Self.keys(bench), keys)
        try await expectEqual(Fixture.text(try await Bench.open(bench.host("c")), "one"), "1\n")
    }

    @Test("a session that changed its repository is not rebuilt from the old one's files")
    func replaced() async throws {
        let bench = try await Bench()
        try RealGit(bench.fixture.directory.path).shell(
            "git init -q other && cd other && echo o > other && git add . && git commit -q -m First")
        let repositories: KeyValuePairs = ["notes": "notes", "other": "other"]
        let host = bench.host("a", repositories)
        let workspace = try await Bench.change(host, "echo 1 > one")
        _ = try await workspace.commit("One", by: Fixture.ada, turn: "t")
        _ = try await Bench.open(host, "other")
        try expectEqual(Fixture.shell("ls", in: try await Bench.open(bench.host("b", repositories), "other")), "other")
        // The other way round, unsaved files of the old repository are not lost.
        try await Bench.change(host, "echo 2 > two", "other")
        let message = await Fixture.failure { _ = try await Bench.open(bench.host("c", repositories), "notes") }
        #expect(message.contains("still belongs to the repository `other`"), "\(message)")
    }

    @Test("a workspace from before there was an object store is stored from its next snapshot on")
    func earlier() async throws {
        let bench = try await Bench()
        let before = bench.fixture.host("a", bundles: nil)
        let workspace = try await before.open(session: Fixture.session, repository: "notes")
        try Fixture.shell("echo 1 > one", in: workspace)
        _ = try await workspace.snapshot("before")
        try await Bench.change(bench.host("a"), "echo 2 > two")
        try expectEqual(Fixture.shell("cat one two", in: try await Bench.open(bench.host("b"))), "1\n2")
    }

    @Test("bundles go with a workspace that expired, unless another host has it")
    func expired() async throws {
        let bench = try await Bench()
        let host = bench.host("a")
        let workspace = try await Bench.change(host, "echo 1 > one")
        try await expectEqual(
            host.remove(session: Fixture.session, unusedSince: .max) { .idle },
            .kept("it has changes that are not committed"))
        _ = try await workspace.commit("One", by: Fixture.ada, turn: "t")
        _ = try await workspace.snapshot("again")
        await host.bundles?.flush()
        let other = bench.host("b")
        try await Bench.change(other, "echo 2 > two")
        // Out of date here, so it goes without a question, and the other host's bundles stay.
        try await expectEqual(host.remove(session: Fixture.session, unusedSince: .max) { .idle }, .removed)
        #expect(try await !Self.keys(bench).isEmpty)
        _ = try await Bench.open(other).commit("Two", by: Fixture.ada, turn: "t")
        try await expectEqual(other.remove(session: Fixture.session, unusedSince: .max) { .idle }, .removed)
        #expect(try await Self.keys(bench).isEmpty)
        #expect(try await bench.rows.isEmpty)
    }
}
