internal import Database

extension Schema {
    static let usage = Migration(
        number: 28, name: "usage",
        sql: """
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
                latency TEXT NOT NULL
            );
            CREATE INDEX usage_records_by_time ON usage_records (at);
            CREATE INDEX usage_records_by_session ON usage_records (session);

            -- Sums of `usage_records` by hour since 1970 and model: of all (`dimension` and `key` are empty), of each person,
            -- repository and network.
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
                PRIMARY KEY (dimension, key, hour, model)
            ) WITHOUT ROWID;
            -- Rows up to `usage_hours` are in the sums; those up to `usage_seen` are next, which no transaction adds to.
            INSERT INTO floors (name, id) VALUES ('usage_hours', 0), ('usage_seen', 0);

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
            """)

    /// For a year in one query: sums of whole days of UTC, with `day ` before the dimension and the day's first hour.
    static let usageDays = Migration(
        number: 32, name: "usage of days", sql: Self.days("GROUP_CONCAT"), postgreSQL: Self.days("STRING_AGG"))

    private static func days(_ joined: String) -> String {
        let sums = [
            "turns", "failed", "stopped", "calls", "input", "cached", "written", "output", "duration", "tool_calls",
            "commands", "commits", "thumbs_up", "thumbs_down", "tasks_done",
        ]
        return """
            INSERT INTO usage_hours (dimension, key, hour, model, \(sums.joined(separator: ", ")), latency, lasting)
            SELECT 'day ' || dimension, key, hour / 24 * 24, model, \(sums.map { "SUM(\($0))" }.joined(separator: ", ")),
            \(joined)(latency, ''), \(joined)(lasting, '')
            FROM usage_hours GROUP BY 1, key, hour / 24, model;
            """
    }
}
