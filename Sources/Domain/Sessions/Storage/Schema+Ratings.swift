internal import Database

extension Schema {
    static let ratings = Migration(
        number: 31, name: "ratings",
        sql: """
            -- What people think of answers: `value` is up or down. The sums are in `usage_records`.
            CREATE TABLE ratings (
                turn TEXT NOT NULL,
                person TEXT NOT NULL,
                session TEXT NOT NULL,
                value TEXT NOT NULL,
                word TEXT,
                at INTEGER NOT NULL,
                PRIMARY KEY (turn, person)
            ) WITHOUT ROWID;
            CREATE INDEX ratings_by_session ON ratings (session);

            -- `lasting` is a turn's whole time, by the scale of `latency`. A rating that is taken back counts -1.
            ALTER TABLE usage_records ADD COLUMN persona TEXT NOT NULL DEFAULT '';
            ALTER TABLE usage_records ADD COLUMN thumbs_up INTEGER NOT NULL DEFAULT 0;
            ALTER TABLE usage_records ADD COLUMN thumbs_down INTEGER NOT NULL DEFAULT 0;
            ALTER TABLE usage_records ADD COLUMN tasks_done INTEGER NOT NULL DEFAULT 0;
            ALTER TABLE usage_records ADD COLUMN lasting TEXT NOT NULL DEFAULT '';
            ALTER TABLE usage_hours ADD COLUMN thumbs_up INTEGER NOT NULL DEFAULT 0;
            ALTER TABLE usage_hours ADD COLUMN thumbs_down INTEGER NOT NULL DEFAULT 0;
            ALTER TABLE usage_hours ADD COLUMN tasks_done INTEGER NOT NULL DEFAULT 0;
            ALTER TABLE usage_hours ADD COLUMN lasting TEXT NOT NULL DEFAULT '';
            -- Also by persona from now on; what was before has none.
            INSERT INTO usage_hours (dimension, key, hour, model, turns, failed, stopped, calls, input, cached, written,
            output, duration, tool_calls, commands, commits, latency)
            SELECT 'persona', '', hour, model, turns, failed, stopped, calls, input, cached, written,
            output, duration, tool_calls, commands, commits, latency FROM usage_hours WHERE dimension = '';
            """)
}
