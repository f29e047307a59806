import Database
import Store
import TestSupport
import Testing

@testable import Gateway
@testable import Threads

@Suite("Deliveries to hooks, as stored", .timeLimit(.minutes(1)))
struct WebhookLedgerTests {
    private static func store() async throws -> (SessionStore, TemporaryDirectory) {
        let directory = try TemporaryDirectory()
        let database = try TestDatabase.open(path: directory.path + "/store", migrations: StoreSchema.migrations)
        return (SessionStore(database: database), directory)
    }

    private static func delivery(_ number: Int, of hook: String = "ci", at now: Int64 = 0) -> WebhookDelivery {
        WebhookDelivery(
            id: "\(hook)-\(number)", hook: hook, change: "\(number)@1", session: nil, event: "thread", body: "{}",
            createdAt: now)
    }

    @Test("each change has one delivery for each hook")
    func unique() async throws {
        let (store, directory) = try await Self.store()
        defer { withExtendedLifetime(directory) {} }
        let inserted = try await store.write { ledger in
            [
                try ledger.insert(Self.delivery(1)), try ledger.insert(Self.delivery(1, of: "board")),
                try ledger.insert(Self.delivery(1)),
            ]
        }
        expectEqual(inserted, [true, true, false])
    }

    @Test(
        "the oldest go first; what cannot be reached holds back the later ones, what is refused again and again does not"
    )
    func order() async throws {
        let (store, directory) = try await Self.store()
        defer { withExtendedLifetime(directory) {} }
        func next(_ now: Int64, _ change: (inout WebhookDelivery) -> Void) async throws -> WebhookDelivery.Next {
            var first = try #require(try await store.read { ledger in try ledger.webhookDelivery("ci-1") })
            change(&first)
            let changed = first
            return try await store.write { ledger in
                try ledger.update(changed)
                return try ledger.nextWebhookDelivery(of: "ci", at: now)
            }
        }
        func id(_ next: WebhookDelivery.Next) -> String? {
            if case .now(let delivery) = next { delivery.id } else { nil }
        }
        try await store.write { ledger in
            try expectEqual(ledger.nextWebhookDelivery(of: "ci", at: 0), .nothing)
            for number in 1...3 { try ledger.insert(Self.delivery(number)) }
        }
        expectEqual(id(try await next(5) { _ in }), "ci-1")
        let waits = try await next(5) {
            $0.nextAt = 10
            $0.tries = 40
        }
        expectEqual(waits, .later(10))
        try await expectEqual(next(5) { $0.status = 503 }, .later(10))
        expectEqual(id(try await next(5) { $0.status = 400 }), "ci-2")
        expectEqual(id(try await next(10) { _ in }), "ci-1")
        try await expectEqual(next(5) { $0.tries = 3 }, .later(10))
        let urgent = try await store.write { ledger in
            _ = try ledger.resendWebhookDelivery("ci-3", of: "ci")
            try expectEqual(ledger.resendWebhookDelivery("ci-3", of: "board"), nil)
            try expectEqual(ledger.urgentWebhooks(), ["ci"])
            return try ledger.nextWebhookDelivery(of: "ci", at: 0)
        }
        expectEqual(id(urgent), "ci-3")
    }

    @Test("a full queue gives up its oldest, and a hook that is gone from the configuration all")
    func bounds() async throws {
        let (store, directory) = try await Self.store()
        defer { withExtendedLifetime(directory) {} }
        try await store.write { ledger in
            for number in 1...5 { try ledger.insert(Self.delivery(number, at: Int64(number))) }
            try ledger.insert(Self.delivery(1, of: "board"))
            try expectEqual(ledger.boundWebhookQueue(of: "ci", to: 3), 2)
            try expectEqual(ledger.boundWebhookQueue(of: "ci", to: 3), 0)
            let summary = try ledger.webhookSummary(of: "ci")
            #expect(summary.waiting == 3 && summary.givenUp == 2 && summary.last == nil)
            try expectEqual(ledger.webhookDelivery("ci-2")?.error, "more than 3 deliveries waited")
            try expectEqual(ledger.giveUpWebhookDeliveries(of: "ci", storedBefore: 4, because: "too old"), 1)
            try ledger.keepWebhooks(["board"])
            try expectEqual(ledger.webhookSummary(of: "ci").waiting, 0)
            try expectEqual(ledger.webhookSummary(of: "board").waiting, 1)
            try expectEqual(ledger.deleteWebhookDeliveries(before: 5, limit: 100), 4)
        }
    }

    @Test("of a hook's history the newest are kept, with all that wait; what is young is not visited to find the old")
    func history() async throws {
        let (store, directory) = try await Self.store()
        defer { withExtendedLifetime(directory) {} }
        try await store.write { ledger in
            for number in 1...6 {
                try ledger.insert(Self.delivery(number, at: Int64(number)))
                guard number != 2, var ended = try ledger.webhookDelivery("ci-\(number)") else { continue }
                ended.state = .delivered
                try ledger.update(ended)
            }
            try ledger.insert(Self.delivery(1, of: "board"))
            func kept() throws -> [String] {
                try ledger.webhookDeliveries(of: "ci", before: nil, limit: 9).map(\.id)
            }
            try ledger.boundWebhookHistory(of: "ci", to: 6, batch: 9)
            try expectEqual(kept().count, 6)
            try ledger.boundWebhookHistory(of: "ci", to: 3, batch: 9)
            try expectEqual(kept(), ["ci-6", "ci-5", "ci-4", "ci-2"])
            try expectEqual(ledger.webhookSummary(of: "board").waiting, 1)
            // Behind the one that waits.
            try expectEqual(ledger.deleteWebhookDeliveries(before: 6, limit: 1), 1)
            try expectEqual(ledger.deleteWebhookDeliveries(before: 6, limit: 1), 1)
            try expectEqual(ledger.deleteWebhookDeliveries(before: 6, limit: 1), 0)
            try expectEqual(kept(), ["ci-6", "ci-2"])
        }
    }

    @Test("changes are kept until their deliveries are stored")
    func changes() async throws {
        let (store, directory) = try await Self.store()
        defer { withExtendedLifetime(directory) {} }
        try await store.write { ledger in
            for number in 1...4 {
                try ledger.connection.execute(
                    "INSERT INTO changes (number, kind, subject, session, at) VALUES ($1, 'thread', 't', 't', 1)",
                    .integer(Int64(number)))
            }
            try ledger.setWebhookCursor(2)
            try ledger.deleteChanges(before: 9)
            try expectEqual(ledger.changes(after: 0, limit: 10).map(\.number), [3, 4])
            try ledger.keepWebhooks([])
            try ledger.deleteChanges(before: 9)
            try expectEqual(ledger.changes(after: 0, limit: 10).map(\.number), [4])
        }
    }
}
