internal import Database

extension Schema {
    static let steps = Migration(
        number: 12, name: "steps",
        sql: """
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

            -- 'command', or 'change': files that a turn's tools changed without a command.
            ALTER TABLE jobs ADD COLUMN kind TEXT NOT NULL DEFAULT 'command';
            """)
}
