internal import Database
package import Store

/// One document on its way to a configured address. Times are milliseconds since 1970.
package struct WebhookDelivery: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable {
        case waiting, delivered
        case givenUp = "given_up"
    }

    /// Its place in the order.
    package var number: Int64 = 0
    /// Stays the same over all tries.
    package let id: String
    /// The name of the hook.
    package let hook: String
    /// Nil for a test.
    package let change: String?
    /// The conversation that the body is about; nil if it has been deleted.
    package let session: String?
    package let event: String
    package let body: String
    package var state = State.waiting
    package var tries: Int64 = 0
    /// The last answer's; nil if none came.
    package var status: Int?
    /// Why the last try failed, or why there is no other one.
    package var error: String?
    package let createdAt: Int64
    package var triedAt: Int64?
    /// ``atOnce`` for what goes before all others.
    package var nextAt: Int64 = 0

    package static let atOnce: Int64 = -1
}

extension WebhookDelivery {
    /// What a hook sends next.
    package enum Next: Sendable, Equatable {
        case now(WebhookDelivery)
        case later(Int64)
        case nothing
    }
}

/// What is known about a hook.
package struct WebhookSummary: Sendable {
    package let waiting: Int64
    package let givenUp: Int64
    /// The one that was tried last.
    package let last: WebhookDelivery?
    /// When it is tried next; nil if nothing waits.
    package let nextAt: Int64?
}

extension Ledger {
    private static let cursorName = "webhooks"
    /// A delivery that this many answers have refused lets the later ones pass.
    private static let triesInOrder = 4

    // MARK: The place in the log of changes

    /// The number of the last change whose deliveries are stored; nil before the first start with hooks.
    func webhookCursor() throws -> Int64? {
        try self.connection.first("SELECT id FROM floors WHERE name = $1", [.text(Self.cursorName)])?.integer("id")
    }

    func setWebhookCursor(_ number: Int64) throws {
        try self.connection.execute(
            "INSERT INTO floors (name, id) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET id = excluded.id",
            .text(Self.cursorName), .integer(number))
    }

    /// Gives up what waits for hooks that are not configured any more.
    func keepWebhooks(_ names: Set<String>) throws {
        let rows = try self.connection.query(
            "SELECT DISTINCT hook FROM webhook_deliveries WHERE state = 'waiting'", [])
        for hook in try rows.map({ try $0.text("hook") }) where !names.contains(hook) {
            try self.giveUpWebhookDeliveries(of: hook, because: "the hook is not configured any more")
        }
        guard names.isEmpty else { return }
        try self.connection.execute("DELETE FROM floors WHERE name = $1", .text(Self.cursorName))
    }

    // MARK: The queue

    /// Stores a delivery; false if the hook has one for this change.
    @discardableResult
    func insert(_ delivery: WebhookDelivery) throws -> Bool {
        try self.connection.rowsChanged(
            by: """
                INSERT INTO webhook_deliveries
                (id, hook, change, session, event, body, state, tries, created_at, next_at)
                VALUES ($1, $2, $3, $4, $5, $6, 'waiting', 0, $7, $8) ON CONFLICT (hook, change) DO NOTHING
                """, .text(delivery.id), .text(delivery.hook), .optional(delivery.change), .optional(delivery.session),
            .text(delivery.event), .text(delivery.body), .integer(delivery.createdAt), .integer(delivery.nextAt)) > 0
    }

    /// Gives up the oldest that wait beyond `limit`. Returns how many.
    func boundWebhookQueue(of hook: String, to limit: Int) throws -> Int {
        let surplus = try self.waitingWebhookDeliveries(of: hook) - Int64(limit)
        guard surplus > 0 else { return 0 }
        return try self.connection.rowsChanged(
            by: """
                UPDATE webhook_deliveries SET state = 'given_up', error = $3 WHERE number IN
                (SELECT number FROM webhook_deliveries WHERE hook = $1 AND state = 'waiting' ORDER BY number LIMIT $2)
                """, .text(hook), .integer(surplus), .text("more than \(limit) deliveries waited"))
    }

    /// Deletes the oldest that do not wait, at most `batch`, where a hook has more than `limit` deliveries.
    func boundWebhookHistory(of hook: String, to limit: Int, batch: Int) throws {
        try self.connection.execute(
            """
            DELETE FROM webhook_deliveries WHERE number IN
            (SELECT number FROM webhook_deliveries WHERE hook = $1 AND state <> 'waiting' AND number <=
            (SELECT number FROM webhook_deliveries WHERE hook = $1 ORDER BY number DESC LIMIT 1 OFFSET $2)
            ORDER BY number LIMIT $3)
            """, .text(hook), .integer(Int64(limit)), .integer(Int64(batch)))
    }

    private func waitingWebhookDeliveries(of hook: String) throws -> Int64 {
        try self.connection.first(
            "SELECT COUNT(*) AS n FROM webhook_deliveries WHERE hook = $1 AND state = 'waiting'", [.text(hook)]
        )?.integer("n") ?? 0
    }

    /// The oldest that waits. Where it cannot be reached, the later ones wait with it; an answer that is refused again and
    /// again lets them pass.
    func nextWebhookDelivery(of hook: String, at now: Int64) throws -> WebhookDelivery.Next {
        let waiting = "FROM webhook_deliveries WHERE hook = $1 AND state = 'waiting'"
        if let row = try self.connection.first(
            "SELECT * \(waiting) AND next_at < 0 ORDER BY number LIMIT 1", [.text(hook)])
        {
            return .now(try Self.webhookDelivery(row))
        }
        let first = try self.connection.first(
            """
            SELECT * \(waiting) AND (next_at <= $2 OR tries < $3 OR status IS NULL OR status IN (429, 502, 503, 504))
            ORDER BY number LIMIT 1
            """, [.text(hook), .integer(now), .integer(Int64(Self.triesInOrder))])
        if let first = try first.map(Self.webhookDelivery) {
            return first.nextAt <= now ? .now(first) : .later(first.nextAt)
        }
        return try self.connection.first("SELECT MIN(next_at) AS at \(waiting)", [.text(hook)])?
            .optionalInteger("at").map { .later($0) } ?? .nothing
    }

    /// Whether some must go at once.
    func urgentWebhooks() throws -> Set<String> {
        Set(
            try self.connection.query(
                "SELECT DISTINCT hook FROM webhook_deliveries WHERE state = 'waiting' AND next_at < 0", []
            ).map { try $0.text("hook") })
    }

    /// Stores what a try has changed.
    func update(_ delivery: WebhookDelivery) throws {
        try self.connection.execute(
            """
            UPDATE webhook_deliveries SET state = $2, tries = $3, status = $4, error = $5, tried_at = $6, next_at = $7
            WHERE id = $1
            """, .text(delivery.id), .text(delivery.state.rawValue), .integer(delivery.tries),
            .optional(delivery.status.map { Int64($0) }), .optional(delivery.error), .optional(delivery.triedAt),
            .integer(delivery.nextAt))
    }

    /// Queues a delivery to be sent at once, whatever became of it before. Nil if the hook has no such delivery.
    func resendWebhookDelivery(_ id: String, of hook: String) throws -> WebhookDelivery? {
        try self.connection.execute(
            "UPDATE webhook_deliveries SET state = 'waiting', next_at = $3 WHERE id = $1 AND hook = $2", .text(id),
            .text(hook), .integer(WebhookDelivery.atOnce))
        return try self.webhookDelivery(id).flatMap { $0.hook == hook ? $0 : nil }
    }

    /// Gives up those that wait and were stored before a time. Returns how many.
    @discardableResult
    func giveUpWebhookDeliveries(
        of hook: String, storedBefore time: Int64 = .max, because reason: String
    ) throws -> Int {
        try self.connection.rowsChanged(
            by: """
                UPDATE webhook_deliveries SET state = 'given_up', error = COALESCE(error || '; ', '') || $3
                WHERE hook = $1 AND state = 'waiting' AND created_at < $2
                """, .text(hook), .integer(time), .text(reason))
    }

    // MARK: For people

    func webhookDelivery(_ id: String) throws -> WebhookDelivery? {
        try self.connection.first("SELECT * FROM webhook_deliveries WHERE id = $1", [.text(id)])
            .map(Self.webhookDelivery)
    }

    /// Newest first.
    func webhookDeliveries(of hook: String, before number: Int64?, limit: Int) throws -> [WebhookDelivery] {
        try self.connection.query(
            "SELECT * FROM webhook_deliveries WHERE hook = $1 AND number < $2 ORDER BY number DESC LIMIT $3",
            .text(hook), .integer(number ?? .max), .integer(Int64(limit))
        ).map(Self.webhookDelivery)
    }

    package func webhookSummary(of hook: String) throws -> WebhookSummary {
        let row = try self.connection.first(
            """
            SELECT SUM(CASE WHEN state = 'given_up' THEN 1 ELSE 0 END) AS given_up,
            MIN(CASE WHEN state = 'waiting' THEN next_at END) AS next_at FROM webhook_deliveries WHERE hook = $1
            """, [.text(hook)])
        return WebhookSummary(
            waiting: try self.waitingWebhookDeliveries(of: hook), givenUp: try row?.optionalInteger("given_up") ?? 0,
            last: try self.lastWebhookTry(of: hook), nextAt: try row?.optionalInteger("next_at"))
    }

    /// The delivery that was tried last.
    func lastWebhookTry(of hook: String) throws -> WebhookDelivery? {
        try self.connection.first(
            """
            SELECT * FROM webhook_deliveries WHERE hook = $1 AND tried_at IS NOT NULL
            ORDER BY tried_at DESC, number DESC LIMIT 1
            """, [.text(hook)]
        ).map(Self.webhookDelivery)
    }

    private static func webhookDelivery(_ row: Row) throws -> WebhookDelivery {
        var delivery = WebhookDelivery(
            id: try row.text("id"), hook: try row.text("hook"), change: row["change"].text,
            session: row["session"].text, event: try row.text("event"), body: try row.text("body"),
            createdAt: try row.integer("created_at"), nextAt: try row.integer("next_at"))
        delivery.number = try row.integer("number")
        delivery.state = WebhookDelivery.State(rawValue: try row.text("state")) ?? .givenUp
        delivery.tries = try row.integer("tries")
        delivery.status = try row.optionalInteger("status").map { Int($0) }
        delivery.error = row["error"].text
        delivery.triedAt = try row.optionalInteger("tried_at")
        return delivery
    }
}
