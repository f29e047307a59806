import Git
import Jail
import Primitives
import TestSupport
import Testing

@testable import Work

@Suite("Workspaces: pruning", .timeLimit(.minutes(1)))
struct PruningTests {
    typealias Fixture = WorkspaceFixture

    /// The objects in a workspace's store, with drafts.
    private static func count(_ workspace: Workspace) throws -> Int {
        try Int(Fixture.shell("find ../host/store/objects -type f -path '*/??/*' | wc -l", in: workspace)) ?? -1
    }

    private static func change(_ workspace: Workspace, _ round: Int) throws {
        try Fixture.shell("for i in $(seq 20); do echo \"\(round) $i\" > f$i; done", in: workspace)
    }

    @Test("the objects of dropped snapshots are removed, and the others are whole")
    func bounded() async throws {
        let fixture = try Fixture(settings: WorkspaceSettings(snapshots: 5))
        let workspace = try await fixture.open()
        var counts: [Int] = []
        for round in 1...30 {
            try Self.change(workspace, round)
            _ = try await workspace.snapshot("\(round)")
            counts.append(try Self.count(workspace))
        }
        // A snapshot has 20 files, a folder and its commit; unpruned there would be 660.
        #expect(try #require(counts.max()) <= 6 * 22)
        try await expectEqual(workspace.snapshots().map(\.id), ["s30", "s29", "s28", "s27", "s26"])
        try RealGit(workspace.layout.store)("fsck --strict --full")
        _ = try await workspace.restore("s26")
        try await expectEqual(Fixture.text(workspace, "f20"), "26 20\n")
        #expect(try await workspace.diff().contains("+26 20"))
    }

    @Test("older snapshots are dropped while all occupy more than they may")
    func size() async throws {
        let limit = 4 << 20
        let fixture = try Fixture(settings: WorkspaceSettings(snapshotBytes: limit))
        let workspace = try await fixture.open()
        for round in 1...12 {
            try Fixture.shell("head -c 1000000 /dev/urandom > f", in: workspace)
            _ = try await workspace.snapshot("\(round)")
            #expect(await MeasuredQuota().usage(of: [workspace.layout.store]).bytes <= limit)
        }
        let left = try await workspace.snapshots()
        #expect(left.first?.id == "s12" && (1...4).contains(left.count))
        try Fixture.shell("head -c 9000000 /dev/urandom > f", in: workspace)
        let sum = try Fixture.shell("sha256sum f", in: workspace)
        // The newest stays, however large it is.
        let newest = try await workspace.snapshot("large")
        try await expectEqual(workspace.snapshots().map(\.id), [newest.id])
        try Fixture.shell("rm f", in: workspace)
        _ = try await workspace.restore(newest.id)
        try expectEqual(Fixture.shell("sha256sum f", in: workspace), sum)
    }

    @Test("objects of scans that became no snapshot, and drafts of a crash, are removed")
    func scans() async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open()
        let first = try await workspace.snapshot("first")
        let before = try Self.count(workspace)
        try Self.change(workspace, 1)
        _ = try await workspace.diff()
        try Fixture.shell(
            "cd ../host/store/objects; touch $(ls | head -1)/tmp_obj_x tmp_object_git2_x", in: workspace)
        #expect(try Self.count(workspace) > before + 20)
        try await expectEqual(workspace.prune(), 22)
        try expectEqual(Self.count(workspace), before)
        try expectEqual(Fixture.shell("ls ../host/store/objects | grep -c tmp_object || true", in: workspace), "0")
        // What the last scan recorded is gone; the next one records it again.
        let second = try await workspace.snapshot("second")
        try await expectEqual(workspace.changes(from: first.id, to: second.id).count, 20)
        try RealGit(workspace.layout.store)("fsck --strict --full")
        try await expectEqual(workspace.prune(), 0)
    }

    @Test("what a scan has recorded is removed at once when the disk is almost full")
    func fullDisk() async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open()
        _ = try await workspace.snapshot("first")
        let before = try Self.count(workspace)
        try Self.change(workspace, 1)
        _ = try await workspace.diff()
        #expect(try Self.count(workspace) > before + 20)
        var settings = WorkspaceSettings()
        settings.scan.reserve = .max
        let full = try await fixture.another(with: settings).open(session: Fixture.session, repository: "notes")
        try Fixture.shell("echo more > more", in: workspace)
        let failure = await #expect(throws: WorkspaceFailure.self) { _ = try await full.snapshot("second") }
        expectEqual(failure?.isDiskFull, true)
        try expectEqual(Self.count(workspace), before)
        let message = await Fixture.failure {
            _ = try await fixture.another(with: settings).open(session: "other", repository: "notes")
        }
        #expect(message.contains("the disk is almost full"), "\(message)")
        try expectEqual(RealGit(fixture.directory.path).shell("ls workspaces"), Fixture.session)
    }

    @Test("what a workspace takes has all of it but its snapshots, and is noted when it is made")
    func occupied() async throws {
        let occupants = ToldOccupants()
        let fixture = try Fixture(occupants: occupants)
        let workspace = try await fixture.open()
        try await eventually("it is measured") { occupants.measured.withLock { $0.count } == 1 }
        #expect(occupants.measured.withLock { $0.first ?? 0 } > 0)
        let folders = ["host/store", "files", "git", "copilot-cli/home"]
        for (number, folder) in folders.enumerated() {
            try Fixture.shell(
                "mkdir -p ../\(folder); head -c 1000000 /dev/urandom > ../\(folder)/x", in: workspace)
            let bytes = await workspace.occupiedBytes()
            #expect((number * 1_000_000..<(number + 1) * 1_000_000).contains(Int(bytes)), "\(folder): \(bytes)")
        }
    }

    @Test("nothing is removed while somebody uses the store; another process notices what was removed")
    func held() async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open()
        let other = try await fixture.another().open(session: Fixture.session, repository: "notes")
        try Self.change(workspace, 1)
        _ = try await other.diff()
        let hold = try await other.files.hold()
        try await expectEqual(workspace.prune(), nil)
        withExtendedLifetime(hold) {}
        _ = consume hold
        try await expectEqual(workspace.prune(), 21)
        let snapshot = try await other.snapshot("by the other")
        try RealGit(workspace.layout.store)("fsck --strict --full")
        try Fixture.shell("rm f1", in: workspace)
        _ = try await workspace.restore(snapshot.id)
        try await expectEqual(Fixture.text(workspace, "f1"), "1 1\n")
    }

    @Test("a pruning that was cut short leaves a store that works")
    func cut() async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open()
        try Self.change(workspace, 1)
        _ = try await workspace.diff()
        // As after a crash: some of the blobs are gone, their folder is there.
        try Fixture.shell(
            "cd ../host/store/objects; rm $(find . -type f -path '*/??/*' -size -40c | head -7)", in: workspace)
        let again = try await fixture.another().open(session: Fixture.session, repository: "notes")
        let snapshot = try await again.snapshot("again")
        try Fixture.shell("rm f*", in: workspace)
        _ = try await again.restore(snapshot.id)
        try expectEqual(Fixture.shell("ls | wc -l", in: workspace), "22")
        try RealGit(workspace.layout.store)("fsck --strict --full")
    }
}
