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
        let lines = Protected<[String]>([])
        let removed = Protected<[String]>([])

        func retention(_ fixture: Fixture, lifetime: Duration?) -> WorkspaceRetention {
            let (now, uses, lines, removed) = (self.now, self.uses, self.lines, self.removed)
            return WorkspaceRetention(
                fixture.workspaces, lifetime: lifetime,
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

    @Test("a stopped retention ends")
    func stop() async throws {
        let fixture = try Fixture()
        let retention = Setting().retention(fixture, lifetime: nil)
        async let run: Void = retention.run()
        await retention.stop()
        try await run
    }
}
