internal import Database
package import Store

/// A proxy client's usage of one model.
package struct ProxyUsageRecord: Sendable, Equatable {
    /// A credential's id, or `local`.
    package let client: String
    package let model: String
    package var requests: Int64
    package var input: Int64
    package var output: Int64

    package init(client: String, model: String, requests: Int64, input: Int64, output: Int64) {
        self.client = client
        self.model = model
        self.requests = requests
        self.input = input
        self.output = output
    }

    /// Days in UTC since 1970, from milliseconds.
    package static func day(of time: Int64) -> Int64 { time / 86_400_000 }
}

extension Ledger {
    /// Adds to a client's usage.
    package func add(_ usage: ProxyUsageRecord) throws {
        try self.connection.execute(
            """
            INSERT INTO proxy_usage (client, model, requests, input_tokens, output_tokens) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (client, model) DO UPDATE SET requests = proxy_usage.requests + excluded.requests,
                input_tokens = proxy_usage.input_tokens + excluded.input_tokens,
                output_tokens = proxy_usage.output_tokens + excluded.output_tokens
            """,
            [
                .text(usage.client), .text(usage.model), .integer(usage.requests), .integer(usage.input),
                .integer(usage.output),
            ])
    }

    /// All clients' totals, by model.
    package func proxyUsage() throws -> [ProxyUsageRecord] {
        try self.connection.query("SELECT * FROM proxy_usage ORDER BY model, client", []).map { row in
            ProxyUsageRecord(
                client: try row.text("client"), model: try row.text("model"), requests: try row.integer("requests"),
                input: try row.integer("input_tokens"), output: try row.integer("output_tokens"))
        }
    }

    // MARK: Days

    /// Adds to a client's tokens of a day, as days since 1970.
    package func add(_ tokens: Int64, to client: String, on day: Int64, by process: String) throws {
        try self.connection.execute(
            """
            INSERT INTO proxy_days (day, client, process, tokens) VALUES (?, ?, ?, ?)
            ON CONFLICT (day, client, process) DO UPDATE SET tokens = proxy_days.tokens + excluded.tokens
            """, [.integer(day), .text(client), .text(process), .integer(tokens)])
    }

    /// A client's tokens of a day. With `process`, without those that it added.
    package func tokens(of client: String, on day: Int64, withoutThoseOf process: String? = nil) throws -> Int64 {
        try self.connection.query(
            "SELECT COALESCE(SUM(tokens), 0) AS tokens FROM proxy_days WHERE day = ? AND client = ? AND process <> ?",
            [.integer(day), .text(client), .text(process ?? "")]
        ).first?.integer("tokens") ?? 0
    }

    package func deleteProxyDays(before day: Int64) throws {
        try self.connection.execute("DELETE FROM proxy_days WHERE day < ?", [.integer(day)])
    }
}
