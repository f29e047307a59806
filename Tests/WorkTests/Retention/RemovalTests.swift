import Git
import TestSupport
import Testing
import Work

@Suite("Workspaces: removal", .timeLimit(.minutes(1)))
struct RemovalTests {
    typealias Fixture = WorkspaceFixture

    @Test("an unchanged workspace is removed when it has expired; a new one has the branch's files")
    func unchanged() async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open()
        let early = try await fixture.workspaces.remove(session: Fixture.session, unusedSince: 1_000) { .idle }
        expectEqual(early, .used)
        for (use, result) in [(SessionUse.active, WorkspaceRemoval.used), (.working, .kept("a job runs in it"))] {
            let removal = try await fixture.workspaces.remove(
                session: Fixture.session, unusedSince: 1_800_000_000_000
            ) { use }
            expectEqual(removal, result)
        }
        try await workspace.write([65], to: "new")
        _ = try await workspace.commit("m", by: Fixture.ada, turn: "t")
        #expect(try await fixture.open() === workspace)
        try await expectEqual(fixture.expire(), .removed)
        await expectEqual(fixture.workspaces.sessions(), [])
        try await expectEqual(fixture.expire(), .removed)
        let again = try await fixture.open()
        try await expectEqual(Fixture.text(again, "new"), "A")
        try await expectEqual(again.snapshots(), [])
    }

    @Test("changes that no commit has, and commits that the repository has not, keep a workspace")
    func unsaved() async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open()
        try await workspace.write([65], to: "new")
        try await expectEqual(fixture.expire(), .kept("it has changes that are not committed"))
        try await Self.archive(fixture)
        try await GitInJail(workspace, of: fixture)(
            "git commit -q --allow-empty -m inside; git reset -q --soft HEAD^; git stash -q -u")
        try await expectEqual(fixture.expire(), .kept("it has commits that the repository does not have"))
        #expect(try await fixture.open() === workspace)
    }

    @Test("files without a repository are unsaved until they are archived")
    func noRepository() async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open(repository: nil)
        try await expectEqual(workspace.unsavedWork(), nil)
        try await workspace.write([65], to: "new")
        try await expectEqual(workspace.unsavedWork(), .files)
        try await Self.archive(fixture)
        try await expectEqual(workspace.unsavedWork(), nil)
        try await workspace.write([66], to: "new")
        #expect(try await workspace.unsavedWork() != nil)
        try await expectEqual(fixture.expire(), .kept("it has files that are saved nowhere else"))
    }

    /// As an archive does, without storing it.
    private static func archive(_ fixture: Fixture) async throws {
        let source = try #require(try await fixture.workspaces.source(of: Fixture.session))
        try await source.entries { _ in }
        try await source.markArchived()
    }

    @Test("workspaces opened while they are removed are whole")
    func removedWhileOpened() async throws {
        let fixture = try Fixture()
        _ = try await fixture.open()
        let opened = try await withThrowingTaskGroup(of: Workspace?.self) { group in
            for number in 0..<60 {
                group.addTask {
                    if number.isMultiple(of: 3) {
                        _ = try await fixture.expire()
                        return nil
                    }
                    return try await fixture.open()
                }
            }
            return try await group.reduce(into: []) { all, next in if let next { all.append(next) } }
        }
        expectEqual(opened.count, 40)
        try await expectEqual(fixture.open().diff(), "")
    }

    @Test("another repository replaces a workspace only without unsaved work")
    func otherRepository() async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open()
        try await workspace.write([65], to: "new")
        let message = await Fixture.failure { _ = try await fixture.open(repository: nil) }
        expectEqual(
            message,
            "the thread's workspace still belongs to the repository `notes`, and it has changes that are not "
                + "committed: choose `repo notes`, commit them with `commit`, then try again")
        _ = try await workspace.commit("m", by: Fixture.ada, turn: "t")
        let empty = try await fixture.open(repository: nil)
        expectEqual(empty.branch, nil)
        try await expectEqual(empty.list("", limit: 10), [])
    }

    @Test("a workspace is found again by another process; a half made one is made anew")
    func again() async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open()
        try await workspace.write([65], to: "new")
        let first = try await workspace.snapshot("first")
        let other = fixture.another()
        let found = try await other.open(session: Fixture.session, repository: "notes")
        #expect(found !== workspace)
        try await expectEqual(found.snapshots(), [first])
        try await expectEqual(found.snapshot("again"), first)
        try Fixture.shell(
            "rm ../host/workspace.json; mkdir ../../.removing-x; touch ../../.removing-x/f", in: workspace)
        let third = fixture.another()
        try await third.prepare()
        let made = try await third.open(session: Fixture.session, repository: "notes")
        try await expectEqual(made.snapshots(), [])
        try await expectEqual(made.diff(), "")
        try expectEqual(RealGit(fixture.directory.path).shell("ls -A workspaces"), Fixture.session)
    }

    @Test("what a killed process was checking is removed at the next start")
    func quarantine() async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open()
        try Fixture.shell("mkdir ../host/quarantine-x; touch ../host/quarantine-x/pack", in: workspace)
        try await fixture.another().prepare()
        try expectEqual(Fixture.shell("ls ../host | grep -c quarantine || true", in: workspace), "0")
    }

    @Test("a hundred openings at the same time make one workspace")
    func concurrent() async throws {
        let fixture = try Fixture()
        let all = try await withThrowingTaskGroup(of: Workspace.self) { group in
            for _ in 0..<100 { group.addTask { try await fixture.open() } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(all.allSatisfy { $0 === all[0] })
        try await expectEqual(all[0].diff(), "")
    }

    @Test("a session id that is no name of a folder is refused", arguments: ["", "..", "a/b", ".x", "-x", "ü"])
    func names(session: String) async throws {
        let fixture = try Fixture()
        await #expect(throws: WorkspaceFailure.self) { _ = try await fixture.open(session) }
    }

    @Test("ids that differ only in case, or late, have different branches")
    func branches() async throws {
        let fixture = try Fixture()
        var branches: Set<String> = []
        for session in ["ab", "AB", "0123456789abcdefghijk", "0123456789abcdefghijx"] {
            branches.insert(try #require(try await fixture.open(session).branch))
        }
        expectEqual(branches.count, 4)
        #expect(branches.allSatisfy { $0 == $0.lowercased() && $0.hasPrefix("jetbridge/") })
    }
}
