import Chat
import Git
import Glibc
import Primitives
import TestSupport
import Testing

@testable import Work

@Suite("Workspaces: another repository", .timeLimit(.minutes(1)))
struct ReplacementTests {
    typealias Fixture = WorkspaceFixture

    /// What the workspaces asked of their occupants.
    private final class Occupants: WorkspaceOccupants {
        private let state = Protected((events: [String](), isWorking: false))
        /// What a process writes until it is ended.
        let late = Protected<String?>(nil)
        /// What a workspace waits for before it is made.
        let hold = Protected<Signal?>(nil)

        var events: [String] { self.state.withLock { $0.events } }

        func work(_ isWorking: Bool) { self.state.withLock { $0.isWorking = isWorking } }

        private func add(_ event: String) { self.state.withLock { $0.events.append(event) } }

        func enter(_ workspace: Workspace) async {}
        func isWorking(in session: String) async throws -> Bool { self.state.withLock { $0.isWorking } }
        func leave(_ session: String) async {
            self.add("leave \(session)")
            if let late = self.late.withLock({ $0 }) { try? Fixture.write("x", to: late) }
        }
        func forgetSnapshots(of session: String) async throws {
            self.add("forget \(session)")
            await self.hold.withLock { $0 }?.wait()
        }
        func report(_ text: String, in session: String) async { self.add(text) }
    }

    private static func open(_ workspaces: Workspaces, _ repository: String?) async throws -> Workspace {
        try await workspaces.open(session: Fixture.session, repository: repository)
    }

    @Test("processes leave a workspace before it is replaced, and its snapshots are forgotten")
    func left() async throws {
        let occupants = Occupants()
        let fixture = try Fixture(occupants: occupants)
        _ = try await fixture.open()
        _ = try await fixture.open()
        expectEqual(occupants.events, ["forget abc123"])
        _ = try await fixture.open(repository: nil)
        expectEqual(occupants.events, ["forget abc123", "leave abc123", "forget abc123"])
    }

    @Test("an opening that takes long holds up neither `repo`, nor retention, nor whoever stops waiting for it")
    func slowOpening() async throws {
        let occupants = Occupants()
        let fixture = try Fixture(occupants: occupants)
        let (hold, workspaces) = (Signal(), fixture.workspaces)
        occupants.hold.withLock { $0 = hold }
        let opening = Task { try await fixture.open() }
        try await eventually("the workspace is being made") { occupants.events == ["forget abc123"] }
        let waits: [@Sendable () async throws -> Void] = [
            { _ = try await fixture.open() }, { _ = try await workspaces.source(of: Fixture.session) },
        ]
        for wait in waits {
            let waiting = Task { try await wait() }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
        }
        let patience = Duration.milliseconds(20)
        let obstacle = try await workspaces.obstacle(
            session: Fixture.session, to: "other", from: "notes", patience: patience)
        expectEqual(obstacle, nil)
        let removal = try await workspaces.remove(session: Fixture.session, unusedSince: .max, patience: patience) {
            .deleted
        }
        expectEqual(removal, .used)
        hold.signal()
        let workspace = try await opening.value
        #expect(try await fixture.open() === workspace)
        expectEqual(occupants.events, ["forget abc123"])
    }

    @Test("what a process writes until it is ended keeps the workspace")
    func lateWrite() async throws {
        let occupants = Occupants()
        let fixture = try Fixture(occupants: occupants)
        let workspace = try await fixture.open()
        occupants.late.withLock { $0 = "\(workspace.folder)/late" }
        let message = await Fixture.failure { _ = try await fixture.open(repository: nil) }
        #expect(message.contains("it has changes that are not committed"), "\(message)")
        try await expectEqual(Fixture.text(workspace, "late"), "x")
    }

    @Test("a running command keeps a workspace, and nothing ends it")
    func working() async throws {
        let occupants = Occupants()
        let fixture = try Fixture(occupants: occupants)
        _ = try await fixture.open()
        occupants.work(true)
        try await expectEqual(
            fixture.workspaces.obstacle(session: Fixture.session, to: "other", from: "notes")?.message,
            "the thread's workspace still belongs to the repository `notes`, and a command or a job runs in it: wait "
                + "until it has ended, or end it with `stop` or `kill JOB`, then choose `repo other` again")
        await #expect(throws: WorkspaceFailure.self) { _ = try await fixture.open(repository: nil) }
        expectEqual(occupants.events, ["forget abc123"])
        occupants.work(false)
        try await expectEqual(fixture.workspaces.obstacle(session: Fixture.session, to: "other", from: "notes"), nil)
        _ = try await fixture.open(repository: nil)
    }

    @Test("changes keep a workspace; both messages name what works")
    func changes() async throws {
        let fixture = try Fixture()
        let workspaces = fixture.another(["notes": "notes", "other": "other"])
        let workspace = try await Self.open(workspaces, "notes")
        try await workspace.write([65], to: "new")
        try await expectEqual(workspaces.obstacle(session: Fixture.session, to: "notes", from: "notes"), nil)
        try await expectEqual(workspaces.obstacle(session: "another", to: "other", from: "notes"), nil)
        try await expectEqual(
            workspaces.obstacle(session: Fixture.session, to: "other", from: "notes")?.message,
            "the thread's workspace still belongs to the repository `notes`, and it has changes that are not committed: "
                + "commit them with `commit`, then choose `repo other` again")
        let message = await Fixture.failure {
            _ = try await fixture.another(["notes": "notes", "other": "other"]).open(
                session: Fixture.session, repository: "other")
        }
        expectEqual(
            message,
            "the thread's workspace still belongs to the repository `notes`, and it has changes that are not "
                + "committed: choose `repo notes`, commit them with `commit`, then choose `repo other` again")
        _ = try await workspace.commit("m", by: Fixture.ada, turn: "t")
        try await expectEqual(workspaces.obstacle(session: Fixture.session, to: "other", from: "notes"), nil)
    }

    @Test("a repository with another name in the configuration keeps its workspaces, with changes and snapshots")
    func renamed() async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open()
        try await workspace.write([65], to: "new")
        let snapshot = try await workspace.snapshot("mine")
        let renamed = fixture.another(["docs": "notes"])
        let message = await Fixture.failure { _ = try await Self.open(renamed, "notes") }
        expectEqual(message, "there is no repository notes: choose one of docs, with `repo NAME`")
        let none = await Fixture.failure { _ = try await Self.open(fixture.another([:]), "notes") }
        expectEqual(none, "there is no repository notes any more: ask an operator to configure it again")
        let found = try await Self.open(renamed, "docs")
        try await expectEqual(Fixture.text(found, "new"), "A")
        try await expectEqual(found.snapshots(), [snapshot])
        try await expectEqual(found.commit("m", by: Fixture.ada, turn: "t")?.repository, "docs")
        try await expectEqual(Self.open(fixture.another(["docs": "notes"]), "docs").diff(), "")
    }

    @Test("a workspace of a repository that was removed is replaced if it has nothing unsaved")
    func removed() async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open()
        try await workspace.write([65], to: "new")
        _ = try await workspace.commit("m", by: Fixture.ada, turn: "t")
        let left = try await Self.prepared(fixture)
        try await expectEqual(left.remove(session: Fixture.session, unusedSince: 0) { .idle }, .used)
        let made = try await Self.open(left, "other")
        try await expectEqual(made.list("", limit: 10).map(\.path), [])
        try expectEqual(Self.folders(fixture), [Fixture.session])
    }

    @Test(
        "a workspace of a repository that was removed is set aside if it may have unsaved work",
        arguments: [false, true])
    func setAside(isGone: Bool) async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open()
        if !isGone { try await workspace.write([65], to: "new") }
        let occupants = Occupants()
        let left = try await Self.prepared(fixture, occupants)
        if isGone { try RealGit(fixture.directory.path).shell("rm -r notes") }
        occupants.work(true)
        let message = await Fixture.failure { _ = try await Self.open(left, "other") }
        #expect(message.contains("which is no longer configured, and a command or a job runs in it"), "\(message)")
        occupants.work(false)
        try await expectEqual(left.obstacle(session: Fixture.session, to: "other", from: "notes"), nil)
        _ = try await Self.open(left, "other")
        let kept = try #require(try Self.folders(fixture).first { $0.hasPrefix(".kept-abc123-") })
        expectEqual(occupants.events.first, "leave abc123")
        #expect(occupants.events.contains { $0.contains("`workspaces/\(kept)`") }, "\(occupants.events)")
        let file = isGone ? "README.md" : "new"
        #expect(try RealGit(fixture.directory.path).shell("ls workspaces/\(kept)/files").contains(file))
        try await left.prepare()
        #expect(try Self.folders(fixture).contains(kept))
    }

    @Test("a workspace without its repository can be archived, and then it is replaced")
    func archived() async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open()
        try await workspace.write([65], to: "new")
        let left = try await Self.prepared(fixture)
        let source = try #require(try await left.source(of: Fixture.session))
        try await source.entries { _ in }
        try await source.markArchived()
        _ = try await Self.open(left, "other")
        try expectEqual(Self.folders(fixture), [Fixture.session])
    }

    /// Workspaces of a process that has only another, empty repository.
    private static func prepared(
        _ fixture: Fixture, _ occupants: (any WorkspaceOccupants)? = nil
    ) async throws -> Workspaces {
        let path = "\(fixture.directory.path)/other"
        mkdir(path, 0o755)
        try RealGit(path)("init -q")
        try RealGit(path)("commit -q --allow-empty -m First")
        return fixture.another(["other": "other"], occupants)
    }

    private static func folders(_ fixture: Fixture) throws -> [String] {
        try RealGit(fixture.directory.path).shell("ls -A workspaces").split(separator: "\n").map(String.init)
    }
}
