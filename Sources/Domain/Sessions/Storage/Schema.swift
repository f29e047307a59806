internal import Audit
package import Database

/// The bridge's tables, as numbered, forward-only migrations. Documents are in Git, and secrets are never stored here.
package enum Schema {
    package static let migrations: [Migration] = [
        Self.bridge, Self.proxyUsage, Self.filesAndChoices, Self.retention, Self.search, Self.withdrawals, Self.audit,
        Self.asks, Self.jobs, Self.questions, Self.personas, Self.steps, Self.features, Self.gitHub, Self.clientKeys,
        Self.laterSearch, Self.preferences, Self.people, Self.quota, Self.workspaceBundles, Self.adapterMemory,
        Self.hosts, Self.changes, Self.matrixKeys, Self.accounts, Self.webhooks, Self.tasks, Self.usage,
        Self.documents,
        Self.taskHandles,
        Self.ratings,
        Self.usageDays,
        Self.comments,
        Self.waitingUploads,
        Self.underWay,
        Self.waitingMessages,
        Self.shorterWords,
        Self.lookups,
        Self.answers,
    ]

    private static let bridge = Migration(
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
            """)

    private static let proxyUsage = Migration(
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
            """)

    private static let filesAndChoices = Migration(
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
            """)

    private static let retention = Migration(
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
            """)

    /// Renamed threads, and a full-text index of what people asked and what was answered.
    ///
    /// FTS5 instead of `LIKE`: with 200,000 messages (120 MB), a rare word takes 2 to 5 ms instead of the 190 ms of a
    /// scan. Tokens are words, found by their beginnings and without accents. FTS5's trigrams would find any part of a
    /// word, but a turn then takes 3.9 ms and the file grows from 170 to 450 MB. Titles are few enough for `LIKE`.
    ///
    /// The index has no copy of the texts (`content`): `Ledger+Search` keeps it in step with `messages`. Triggers cannot,
    /// because a schema that is not trusted may not use FTS5.
    private static let search = Migration(
        number: 5, name: "renamed threads and search",
        sql: """
            -- A person has chosen the title: it is not replaced by an automatic one.
            ALTER TABLE sessions ADD COLUMN named INTEGER NOT NULL DEFAULT 0;

            CREATE VIRTUAL TABLE message_words USING fts5 (
                text, content = 'messages', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
            );
            INSERT INTO message_words (rowid, text)
            SELECT id, text FROM messages WHERE role IN ('user', 'assistant', 'commit');
            """,
        postgreSQL: Self.searchInPostgreSQL)

    private static let withdrawals = Migration(
        number: 6, name: "refused questions and withdrawn buttons",
        sql: """
            -- 1: the question failed for its content and is left out of later prompts.
            ALTER TABLE turns ADD COLUMN left_out INTEGER;
            -- 1: the message's buttons no longer apply.
            ALTER TABLE outbox ADD COLUMN withdrawn INTEGER;
            CREATE INDEX outbox_with_buttons ON outbox (session, id) WHERE buttons IS NOT NULL;
            """)

    private static let audit = Migration(
        number: 7, name: "audit", sql: AuditSchema.sql, postgreSQL: AuditSchema.postgreSQL)

    /// Questions to people, and what they decided for later.
    private static let asks = Migration(
        number: 8, name: "asks",
        sql: """
            -- `lead`, `options` and `tail` are the message; `bound` is what an answer permits, and `digest` proves it.
            CREATE TABLE asks (
                number INTEGER PRIMARY KEY,
                id TEXT NOT NULL UNIQUE,
                session TEXT NOT NULL,
                turn TEXT NOT NULL,
                kind TEXT NOT NULL,
                lead TEXT NOT NULL,
                tail TEXT NOT NULL,
                options TEXT NOT NULL,
                rule TEXT NOT NULL,
                requester TEXT NOT NULL,
                bound TEXT,
                digest TEXT NOT NULL,
                adapter TEXT NOT NULL,
                room TEXT NOT NULL,
                route TEXT NOT NULL,
                message INTEGER NOT NULL,
                created_at INTEGER NOT NULL,
                expires_at INTEGER NOT NULL,
                state TEXT NOT NULL,
                answer TEXT,
                reason TEXT,
                decider TEXT,
                decided_at INTEGER,
                taken_at INTEGER,
                -- 1: the message in the thread shows the outcome.
                shown INTEGER
            );
            CREATE INDEX asks_open ON asks (adapter, room, number) WHERE state = 'open';
            CREATE INDEX asks_by_turn ON asks (turn, number);
            CREATE INDEX asks_unshown ON asks (number) WHERE shown IS NULL AND state <> 'open';

            -- "Always in this thread": `giver` has approved everything with this digest.
            CREATE TABLE standing_approvals (
                session TEXT NOT NULL,
                digest TEXT NOT NULL,
                giver TEXT NOT NULL,
                sender TEXT NOT NULL,
                ask TEXT NOT NULL,
                created_at INTEGER NOT NULL,
                PRIMARY KEY (session, digest, giver)
            ) WITHOUT ROWID;

            -- Who was told that an answer by a button or a reaction does not count: it is said once.
            CREATE TABLE ask_notices (ask TEXT NOT NULL, person TEXT NOT NULL, PRIMARY KEY (ask, person)) WITHOUT ROWID;

            -- Ids are not given out again, though no row has them any more.
            INSERT INTO floors (name, id) VALUES ('asks', 0);
            """)

    private static let jobs = Migration(
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

    private static let questions = Migration(
        number: 10, name: "questions",
        sql: """
            -- `question` is what is asked, of asks that permit nothing. `worker` and `payload` are what the answer
            -- begins; without a worker, a turn waits for it. `bound` may be an array: several approvals in one ask.
            ALTER TABLE asks ADD COLUMN question TEXT;
            ALTER TABLE asks ADD COLUMN worker TEXT;
            ALTER TABLE asks ADD COLUMN payload TEXT;

            -- The ask whose answer has begun the turn.
            ALTER TABLE turns ADD COLUMN ask TEXT;
            """)

    private static let personas = Migration(
        number: 11, name: "personas",
        sql: """
            -- Chosen by `persona`; NULL for the default.
            ALTER TABLE sessions ADD COLUMN persona TEXT;
            """)

    private static let steps = Migration(
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

    private static let features = Migration(
        number: 13, name: "features",
        sql: """
            -- The folder's name below specs/ that the thread works on; NULL for none.
            ALTER TABLE sessions ADD COLUMN feature TEXT;
            """)

    /// What GitHub reports, who watches it, and lines that threads get outside of turns.
    private static let gitHub = Migration(
        number: 14, name: "news from GitHub",
        sql: """
            -- Lines that threads got outside of turns and must not get twice.
            CREATE TABLE thread_news (
                session TEXT NOT NULL,
                key TEXT NOT NULL,
                created_at INTEGER NOT NULL,
                PRIMARY KEY (session, key)
            ) WITHOUT ROWID;

            -- Deliveries of GitHub's webhook: `delivery` is GitHub's own id, and `events` what is of interest in the
            -- delivery, a JSON array. Handled ones keep only the id.
            CREATE TABLE github_deliveries (
                number INTEGER PRIMARY KEY,
                delivery TEXT NOT NULL UNIQUE,
                events TEXT NOT NULL,
                state TEXT NOT NULL,
                received_at INTEGER NOT NULL
            );
            CREATE INDEX github_deliveries_new ON github_deliveries (number) WHERE state = 'new';

            -- The branches that threads work on. `repository` is the name in the configuration, `head` the last commit
            -- of the branch that was seen on GitHub.
            CREATE TABLE github_watches (
                session TEXT NOT NULL,
                repository TEXT NOT NULL,
                branch TEXT NOT NULL,
                pull INTEGER,
                head TEXT,
                created_at INTEGER NOT NULL,
                active_at INTEGER NOT NULL,
                PRIMARY KEY (session, repository, branch)
            ) WITHOUT ROWID;

            -- What a thread has learnt: `item` is JSON, `state` is open or answered.
            CREATE TABLE github_news (
                number INTEGER PRIMARY KEY,
                session TEXT NOT NULL,
                key TEXT NOT NULL,
                kind TEXT NOT NULL,
                sha TEXT,
                item TEXT NOT NULL,
                state TEXT NOT NULL,
                created_at INTEGER NOT NULL,
                UNIQUE (session, key)
            );

            -- Commits that were pushed from here, or are about to be.
            CREATE TABLE github_pushes (
                sha TEXT PRIMARY KEY,
                created_at INTEGER NOT NULL
            ) WITHOUT ROWID;
            CREATE INDEX commits_by_sha ON commits (sha);

            -- Sign-ins of people that wait for GitHub's approval.
            CREATE TABLE github_sign_ins (
                person TEXT PRIMARY KEY,
                id TEXT NOT NULL,
                session TEXT NOT NULL,
                created_at INTEGER NOT NULL
            ) WITHOUT ROWID;
            """)

    private static let clientKeys = Migration(
        number: 15, name: "limits of client keys",
        sql: """
            -- What a key of the proxy may use: names separated by commas, and tokens a day. NULL for no limit.
            ALTER TABLE credentials ADD COLUMN models TEXT;
            ALTER TABLE credentials ADD COLUMN tokens_per_day INTEGER;

            -- Tokens by day (in UTC, counted from 1970) and client. Each process has rows of its own, by which it can
            -- tell what the others have added.
            CREATE TABLE proxy_days (
                day INTEGER NOT NULL,
                client TEXT NOT NULL,
                process TEXT NOT NULL,
                tokens INTEGER NOT NULL,
                PRIMARY KEY (day, client, process)
            ) WITHOUT ROWID;
            """)

    private static let laterSearch = Migration(
        number: 16, name: "words indexed later",
        sql: """
            -- Messages up to this id are in `message_words`. The others follow a second after a turn, and before a search.
            INSERT INTO floors (name, id) SELECT 'message_words', MAX(id, (SELECT COALESCE(MAX(id), 0) FROM messages))
            FROM floors WHERE name = 'messages';
            """,
        postgreSQL: "SELECT 1;")

    private static let preferences = Migration(
        number: 17, name: "preferences",
        sql: """
            -- What people have chosen for themselves, by identity.
            CREATE TABLE preferences (
                person TEXT PRIMARY KEY,
                model TEXT,
                instructions TEXT
            ) WITHOUT ROWID;
            CREATE TABLE pins (
                person TEXT NOT NULL,
                session TEXT NOT NULL,
                PRIMARY KEY (person, session)
            ) WITHOUT ROWID;
            CREATE INDEX pins_by_session ON pins (session);
            """)

    private static let people = Migration(
        number: 18, name: "people",
        sql: """
            -- What owners have changed: the role that counts in place of the one in the configuration's lists, or NULL for
            -- somebody who was removed and stays out whatever would admit them.
            CREATE TABLE access_changes (
                identity TEXT PRIMARY KEY,
                role TEXT,
                changed_at INTEGER NOT NULL
            ) WITHOUT ROWID;

            -- People on networks who have a role: when they wrote last, and where they write to the bot directly.
            CREATE TABLE people (
                identity TEXT PRIMARY KEY,
                sender TEXT NOT NULL,
                seen_at INTEGER NOT NULL,
                -- The thread and the route of their direct messages.
                direct_thread TEXT,
                direct_route TEXT
            ) WITHOUT ROWID;

            -- Direct messages that notify owners of asks. `item` is the outbox entry; `told_at` is NULL until it is stored.
            CREATE TABLE owner_notices (
                ask TEXT NOT NULL,
                person TEXT NOT NULL,
                item INTEGER,
                told_at INTEGER,
                PRIMARY KEY (ask, person)
            ) WITHOUT ROWID;
            """)

    /// What a person's threads take, summed up as it changes.
    ///
    /// A message's text counts four times: it is also in its turn, in the search's index, and for a while in `frames` and
    /// `outbox`. So these, which change most, need no triggers of their own.
    private static let quota = Migration(
        number: 19, name: "storage of people",
        sql: """
            -- Bytes: `texts` by the triggers below, the others as measured last.
            ALTER TABLE sessions ADD COLUMN texts INTEGER NOT NULL DEFAULT 0;
            ALTER TABLE sessions ADD COLUMN files INTEGER NOT NULL DEFAULT 0;
            ALTER TABLE sessions ADD COLUMN workspace INTEGER NOT NULL DEFAULT 0;
            UPDATE sessions SET texts = (SELECT COALESCE(SUM(4 * LENGTH(CAST(text AS BLOB)) + 1024), 0) FROM messages
                WHERE session = sessions.id);
            UPDATE sessions SET texts = texts + (SELECT COALESCE(SUM(LENGTH(CAST(event AS BLOB)) + 256), 0)
                FROM turns JOIN steps ON steps.turn = turns.id WHERE turns.session = sessions.id);

            -- The threads that a person has begun, and what they take.
            CREATE TABLE person_storage (
                person TEXT PRIMARY KEY,
                threads INTEGER NOT NULL,
                bytes INTEGER NOT NULL
            ) WITHOUT ROWID;
            INSERT INTO person_storage SELECT owner, SUM(state <> 'deleted'), SUM(texts) FROM sessions GROUP BY owner;
            CREATE TRIGGER sessions_added AFTER INSERT ON sessions BEGIN
                INSERT INTO person_storage
                VALUES (NEW.owner, NEW.state <> 'deleted', NEW.texts + NEW.files + NEW.workspace)
                ON CONFLICT DO UPDATE SET threads = threads + excluded.threads, bytes = bytes + excluded.bytes;
            END;
            CREATE TRIGGER sessions_removed AFTER DELETE ON sessions BEGIN
                UPDATE person_storage SET threads = threads - (OLD.state <> 'deleted'),
                bytes = bytes - OLD.texts - OLD.files - OLD.workspace WHERE person = OLD.owner;
            END;
            CREATE TRIGGER sessions_grown AFTER UPDATE OF texts, files, workspace ON sessions BEGIN
                UPDATE person_storage SET bytes = bytes + NEW.texts + NEW.files + NEW.workspace
                - OLD.texts - OLD.files - OLD.workspace WHERE person = OLD.owner;
            END;
            CREATE TRIGGER sessions_deleted AFTER UPDATE OF state ON sessions
            WHEN (NEW.state = 'deleted') <> (OLD.state = 'deleted') BEGIN
                UPDATE person_storage SET threads = threads + (OLD.state = 'deleted') - (NEW.state = 'deleted')
                WHERE person = OLD.owner;
            END;
            CREATE TRIGGER sessions_retired AFTER UPDATE OF owner ON sessions WHEN NEW.owner <> OLD.owner BEGIN
                UPDATE person_storage SET threads = threads - (NEW.state <> 'deleted'),
                bytes = bytes - NEW.texts - NEW.files - NEW.workspace WHERE person = OLD.owner;
                INSERT INTO person_storage
                VALUES (NEW.owner, NEW.state <> 'deleted', NEW.texts + NEW.files + NEW.workspace)
                ON CONFLICT DO UPDATE SET threads = threads + excluded.threads, bytes = bytes + excluded.bytes;
            END;

            CREATE TRIGGER messages_added AFTER INSERT ON messages BEGIN
                UPDATE sessions SET texts = texts + 4 * LENGTH(CAST(NEW.text AS BLOB)) + 1024 WHERE id = NEW.session;
            END;
            CREATE TRIGGER messages_changed AFTER UPDATE OF text ON messages BEGIN
                UPDATE sessions SET texts = texts + 4 * (LENGTH(CAST(NEW.text AS BLOB)) - LENGTH(CAST(OLD.text AS BLOB)))
                WHERE id = NEW.session;
            END;
            CREATE TRIGGER messages_removed AFTER DELETE ON messages BEGIN
                UPDATE sessions SET texts = texts - 4 * LENGTH(CAST(OLD.text AS BLOB)) - 1024 WHERE id = OLD.session;
            END;
            CREATE TRIGGER steps_added AFTER INSERT ON steps BEGIN
                UPDATE sessions SET texts = texts + LENGTH(CAST(NEW.event AS BLOB)) + 256
                WHERE id = (SELECT session FROM turns WHERE id = NEW.turn);
            END;
            CREATE TRIGGER steps_removed AFTER DELETE ON steps BEGIN
                UPDATE sessions SET texts = texts - LENGTH(CAST(OLD.event AS BLOB)) - 256
                WHERE id = (SELECT session FROM turns WHERE id = OLD.turn);
            END;

            -- Bytes of files by day (in UTC, counted from 1970).
            CREATE TABLE upload_days (
                person TEXT NOT NULL,
                day INTEGER NOT NULL,
                bytes INTEGER NOT NULL,
                PRIMARY KEY (person, day)
            ) WITHOUT ROWID;
            """,
        postgreSQL: Self.quotaInPostgreSQL)
}
