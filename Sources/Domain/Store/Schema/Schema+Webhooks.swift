extension StoreSchema {
    static let webhooks = SchemaPart(
        tables: """
            -- What goes to the addresses of `hooks`, stored before it is sent. `change` names a row of `changes`, and is NULL
            -- for a test; `session` is the conversation that `body` is about. `next_at` is -1 for what goes before all others.
            CREATE TABLE webhook_deliveries (
                number INTEGER PRIMARY KEY,
                id TEXT NOT NULL UNIQUE,
                hook TEXT NOT NULL,
                change TEXT,
                session TEXT,
                event TEXT NOT NULL,
                body TEXT NOT NULL,
                state TEXT NOT NULL,
                tries INTEGER NOT NULL,
                status INTEGER,
                error TEXT,
                created_at INTEGER NOT NULL,
                tried_at INTEGER,
                next_at INTEGER NOT NULL,
                UNIQUE (hook, change)
            );
            CREATE INDEX webhook_deliveries_by_hook ON webhook_deliveries (hook, number);
            CREATE INDEX webhook_deliveries_tried ON webhook_deliveries (hook, tried_at);
            CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (hook, number) WHERE state = 'waiting';
            CREATE INDEX webhook_deliveries_by_session ON webhook_deliveries (session);
            """,
        ofSessions: ["webhook_deliveries"])
}
