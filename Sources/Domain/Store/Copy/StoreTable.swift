internal import Database

/// A table as a copy reads and writes it.
struct StoreTable: Sendable {
    let name: String
    /// The columns of its primary key, by which it is read in parts.
    let key: [String]

    private init(_ name: String, _ key: String...) {
        self.name = name
        self.key = key
    }

    /// All tables of the schema, each after those that it refers to; but not what is only about this server (`hosts`,
    /// `places`), made from the others (`message_words`), or of the last minutes (`changes`).
    static let all: [StoreTable] = [
        StoreTable("sessions", "id"), StoreTable("inbox", "number"), StoreTable("turns", "number"),
        StoreTable("messages", "id"), StoreTable("frames", "turn", "sequence"), StoreTable("commits", "turn", "sha"),
        StoreTable("outbox", "id"), StoreTable("grants", "identity"), StoreTable("codes", "hash"),
        StoreTable("credentials", "id"), StoreTable("proxy_usage", "client", "model"),
        StoreTable("proxy_days", "day", "client", "process"), StoreTable("renamed_rooms", "adapter", "room"),
        StoreTable("asks", "number"), StoreTable("standing_approvals", "session", "digest", "giver"),
        StoreTable("ask_notices", "ask", "person"), StoreTable("jobs", "session", "number"),
        StoreTable("steps", "turn", "number"), StoreTable("thread_news", "session", "key"),
        StoreTable("github_deliveries", "number"), StoreTable("github_watches", "session", "repository", "branch"),
        StoreTable("github_news", "number"), StoreTable("github_pushes", "sha"),
        StoreTable("github_sign_ins", "person"),
        StoreTable("preferences", "person"), StoreTable("pins", "person", "session"),
        StoreTable("access_changes", "identity"), StoreTable("people", "identity"),
        StoreTable("task_lists", "repository"), StoreTable("tasks", "repository", "id"),
        StoreTable("task_handles", "identity"),
        StoreTable("owner_notices", "ask", "person"), StoreTable("upload_days", "person", "day"),
        StoreTable("workspace_bundles", "session", "epoch", "number"), StoreTable("adapter_memory", "adapter"),
        StoreTable("audit", "number"), StoreTable("matrix_device", "account", "id"),
        StoreTable("matrix_secrets", "account", "name"), StoreTable("matrix_facts", "account", "name"),
        StoreTable("matrix_olm_sessions", "account", "peer", "id"),
        StoreTable("matrix_room_keys", "account", "room", "session"), StoreTable("matrix_outbound", "account", "room"),
        StoreTable("matrix_shares", "account", "session", "user", "device"),
        StoreTable("matrix_sealed", "account", "txn"), StoreTable("matrix_parcels", "account", "txn"),
        StoreTable("matrix_handled", "account", "digest"),
        StoreTable("matrix_indices", "account", "session", "message_index"),
        StoreTable("matrix_late", "account", "event"), StoreTable("matrix_told", "account", "name"),
        StoreTable("matrix_users", "account", "user"), StoreTable("matrix_devices", "account", "user", "device"),
        StoreTable("matrix_rooms", "account", "room"), StoreTable("matrix_members", "account", "room", "user"),
        StoreTable("accounts", "provider", "issuer", "subject"), StoreTable("pending_sign_ins", "state"),
        StoreTable("webhook_deliveries", "number"),
        StoreTable("usage_records", "id"), StoreTable("usage_hours", "dimension", "key", "hour", "model"),
        StoreTable("budget_notes", "scope", "period"), StoreTable("budget_lifts", "scope"),
        StoreTable("report_posts", "report", "target"),
        StoreTable("documents", "repository", "branch", "path"), StoreTable("document_updates", "epoch", "number"),
        StoreTable("ratings", "turn", "person"),
        StoreTable("document_comments", "number"), StoreTable("waiting_uploads", "session", "person"),
        StoreTable("under_way", "work", "key"), StoreTable("turn_lines", "turn", "position"),
        StoreTable("strangers", "identity"),
    ]

    /// Tables with rows from the start, or that triggers fill: their rows replace those of the target at the end.
    static let last: [StoreTable] = [
        StoreTable("person_storage", "person"), StoreTable("floors", "name"), StoreTable("audit_head", "id"),
    ]

    /// Ids that PostgreSQL gives out by itself.
    static let numbered = [
        "inbox", "turns", "messages", "outbox", "asks", "github_deliveries", "github_news", "webhook_deliveries",
        "usage_records",
        "document_comments",
    ]

    /// A part of the rows, in the order of the key, after the row with the key `last`.
    func rows(after last: [SQLValue]?, limit: Int, in connection: any Connection) throws -> [Row] {
        let key = Self.list(self.key)
        let places = (1...self.key.count).map { "$\($0)" }.joined(separator: ", ")
        let condition = last == nil ? "" : "WHERE (\(key)) > (\(places))"
        return try connection.query(
            "SELECT * FROM \(self.name) \(condition) ORDER BY \(key) LIMIT \(limit)", last ?? [])
    }

    func key(of row: Row) -> [SQLValue] { self.key.map { row[$0] } }

    /// Columns as statements name them: `user` alone is a word of PostgreSQL.
    static func list(_ columns: [String]) -> String { columns.map { "\"\($0)\"" }.joined(separator: ", ") }
}
