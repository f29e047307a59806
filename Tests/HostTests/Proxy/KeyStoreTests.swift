import Analytics
import Chat
import Database
import Gateway
import Logging
import People
import Primitives
import Proxy
import Store
import TestSupport
import Testing

@testable import Host

@Suite("Stored client keys and their tokens", .timeLimit(.minutes(1)))
struct KeyStoreTests {
    private static let day: Int64 = 86_400_000
    private let directory: TemporaryDirectory
    private let clock = Protected<Int64>(20_000 * Self.day)
    private let logger = Logger(label: "test", output: LogOutput(level: .error, format: .text) { _ in })

    init() throws { self.directory = try TemporaryDirectory() }

    private func store() throws -> SessionStore {
        let path = self.directory.path + "/jetbridge.sqlite"
        return SessionStore(database: try TestDatabase.open(path: path, migrations: StoreSchema.migrations))
    }

    private func insert(
        _ id: String, scopes: [String] = ["proxy"], expiresAt: Int64? = nil, models: [String]? = nil,
        tokensPerDay: Int64? = nil, into store: SessionStore
    ) async throws {
        let record = CredentialRecord(
            id: id, kind: .token, name: id, identity: "web:\(id)", role: .owner, scopes: scopes, createdAt: 1,
            expiresAt: expiresAt, models: models, tokensPerDay: tokensPerDay)
        try await store.write { try $0.insert(record, hash: CredentialSecret.hash(of: "jb_\(id)")) }
    }

    /// Records usage in a process of its own, which then ends.
    private func use(_ id: String, _ tokens: Int, in store: SessionStore) async throws {
        let clock = self.clock
        let recorder = ProxyUsageRecorder(
            store: store, metrics: nil, logger: self.logger, now: { clock.withLock { $0 } })
        recorder.record(
            ProxyUsage(key: ClientKey(id: id), model: "m", tokens: AnswerTokens(input: tokens - 1, output: 1)))
        await recorder.stop()
        try await recorder.run()
    }

    private func tokens(_ id: String, on day: Int64, in store: SessionStore) async throws -> Int64 {
        try await store.read { try $0.tokens(of: id, on: day) }
    }

    @Test("a key comes with its limits; an expired one with its end; others are unknown")
    func find() async throws {
        let store = try self.store()
        let now = WallClock.now()
        try await self.insert(
            "full", expiresAt: now + Self.day, models: ["a", "org/b"], tokensPerDay: 1_000, into: store)
        try await self.insert("free", scopes: ["admin"], into: store)
        try await self.insert("old", expiresAt: now, into: store)
        try await self.insert("chat", scopes: ["chat"], into: store)
        try await self.insert("oldchat", scopes: ["chat"], expiresAt: now, into: store)
        let keys = ProxyKeys(store: store)
        guard case .valid(let full, until: let until) = try await keys.find("jb_full") else {
            Issue.record("not found")
            return
        }
        #expect(full.id == "full" && full.models == ["a", "org/b"] && full.tokensPerDay == 1_000)
        expectEqual(until, now + Self.day)
        guard case .valid(let free, until: nil) = try await keys.find("jb_free") else {
            Issue.record("not found")
            return
        }
        #expect(free.id == "free" && free.models == nil && free.tokensPerDay == nil)
        guard case .expired(at: now) = try await keys.find("jb_old") else {
            Issue.record("not expired")
            return
        }
        for secret in ["jb_chat", "jb_oldchat", "jb_none", ""] {
            guard case .unknown = try await keys.find(secret) else {
                Issue.record("known: \(secret)")
                continue
            }
        }
        // Expired or not, the gateway accepts only valid ones.
        let lookup = CredentialLookup(store: store)
        try await expectEqual(lookup.credential(secret: "jb_old", kind: .token, at: now), nil)
        try await expectEqual(lookup.credential(secret: "jb_old", kind: .token, at: now - 1)?.id, "old")
        try await expectEqual(lookup.credential(secret: "jb_full", kind: .cookie, at: now), nil)
        await store.database.close()
    }

    @Test("tokens count for the day of their answer, also after a restart, and are kept for forty days")
    func days() async throws {
        let store = try self.store()
        try await self.use("k", 10, in: store)
        try await self.use("k", 5, in: store)
        try await self.use("other", 3, in: store)
        self.clock.withLock { $0 += Self.day - 1 }
        try await self.use("k", 1, in: store)
        self.clock.withLock { $0 += 1 }
        try await self.use("k", 7, in: store)
        try await expectEqual(self.tokens("k", on: 20_000, in: store), 16)
        try await expectEqual(self.tokens("other", on: 20_000, in: store), 3)
        try await expectEqual(self.tokens("k", on: 20_001, in: store), 7)
        await store.database.close()

        let again = try self.store()
        try await expectEqual(self.tokens("k", on: 20_000, in: again), 16)
        self.clock.withLock { $0 = 20_040 * Self.day }
        try await self.use("k", 1, in: again)
        try await expectEqual(self.tokens("k", on: 20_000, in: again), 16)
        self.clock.withLock { $0 = 20_041 * Self.day }
        try await self.use("k", 1, in: again)
        try await expectEqual(self.tokens("k", on: 20_000, in: again), 0)
        try await expectEqual(self.tokens("k", on: 20_001, in: again), 7)
        // The totals stay.
        try await expectEqual(again.read { try $0.proxyUsage() }.first { $0.client == "k" }?.input, 19)
        await again.database.close()
    }

    @Test("a failed request is a record without tokens, of the key's person")
    func failure() async throws {
        let store = try self.store()
        let recorder = ProxyUsageRecorder(store: store, metrics: nil, logger: self.logger, now: { 1_000 })
        recorder.record(
            ProxyUsage(
                key: ClientKey(id: "k"), model: "m", tokens: AnswerTokens(), duration: 400, error: "HTTP 429"))
        await recorder.stop()
        try await recorder.run()
        let rows = try await store.read { ledger in
            try ledger.connection.query("SELECT * FROM usage_records", []).map {
                [
                    try $0.text("person"), try $0.text("model"), try $0.text("state"), try $0.text("error"),
                    "\($0["input"].int64 ?? -1)", "\($0["began"].int64 ?? -1)",
                ]
            }
        }
        expectEqual(rows, [["web:k", "m", "failed", "HTTP 429", "0", "600"]])
        try await expectEqual(self.tokens("k", on: 0, in: store), 0)
        await store.database.close()
    }

    @Test("failed requests of a minute are few records, whatever models they name, and all are counted")
    func failures() async throws {
        let store = try self.store()
        let clock = Protected<Int64>(59_000)
        let recorder = ProxyUsageRecorder(
            store: store, metrics: nil, logger: self.logger, now: { clock.withLock { $0 } })
        func fail(_ model: String) {
            recorder.record(
                ProxyUsage(key: ClientKey(id: "k"), model: model, tokens: AnswerTokens(), error: "HTTP 429"))
        }
        for _ in 0..<500 { fail("m") }
        for number in 0..<500 { fail("made up \(number)") }
        clock.withLock { $0 = 60_000 }
        fail("m")
        fail("m")
        await recorder.stop()
        try await recorder.run()
        let rows = try await store.read { ledger in
            try ledger.connection.query(
                "SELECT model, calls, at FROM usage_records WHERE calls > 1 OR at >= 60000 ORDER BY at, model, id", []
            ).map { "\($0["model"].text ?? "") \($0["calls"].int64 ?? 0) \($0["at"].int64 ?? 0)" }
        }
        expectEqual(rows, ["m 499 59000", "other 490 59000", "m 1 60000", "m 1 60000"])
        let sums = try await store.read { ledger in
            try ledger.connection.query(
                "SELECT COUNT(*) AS n, CAST(SUM(calls) AS BIGINT) AS calls FROM usage_records", []
            ).map { [$0["n"].int64, $0["calls"].int64] }
        }
        // Ten models and the others, each with its first failure.
        expectEqual(sums, [[15, 1_002]])
        await store.database.close()
    }

    @Test("two processes with one store see each other's tokens, and not their own")
    func processes() async throws {
        let stores = [try self.store(), try self.store()]
        let clock = self.clock
        let recorders = stores.map {
            ProxyUsageRecorder(store: $0, metrics: nil, logger: self.logger, now: { clock.withLock { $0 } })
        }
        for (recorder, tokens) in zip(recorders, [100, 20]) {
            for client in ["k", "other"] {
                recorder.record(
                    ProxyUsage(
                        key: ClientKey(id: client), model: "m", tokens: AnswerTokens(input: tokens, output: tokens)))
            }
            try await expectEqual(recorder.othersUse(of: "k", on: 20_000), tokens == 100 ? 0 : 200)
            await recorder.stop()
            try await recorder.run()
        }
        try await expectEqual(recorders[0].othersUse(of: "k", on: 20_000), 40)
        try await expectEqual(recorders[1].othersUse(of: "k", on: 20_000), 200)
        try await expectEqual(recorders[1].othersUse(of: "k", on: 20_001), 0)
        try await expectEqual(self.tokens("k", on: 20_000, in: stores[0]), 240)
        for store in stores { await store.database.close() }
    }
}
