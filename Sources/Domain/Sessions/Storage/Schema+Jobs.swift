internal import Database

extension Schema {
    static let jobs = Migration(
        number: 9, name: "jobs",
        sql: """
            -- Commands in jails; `snapshot` is the state of the files before, and 1 in `changed` says that the command
            -- changed some. `undone` is 1 once that state was restored.
            CREATE TABLE jobs (
                session TEXT NOT NULL,
                number INTEGER NOT NULL,
                turn TEXT NOT NULL,
                actor TEXT NOT NULL,
                command TEXT NOT NULL,
                background INTEGER NOT NULL,
                state TEXT NOT NULL,
                ending TEXT,
                snapshot TEXT,
                changed INTEGER NOT NULL,
                undone INTEGER NOT NULL,
                started_at INTEGER NOT NULL,
                ended_at INTEGER,
                PRIMARY KEY (session, number)
            ) WITHOUT ROWID;
            CREATE INDEX jobs_by_turn ON jobs (turn);
            CREATE INDEX jobs_running ON jobs (started_at) WHERE state = 'running';

            -- The path of a file that a command sends.
            ALTER TABLE outbox ADD COLUMN file TEXT;
            """)
}
