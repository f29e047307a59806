import Logging
import Primitives
import TestSupport
import Testing
import Work

@Suite("Workspaces: retention", .timeLimit(.minutes(1)))
struct WorkspaceRetentionTests {
    typealias Fixture = WorkspaceFixture

    /// When the fixture's workspaces are opened.
    private static let opened: Int64 = 1_700_000_000_000
    private static let day: Int64 = 86_400_000

    /// A retention with a clock and a log.
    private struct Setting {
        let now = Protected(WorkspaceRetentionTests.opened)
        let uses = Protected<[String: SessionUse]>([:])
        let deleted = Protected<[String]>([])
        let lines = Protected<[String]>([])
        let removed = Protected<[String]>([])

        func retention(_ fixture: Fixture, lifetime: Duration?) -> WorkspaceRetention {
            let (now, uses, lines, removed) = (self.now, self.uses, self.lines, self.removed)
            let deleted = self.deleted
            return WorkspaceRetention(
                fixture.workspaces, lifetime: lifetime,
                deleted: { sessions in deleted.withLock { $0.filter(sessions.contains) } },
                use: { session, _ in uses.withLock { $0[session] } ?? .idle },
                removed: { session in removed.withLock { $0.append(session) } }, now: { now.withLock { $0 } },
                logger: Logger(
                    label: "test",
                    output: LogOutput(level: .info, format: .text) { bytes in
                        lines.withLock { $0.append(String(decoding: bytes, as: UTF8.self)) }
                    }))
        }
    }

    @Test("after their time, workspaces without unsaved work are removed; why others stay is logged once")
    func rounds() async throws {
        let fixture = try Fixture()
        _ = try await fixture.open("saved")
        try await fixture.open("unsaved").write([65], to: "new")
        _ = try await fixture.open("active")
        _ = try await fixture.open("working")
        let setting = Setting()
        setting.uses.withLock { $0 = ["active": .active, "working": .working] }
        let retention = setting.retention(fixture, lifetime: .seconds(30 * 86_400))
        setting.now.withLock { $0 = Self.opened + 30 * Self.day }
        try await retention.round()
        await expectEqual(fixture.workspaces.sessions().count, 4)
        expectEqual(setting.lines.withLock { $0 }, [])
        setting.now.withLock { $0 += 1 }
        try await retention.round()
        try await retention.round()
        await expectEqual(fixture.workspaces.sessions().sorted(), ["active", "unsaved", "working"])
        expectEqual(setting.removed.withLock { $0 }, ["saved"])
        let kept = setting.lines.withLock { $0.filter { $0.contains("is kept") } }
        expectEqual(kept.count, 2)
        #expect(kept.contains { $0.contains("unsaved") && $0.contains("changes that are not committed") })
        #expect(kept.contains { $0.contains("working") && $0.contains("a job runs in it") })
        _ = try await fixture.open("unsaved").commit("m", by: Fixture.ada, turn: "t")
        setting.uses.withLock { $0 = [:] }
        try await retention.round()
        await expectEqual(fixture.workspaces.sessions(), [])
    }

    @Test("without a lifetime, every workspace stays")
    func forever() async throws {
        let fixture = try Fixture()
        _ = try await fixture.open()
        let setting = Setting()
        let retention = setting.retention(fixture, lifetime: nil)
        setting.now.withLock { $0 += 100_000 * Self.day }
        try await retention.round()
        await expectEqual(fixture.workspaces.sessions(), [Fixture.session])
    }

    @Test("the workspace of a deleted thread goes with its unsaved work; that of a thread that is merely unknown stays")
    func deleted() async throws {
        let fixture = try Fixture()
        for session in ["deleted", "unknown", "working"] { try await fixture.open(session).write([65], to: "new") }
        // As a crash leaves it.
        try Fixture.write("x", to: "\(fixture.directory.path)/workspaces/half/files/f")
        let setting = Setting()
        setting.deleted.withLock { $0 = ["deleted", "half", "working", "elsewhere"] }
        setting.uses.withLock { $0 = ["working": .working] }
        let retention = setting.retention(fixture, lifetime: .seconds(30 * 86_400))
        try await retention.round()
        await expectEqual(fixture.workspaces.sessions().sorted(), ["unknown", "working"])
        expectEqual(setting.removed.withLock { $0.sorted() }, ["deleted", "half"])
        setting.uses.withLock { $0 = [:] }
        setting.now.withLock { $0 += 31 * Self.day }
        try await retention.round()
        await expectEqual(fixture.workspaces.sessions(), ["unknown"])
    }

    @Test("making a workspace removes those of deleted threads")
    func made() async throws {
        let fixture = try Fixture()
        try await fixture.open("deleted").write([65], to: "new")
        let setting = Setting()
        let retention = setting.retention(fixture, lifetime: nil)
        try await retention.round()
        async let run: Void = retention.run()
        setting.deleted.withLock { $0 = ["deleted"] }
        _ = try await fixture.open("other")
        try await eventually("the workspace is gone") { await fixture.workspaces.sessions() == ["other"] }
        await retention.stop()
        try await run
    }

    @Test("a stopped retention ends")
    func stop() async throws {
        let fixture = try Fixture()
        let retention = Setting().retention(fixture, lifetime: nil)
        async let run: Void = retention.run()
        await retention.stop()
        try await run
    }
}
