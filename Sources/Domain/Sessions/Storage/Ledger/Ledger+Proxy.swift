internal import Database

extension Ledger {
    /// Adds to a client's usage.
    package func add(_ usage: ProxyUsageRecord) throws {
        try self.connection.execute(
            """
            INSERT INTO proxy_usage (client, model, requests, input_tokens, output_tokens) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (client, model) DO UPDATE SET requests = requests + excluded.requests,
                input_tokens = input_tokens + excluded.input_tokens,
                output_tokens = output_tokens + excluded.output_tokens
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
}
