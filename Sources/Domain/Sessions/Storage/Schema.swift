package import Database

/// The bridge's tables, as numbered, forward-only migrations. Documents are in Git, and secrets are never stored here.
package enum Schema {
    package static let migrations: [Migration] = [
        Migration(
            number: 1, name: "bridge",
            sql: """
                -- A conversation as a person sees it; `epoch` is the place in its history that `new` left behind.
                CREATE TABLE sessions (
                    id TEXT PRIMARY KEY,
                    adapter TEXT NOT NULL,
                    thread TEXT NOT NULL,
                    title TEXT NOT NULL,
                    owner TEXT NOT NULL,
                    route TEXT NOT NULL,
                    model TEXT,
                    repository TEXT,
                    state TEXT NOT NULL,
                    epoch INTEGER NOT NULL,
                    summary TEXT,
                    summary_through INTEGER,
                    created_at INTEGER NOT NULL,
                    active_at INTEGER NOT NULL,
                    UNIQUE (adapter, thread)
                );
                CREATE INDEX sessions_by_activity ON sessions (active_at, id);

                -- What came in and is not to be taken in twice: the key is the platform's own event id.
                CREATE TABLE inbox (
                    number INTEGER PRIMARY KEY,
                    adapter TEXT NOT NULL,
                    event TEXT NOT NULL,
                    body TEXT NOT NULL,
                    role TEXT,
                    state TEXT NOT NULL,
                    turn TEXT,
                    received_at INTEGER NOT NULL,
                    UNIQUE (adapter, event)
                );
                CREATE INDEX inbox_new ON inbox (number) WHERE state = 'new';
                CREATE INDEX inbox_by_age ON inbox (received_at);

                CREATE TABLE turns (
                    number INTEGER PRIMARY KEY,
                    id TEXT NOT NULL UNIQUE,
                    session TEXT NOT NULL REFERENCES sessions (id),
                    kind TEXT NOT NULL,
                    work TEXT NOT NULL,
                    text TEXT NOT NULL,
                    sender TEXT NOT NULL,
                    route TEXT NOT NULL,
                    message INTEGER,
                    state TEXT NOT NULL,
                    attempts INTEGER NOT NULL,
                    queued_at INTEGER NOT NULL,
                    started_at INTEGER,
                    ended_at INTEGER,
                    error TEXT,
                    model TEXT,
                    input_tokens INTEGER NOT NULL,
                    output_tokens INTEGER NOT NULL
                );
                CREATE INDEX turns_open ON turns (session, number) WHERE state IN ('queued', 'running');
                CREATE INDEX turns_by_session ON turns (session, number);

                CREATE TABLE messages (
                    id INTEGER PRIMARY KEY,
                    session TEXT NOT NULL REFERENCES sessions (id),
                    turn TEXT,
                    role TEXT NOT NULL,
                    author TEXT,
                    text TEXT NOT NULL,
                    created_at INTEGER NOT NULL
                );
                CREATE INDEX messages_by_session ON messages (session, id);
                CREATE INDEX messages_by_turn ON messages (turn, id);

                -- The live protocol's history, and what is left of an answer after a crash.
                CREATE TABLE frames (
                    turn TEXT NOT NULL,
                    sequence INTEGER NOT NULL,
                    type TEXT NOT NULL,
                    content TEXT NOT NULL,
                    timestamp INTEGER NOT NULL,
                    PRIMARY KEY (turn, sequence)
                ) WITHOUT ROWID;

                CREATE TABLE commits (
                    turn TEXT NOT NULL,
                    repository TEXT NOT NULL,
                    sha TEXT NOT NULL,
                    branch TEXT NOT NULL,
                    subject TEXT NOT NULL,
                    files INTEGER NOT NULL,
                    additions INTEGER NOT NULL,
                    deletions INTEGER NOT NULL,
                    created_at INTEGER NOT NULL,
                    PRIMARY KEY (turn, sha)
                ) WITHOUT ROWID;

                CREATE TABLE outbox (
                    id INTEGER PRIMARY KEY,
                    session TEXT NOT NULL,
                    turn TEXT,
                    kind TEXT NOT NULL,
                    adapter TEXT NOT NULL,
                    room TEXT NOT NULL,
                    route TEXT NOT NULL,
                    text TEXT NOT NULL,
                    token TEXT NOT NULL,
                    reference TEXT,
                    state TEXT NOT NULL,
                    error TEXT,
                    created_at INTEGER NOT NULL,
                    sent_at INTEGER
                );
                CREATE INDEX outbox_open ON outbox (adapter, room, id) WHERE state IN ('pending', 'sending', 'unknown');
                CREATE INDEX outbox_by_turn ON outbox (turn, id);

                CREATE TABLE grants (
                    identity TEXT PRIMARY KEY,
                    role TEXT NOT NULL,
                    lasting INTEGER NOT NULL,
                    granted_at INTEGER NOT NULL
                );
                CREATE TABLE codes (
                    hash TEXT PRIMARY KEY,
                    role TEXT NOT NULL,
                    expires_at INTEGER NOT NULL
                );
                CREATE TABLE credentials (
                    id TEXT PRIMARY KEY,
                    hash TEXT NOT NULL UNIQUE,
                    kind TEXT NOT NULL,
                    name TEXT NOT NULL,
                    identity TEXT NOT NULL,
                    role TEXT NOT NULL,
                    scopes TEXT NOT NULL,
                    created_at INTEGER NOT NULL,
                    used_at INTEGER,
                    expires_at INTEGER
                );
                """),
        Migration(
            number: 2, name: "proxy usage",
            sql: """
                -- What answers through the proxy have cost; `client` is a credential's id, or `local`.
                CREATE TABLE proxy_usage (
                    client TEXT NOT NULL,
                    model TEXT NOT NULL,
                    requests INTEGER NOT NULL,
                    input_tokens INTEGER NOT NULL,
                    output_tokens INTEGER NOT NULL,
                    PRIMARY KEY (client, model)
                );
                """),
        Migration(
            number: 3, name: "files, edits and choices",
            sql: """
                -- The platform's own name of a message that came in, and what a person's later word about it finds.
                ALTER TABLE inbox ADD COLUMN room TEXT;
                ALTER TABLE inbox ADD COLUMN message TEXT;
                CREATE INDEX inbox_by_message ON inbox (adapter, room, message) WHERE message IS NOT NULL;
                CREATE INDEX inbox_changes ON inbox (number) WHERE state = 'change';

                ALTER TABLE turns ADD COLUMN attachments TEXT;

                -- `message` is the entry of the transcript that a file is made of.
                ALTER TABLE outbox ADD COLUMN buttons TEXT;
                ALTER TABLE outbox ADD COLUMN message INTEGER;
                CREATE INDEX outbox_by_reference ON outbox (adapter, room, reference) WHERE reference <> '';

                -- Places that go by another id: what was on its way to the old one goes to the new one.
                CREATE TABLE renamed_rooms (
                    adapter TEXT NOT NULL,
                    room TEXT NOT NULL,
                    new_room TEXT NOT NULL,
                    PRIMARY KEY (adapter, room)
                ) WITHOUT ROWID;
                """),
        Migration(
            number: 4, name: "retention",
            sql: """
                -- Expired turns are found without reading the whole table. Inbox and outbox need no index for that:
                -- their ids ascend with time, so reading stops at the first row that is young enough.
                CREATE INDEX turns_by_end ON turns (ended_at) WHERE ended_at IS NOT NULL;
                DROP INDEX inbox_by_age;
                CREATE INDEX sessions_deleted ON sessions (id) WHERE state = 'deleted';

                -- Ids up to `id` are not given out again, though no row has them any more.
                CREATE TABLE floors (name TEXT PRIMARY KEY, id INTEGER NOT NULL) WITHOUT ROWID;
                INSERT INTO floors (name, id) VALUES ('messages', 0);
                """),
        Self.search,
        Migration(
            number: 6, name: "refused questions and withdrawn buttons",
            sql: """
                -- 1: the question failed for its content and is left out of later prompts.
                ALTER TABLE turns ADD COLUMN left_out INTEGER;
                -- 1: the message's buttons no longer apply.
                ALTER TABLE outbox ADD COLUMN withdrawn INTEGER;
                CREATE INDEX outbox_with_buttons ON outbox (session, id) WHERE buttons IS NOT NULL;
                """),
        Self.audit,
        Self.asks,
        Self.jobs,
        Self.questions,
        Self.personas,
        Self.steps,
        Self.features,
        Self.gitHub,
        Self.clientKeys,
        Self.laterSearch,
    ]
}
