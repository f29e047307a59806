import Primitives
import TestSupport
import Testing

@testable import Workspaces

@Suite("Workspaces: another repository", .timeLimit(.minutes(1)))
struct ReplacementTests {
    typealias Fixture = WorkspaceFixture

    /// What the workspaces asked of their occupants.
    private final class Occupants: Sendable {
        private let state = Protected((events: [String](), isWorking: false))

        var events: [String] { self.state.withLock { $0.events } }

        func work(_ isWorking: Bool) { self.state.withLock { $0.isWorking = isWorking } }

        func attach(to workspaces: Workspaces, leaving leave: @escaping @Sendable () -> Void = {}) async {
            let add: @Sendable (String) -> Void = { event in self.state.withLock { $0.events.append(event) } }
            await workspaces.attach(
                WorkspaceOccupants(
                    isWorking: { _ in self.state.withLock { $0.isWorking } },
                    leave: { session in
                        add("leave \(session)")
                        leave()
                    }, forgetSnapshots: { session in add("forget \(session)") }, report: { text, _ in add(text) }))
        }
    }

    private static func open(_ workspaces: Workspaces, _ repository: String?) async throws -> Workspace {
        try await workspaces.open(session: Fixture.session, repository: repository)
    }

    @Test("processes leave a workspace before it is replaced, and its snapshots are forgotten")
    func left() async throws {
        let fixture = try Fixture()
        let occupants = Occupants()
        await occupants.attach(to: fixture.workspaces)
        _ = try await fixture.open()
        _ = try await fixture.open()
        #expect(occupants.events == ["forget abc123"])
        _ = try await fixture.open(repository: nil)
        #expect(occupants.events == ["forget abc123", "leave abc123", "forget abc123"])
    }

    @Test("what a process writes until it is ended keeps the workspace")
    func lateWrite() async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open()
        let late = "\(workspace.folder)/late"
        await Occupants().attach(to: fixture.workspaces) { try? Fixture.write("x", to: late) }
        let message = await Fixture.failure { _ = try await fixture.open(repository: nil) }
        #expect(message.contains("it has changes that are not committed"), "\(message)")
        #expect(try await Fixture.text(workspace, "late") == "x")
    }

    @Test("a running command keeps a workspace, and nothing ends it")
    func working() async throws {
        let fixture = try Fixture()
        let occupants = Occupants()
        await occupants.attach(to: fixture.workspaces)
        _ = try await fixture.open()
        occupants.work(true)
        #expect(
            try await fixture.workspaces.obstacle(session: Fixture.session, to: "other", from: "notes")?.message
                == "the thread's workspace still belongs to the repository `notes`, and a command or a job runs in it: wait "
                + "until it has ended, or end it with `stop` or `kill JOB`, then choose `repo other` again")
        await #expect(throws: WorkspaceFailure.self) { _ = try await fixture.open(repository: nil) }
        #expect(occupants.events == ["forget abc123"])
        occupants.work(false)
        #expect(try await fixture.workspaces.obstacle(session: Fixture.session, to: "other", from: "notes") == nil)
        _ = try await fixture.open(repository: nil)
    }

    @Test("changes keep a workspace; both messages name what works")
    func changes() async throws {
        let fixture = try Fixture()
        let workspaces = fixture.another(["notes": "notes", "other": "other"])
        let workspace = try await Self.open(workspaces, "notes")
        try await workspace.write([65], to: "new")
        #expect(try await workspaces.obstacle(session: Fixture.session, to: "notes", from: "notes") == nil)
        #expect(try await workspaces.obstacle(session: "another", to: "other", from: "notes") == nil)
        #expect(
            try await workspaces.obstacle(session: Fixture.session, to: "other", from: "notes")?.message
                == "the thread's workspace still belongs to the repository `notes`, and it has changes that are not committed: "
                + "commit them with `commit`, then choose `repo other` again")
        let message = await Fixture.failure {
            _ = try await fixture.another(["notes": "notes", "other": "other"]).open(
                session: Fixture.session, repository: "other")
        }
        #expect(
            message
                == "the thread's workspace still belongs to the repository `notes`, and it has changes that are not "
                + "committed: choose `repo notes`, commit them with `commit`, then choose `repo other` again")
        _ = try await workspace.commit("m", by: "ada", turn: "t")
        #expect(try await workspaces.obstacle(session: Fixture.session, to: "other", from: "notes") == nil)
    }
}
