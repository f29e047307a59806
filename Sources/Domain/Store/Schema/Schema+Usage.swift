extension StoreSchema {
    static let usage = SchemaPart(
        tables: """
            -- What was used, never what was said: one row for each request to a model, each ended turn, and each call of a
            -- tool, which outlive their threads. `kind` says which; numbers that a row has nothing of are 0, so that sums
            -- need no conditions. `at` is when it ended, `model` the one that was asked; times are milliseconds. `latency`
            -- is a turn's time to its first text, one letter of a scale.
            CREATE TABLE usage_records (
                id INTEGER PRIMARY KEY,
                at INTEGER NOT NULL,
                kind TEXT NOT NULL,
                operation TEXT NOT NULL,
                session TEXT NOT NULL,
                person TEXT NOT NULL,
                network TEXT NOT NULL,
                repository TEXT NOT NULL,
                provider TEXT NOT NULL,
                model TEXT NOT NULL,
                answered TEXT,
                tool TEXT NOT NULL,
                began INTEGER NOT NULL,
                first_token INTEGER,
                state TEXT NOT NULL,
                error TEXT,
                retries INTEGER NOT NULL,
                tools INTEGER NOT NULL,
                turns INTEGER NOT NULL,
                failed INTEGER NOT NULL,
                stopped INTEGER NOT NULL,
                calls INTEGER NOT NULL,
                input INTEGER NOT NULL,
                cached INTEGER NOT NULL,
                written INTEGER NOT NULL,
                output INTEGER NOT NULL,
                reasoning INTEGER NOT NULL,
                duration INTEGER NOT NULL,
                tool_calls INTEGER NOT NULL,
                tool_failures INTEGER NOT NULL,
                tool_duration INTEGER NOT NULL,
                commands INTEGER NOT NULL,
                commits INTEGER NOT NULL,
                latency TEXT NOT NULL,
                persona TEXT NOT NULL DEFAULT '',
                -- A rating that is taken back counts -1.
                thumbs_up INTEGER NOT NULL DEFAULT 0,
                thumbs_down INTEGER NOT NULL DEFAULT 0,
                tasks_done INTEGER NOT NULL DEFAULT 0,
                -- A turn's whole time, by the scale of `latency`.
                lasting TEXT NOT NULL DEFAULT ''
            );
            CREATE INDEX usage_records_by_time ON usage_records (at);
            CREATE INDEX usage_records_by_session ON usage_records (session);

            -- Sums of `usage_records` by hour since 1970 and model: of all (`dimension` and `key` are empty), of each person,
            -- repository, network and persona. Those of whole days of UTC, for a year in one query, have `day ` before the
            -- dimension, and the day's first hour.
            CREATE TABLE usage_hours (
                dimension TEXT NOT NULL,
                key TEXT NOT NULL,
                hour INTEGER NOT NULL,
                model TEXT NOT NULL,
                turns INTEGER NOT NULL,
                failed INTEGER NOT NULL,
                stopped INTEGER NOT NULL,
                calls INTEGER NOT NULL,
                input INTEGER NOT NULL,
                cached INTEGER NOT NULL,
                written INTEGER NOT NULL,
                output INTEGER NOT NULL,
                duration INTEGER NOT NULL,
                tool_calls INTEGER NOT NULL,
                commands INTEGER NOT NULL,
                commits INTEGER NOT NULL,
                latency TEXT NOT NULL,
                thumbs_up INTEGER NOT NULL DEFAULT 0,
                thumbs_down INTEGER NOT NULL DEFAULT 0,
                tasks_done INTEGER NOT NULL DEFAULT 0,
                lasting TEXT NOT NULL DEFAULT '',
                PRIMARY KEY (dimension, key, hour, model)
            ) WITHOUT ROWID;

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

            -- What was said about budgets, so that it is said once: at 80 %, and until when an owner has lifted one.
            CREATE TABLE budget_notes (
                scope TEXT NOT NULL,
                period TEXT NOT NULL,
                since INTEGER NOT NULL,
                PRIMARY KEY (scope, period)
            ) WITHOUT ROWID;

            CREATE TABLE budget_lifts (
                scope TEXT PRIMARY KEY,
                until INTEGER NOT NULL,
                giver TEXT NOT NULL
            ) WITHOUT ROWID;

            -- The last period that a report was posted about, by where.
            CREATE TABLE report_posts (
                report TEXT NOT NULL,
                target TEXT NOT NULL,
                since INTEGER NOT NULL,
                PRIMARY KEY (report, target)
            ) WITHOUT ROWID;
            """,
        ofSessions: ["ratings"])
}
