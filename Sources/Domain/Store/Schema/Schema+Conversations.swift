extension StoreSchema {
    static let conversations = SchemaPart(
        tables: """
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
                -- 1: a person has chosen the title, and it is not replaced by an automatic one.
                named INTEGER NOT NULL DEFAULT 0,
                -- Chosen by `persona`; NULL for the default.
                persona TEXT,
                -- The folder's name below specs/ that the thread works on.
                feature TEXT,
                -- Bytes: `texts` by triggers, the others as measured last.
                texts INTEGER NOT NULL DEFAULT 0,
                files INTEGER NOT NULL DEFAULT 0,
                workspace INTEGER NOT NULL DEFAULT 0,
                UNIQUE (adapter, thread)
            );
            CREATE INDEX sessions_by_activity ON sessions (active_at, id);
            CREATE INDEX sessions_deleted ON sessions (id) WHERE state = 'deleted';

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
                -- The platform's own name of the message, by which a person's later word about it finds it.
                room TEXT,
                message TEXT,
                UNIQUE (adapter, event)
            );
            CREATE INDEX inbox_new ON inbox (number) WHERE state = 'new';
            CREATE INDEX inbox_by_message ON inbox (adapter, room, message) WHERE message IS NOT NULL;
            CREATE INDEX inbox_changes ON inbox (number) WHERE state = 'change';

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
                output_tokens INTEGER NOT NULL,
                attachments TEXT,
                -- 1: the question failed for its content and is left out of later prompts.
                left_out INTEGER,
                -- The ask whose answer has begun the turn.
                ask TEXT
            );
            CREATE INDEX turns_open ON turns (session, number) WHERE state IN ('queued', 'running');
            CREATE INDEX turns_by_session ON turns (session, number);
            -- Expired turns are found without reading the whole table. Inbox and outbox need no index for that:
            -- their ids ascend with time, so reading stops at the first row that is young enough.
            CREATE INDEX turns_by_end ON turns (ended_at) WHERE ended_at IS NOT NULL;

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
            CREATE INDEX commits_by_sha ON commits (sha);

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
                sent_at INTEGER,
                buttons TEXT,
                -- The entry of the transcript that a file is made of.
                message INTEGER,
                -- 1: the message's buttons no longer apply.
                withdrawn INTEGER,
                -- The path of a file that a command sends.
                file TEXT
            );
            CREATE INDEX outbox_open ON outbox (adapter, room, id) WHERE state IN ('pending', 'sending', 'unknown');
            CREATE INDEX outbox_by_turn ON outbox (turn, id);
            CREATE INDEX outbox_by_reference ON outbox (adapter, room, reference) WHERE reference <> '';
            CREATE INDEX outbox_with_buttons ON outbox (session, id) WHERE buttons IS NOT NULL;

            -- Places that go by another id: what was on its way to the old one goes to the new one.
            CREATE TABLE renamed_rooms (
                adapter TEXT NOT NULL,
                room TEXT NOT NULL,
                new_room TEXT NOT NULL,
                PRIMARY KEY (adapter, room)
            ) WITHOUT ROWID;

            -- Lines that threads got outside of turns and must not get twice.
            CREATE TABLE thread_news (
                session TEXT NOT NULL,
                key TEXT NOT NULL,
                created_at INTEGER NOT NULL,
                PRIMARY KEY (session, key)
            ) WITHOUT ROWID;

            -- Who has uploaded files to a session for their next message: without a row, nobody has to look for files.
            -- `at` is when the last one came.
            CREATE TABLE waiting_uploads (
                session TEXT NOT NULL,
                person TEXT NOT NULL,
                at INTEGER NOT NULL,
                PRIMARY KEY (session, person)
            ) WITHOUT ROWID;

            -- What adapters persist, where several hosts share the store; sealed with a key of theirs.
            CREATE TABLE adapter_memory (
                adapter TEXT PRIMARY KEY,
                value BLOB NOT NULL,
                updated_at INTEGER NOT NULL
            ) WITHOUT ROWID;

            -- Ids up to `id` are not given out again, though no row has them any more.
            CREATE TABLE floors (name TEXT PRIMARY KEY, id INTEGER NOT NULL) WITHOUT ROWID;
            INSERT INTO floors (name, id) VALUES ('messages', 0), ('asks', 0), ('usage_hours', 0), ('usage_seen', 0);
            """,
        ofSessions: ["waiting_uploads"])
}
