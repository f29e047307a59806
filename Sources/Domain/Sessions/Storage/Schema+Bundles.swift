internal import Database

extension Schema {
    static let workspaceBundles = Migration(
        number: 20, name: "workspace bundles",
        sql: """
            -- What the object store has of workspaces. A row with the number 0 begins an epoch and has no object.
            CREATE TABLE workspace_bundles (
                session TEXT NOT NULL,
                epoch INTEGER NOT NULL,
                number INTEGER NOT NULL,
                key TEXT NOT NULL,
                size INTEGER NOT NULL,
                digest TEXT NOT NULL,
                whole INTEGER NOT NULL,
                repository TEXT,
                snapshot INTEGER NOT NULL,
                commit_id TEXT NOT NULL,
                created_at INTEGER NOT NULL,
                PRIMARY KEY (session, epoch, number)
            ) WITHOUT ROWID;
            """)
}
