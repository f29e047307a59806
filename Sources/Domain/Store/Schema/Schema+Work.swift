extension StoreSchema {
    static let work = SchemaPart(
        tables: """
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
                -- 'command', or 'change': files that a turn's tools changed without a command.
                kind TEXT NOT NULL DEFAULT 'command',
                PRIMARY KEY (session, number)
            ) WITHOUT ROWID;
            CREATE INDEX jobs_by_turn ON jobs (turn);
            CREATE INDEX jobs_running ON jobs (started_at) WHERE state = 'running';

            -- What a turn of the agent did, in order: its state follows from these rows alone. `elapsed` is the turn's own
            -- time in milliseconds, `event` JSON, and 1 in `checkpoint` says that later steps need no row before it.
            CREATE TABLE steps (
                turn TEXT NOT NULL,
                number INTEGER NOT NULL,
                elapsed INTEGER NOT NULL,
                event TEXT NOT NULL,
                checkpoint INTEGER NOT NULL,
                PRIMARY KEY (turn, number)
            ) WITHOUT ROWID;
            CREATE INDEX steps_checkpoints ON steps (turn, number) WHERE checkpoint = 1;

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
            """,
        ofSessions: ["jobs", "workspace_bundles"])
}
