internal import Database

/// What came since the first release, in order. Each only adds, so that the release before can still use the store.
extension StoreSchema {
    static let underWay = Migration(
        number: 35, name: "what is under way",
        sql: """
            -- Work on outside data that a start repeats, and how often it has begun without an end: `UnderWay`.
            CREATE TABLE under_way (
                work TEXT NOT NULL,
                key TEXT NOT NULL,
                count INTEGER NOT NULL,
                PRIMARY KEY (work, key)
            ) WITHOUT ROWID;

            -- Whether the prompt had text of somebody who may give no orders. Of older turns that is not known, which counts
            -- as yes.
            ALTER TABLE turns ADD COLUMN foreign_text INTEGER NOT NULL DEFAULT 1;
            """,
        minReader: 33)

    static let waitingMessages = Migration(
        number: 36, name: "room for messages that wait",
        sql: """
            -- While a message waits: whose quota it counts for, how many bytes, and the thread that it begins.
            ALTER TABLE inbox ADD COLUMN payer TEXT;
            ALTER TABLE inbox ADD COLUMN bytes INTEGER;
            ALTER TABLE inbox ADD COLUMN opens TEXT;
            -- What the thread had chosen when the turn's prompt was made; empty for the defaults.
            ALTER TABLE turns ADD COLUMN persona TEXT;
            ALTER TABLE turns ADD COLUMN repository TEXT;
            ALTER TABLE turns ADD COLUMN feature TEXT;
            CREATE INDEX inbox_waiting ON inbox (payer, bytes, opens) WHERE state = 'new';
            """,
        minReader: 33)

    /// Normalising makes up to 18 letters of one. Each letter takes at most 8 bytes of a tsvector, even if it is a word: 4 of
    /// its own, or 3 and one that aligns, and 4 for its position. The server sorts accents in a row by comparing each with
    /// many others, so it gets short pieces. What was indexed before stays valid.
    static let shorterWords = Migration(
        number: 37, name: "threads by owner and words of unusual letters",
        sql: "CREATE INDEX sessions_by_owner ON sessions (owner, active_at, id);",
        postgreSQL: #"""
            CREATE OR REPLACE FUNCTION search_plain(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
            RETURN (
                SELECT lower(regexp_replace(coalesce(string_agg(normalize(piece[1], NFKD), '' ORDER BY number), ''),
                    U&'[\0300-\036F]', '', 'g') COLLATE "default")
                FROM regexp_matches($1, '.{1,100}', 'g') WITH ORDINALITY AS pieces (piece, number));
            CREATE OR REPLACE FUNCTION search_words(text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
            RETURN to_tsvector('simple', regexp_replace(
                left(search_plain(left($1, 130000)), 130000), '[\x01-/:-@\[-`{-\x7f]+', ' ', 'g'));
            -- The default; open connections use the old functions until the index changes.
            ALTER INDEX messages_by_words SET (fastupdate = on);
            """#,
        minReader: 33)

    /// Without these, what somebody outside can add without end is read whole: comments on GitHub, and requests through the
    /// proxy.
    static let lookups = Migration(
        number: 38, name: "lookups of news and of people's usage",
        sql: """
            -- Copies of comments that were posted later. A copy is now removed when it is posted.
            DELETE FROM github_news WHERE kind = 'waiting' AND state = 'answered';
            CREATE INDEX github_news_by_subject ON github_news (session, state, kind, sha);
            CREATE INDEX usage_records_by_person ON usage_records (person, at);
            """,
        minReader: 33)

    /// A thread may have hundreds of thousands of commands, which cost nothing: what looks for an answer must not walk
    /// through them. Statements repeat the indexes' conditions word by word, or they would not be used.
    static let answers = Migration(
        number: 39, name: "lookups of answers",
        sql: """
            CREATE INDEX turns_of_answers ON turns (session, number) WHERE kind <> 'command';
            CREATE INDEX turns_by_work ON turns (work, session);
            -- Has all that the sums need: the rows have long texts before it.
            CREATE INDEX turns_with_usage ON turns (session, model, input_tokens, output_tokens)
            WHERE input_tokens + output_tokens > 0;
            CREATE INDEX messages_of_answers ON messages (session, id) WHERE role = 'assistant';
            """,
        postgreSQL: """
            -- Each stored message counts. PL/pgSQL keeps the statement's plan, which SQL functions make each time.
            CREATE OR REPLACE FUNCTION store_person(person_id text, added_threads bigint, added_bytes bigint) RETURNS void
            LANGUAGE plpgsql AS $$ BEGIN
                INSERT INTO person_storage VALUES (person_id, added_threads, added_bytes)
                ON CONFLICT (person) DO UPDATE SET threads = person_storage.threads + excluded.threads,
                bytes = person_storage.bytes + excluded.bytes;
            END $$;
            """,
        minReader: 33)

    static let mutes = Migration(
        number: 40, name: "muted threads",
        sql: """
            -- 1: the bot answers there only when it is mentioned.
            ALTER TABLE sessions ADD COLUMN muted INTEGER NOT NULL DEFAULT 0;
            CREATE INDEX sessions_muted ON sessions (adapter, thread) WHERE muted = 1;
            """,
        minReader: 33)

    static let surroundings = Migration(
        number: 41, name: "what was said beside questions",
        sql: """
            -- Whether what was said beside the question is to be read, and how that ended; NULL for nothing to read.
            ALTER TABLE turns ADD COLUMN context TEXT;
            -- The answer below which the thread began: its session, and the number of its turn.
            ALTER TABLE sessions ADD COLUMN parent TEXT;
            ALTER TABLE sessions ADD COLUMN parent_turn INTEGER;
            CREATE INDEX sessions_by_parent ON sessions (parent) WHERE parent IS NOT NULL;

            -- Other people's messages of which a turn's prompt was made.
            CREATE TABLE turn_lines (
                turn TEXT NOT NULL,
                position INTEGER NOT NULL,
                relation TEXT NOT NULL,
                -- The message on its network; NULL if unknown.
                adapter TEXT,
                room TEXT,
                message TEXT,
                -- NULL where nobody vouches for the author.
                author TEXT,
                name TEXT NOT NULL,
                role TEXT,
                sent_at INTEGER,
                text TEXT NOT NULL,
                files TEXT,
                -- 1: counts as foreign whoever its author is.
                foreign_words INTEGER NOT NULL,
                PRIMARY KEY (turn, position)
            );
            CREATE INDEX turn_lines_by_message ON turn_lines (adapter, room, message) WHERE message IS NOT NULL;
            """,
        minReader: 33)

    static let joinedMessages = Migration(
        number: 42, name: "messages that are one turn",
        sql: """
            -- The messages that a turn answers together, as JSON; NULL for one.
            ALTER TABLE turns ADD COLUMN parts TEXT;
            """,
        minReader: 33)

    static let strangers = Migration(
        number: 43, name: "strangers who were answered",
        sql: """
            -- People without a role to whom the bot has said within a day how to get access.
            CREATE TABLE strangers (
                identity TEXT PRIMARY KEY,
                adapter TEXT NOT NULL,
                met_at INTEGER NOT NULL
            ) WITHOUT ROWID;
            """,
        minReader: 33)

    static let refusals = Migration(
        number: 44, name: "messages that their rooms refuse",
        sql: """
            -- Since when an open entry waits for its room, which accepts nothing from the bot; NULL if it does not wait.
            ALTER TABLE outbox ADD COLUMN refused_at INTEGER;
            -- What its message showed when the room refused the complete text.
            ALTER TABLE outbox ADD COLUMN shown TEXT;
            CREATE INDEX outbox_refused ON outbox (adapter, room, id) WHERE refused_at IS NOT NULL;
            """,
        minReader: 33)

    static let namedCodes = Migration(
        number: 45, name: "codes for devices and invites, and linked identities",
        sql: """
            -- NULL, like the others, for a code of an earlier release.
            ALTER TABLE codes ADD COLUMN id TEXT;
            -- Whom it is for, and who made it, as people read it.
            ALTER TABLE codes ADD COLUMN name TEXT;
            ALTER TABLE codes ADD COLUMN made_by TEXT;
            -- The identity of whoever made it, with whose access it ends.
            ALTER TABLE codes ADD COLUMN maker TEXT;
            -- The person whose further browser it signs in; NULL for a code that lets in somebody new.
            ALTER TABLE codes ADD COLUMN identity TEXT;
            CREATE INDEX codes_by_identity ON codes (identity) WHERE identity IS NOT NULL;

            -- Identities that are one person; one that is a person alone has no row.
            CREATE TABLE person_identities (
                identity TEXT PRIMARY KEY,
                person TEXT NOT NULL,
                linked_at INTEGER NOT NULL
            ) WITHOUT ROWID;
            CREATE INDEX person_identities_by_person ON person_identities (person);

            -- Codes by which another identity of a person is linked; `adapter` and `thread` are where it was made.
            CREATE TABLE link_codes (
                hash TEXT PRIMARY KEY,
                identity TEXT NOT NULL,
                name TEXT NOT NULL,
                adapter TEXT NOT NULL,
                thread TEXT NOT NULL,
                expires_at INTEGER NOT NULL
            ) WITHOUT ROWID;
            """,
        minReader: 33)

    /// A release before these shows a conversation to nobody else, and its people no share.
    static let shares = Migration(
        number: 46, name: "shared conversations",
        sql: """
            -- Who may see a conversation besides whoever began it. `kind`: person, host (members and owners) or public.
            CREATE TABLE shares (
                id TEXT PRIMARY KEY,
                session TEXT NOT NULL,
                kind TEXT NOT NULL,
                -- The identity, as names are compared; empty for the other kinds.
                person TEXT NOT NULL,
                name TEXT,
                -- read or join.
                role TEXT NOT NULL,
                maker TEXT NOT NULL,
                maker_name TEXT NOT NULL,
                created_at INTEGER NOT NULL,
                -- NULL: until it is ended.
                expires_at INTEGER,
                -- The hash of a public page's token.
                token TEXT
            );
            CREATE UNIQUE INDEX shares_by_session ON shares (session, kind, person);
            CREATE INDEX shares_by_person ON shares (kind, person, session);
            CREATE INDEX shares_by_maker ON shares (maker);
            CREATE UNIQUE INDEX shares_by_token ON shares (token) WHERE token IS NOT NULL;
            -- When an owner last read somebody else's conversation, and it was said there.
            CREATE TABLE owner_reads (
                session TEXT NOT NULL,
                reader TEXT NOT NULL,
                read_at INTEGER NOT NULL,
                PRIMARY KEY (session, reader)
            ) WITHOUT ROWID;
            """,
        sqlite: """
            CREATE TRIGGER shares_begun AFTER INSERT ON shares BEGIN
                INSERT INTO changes (kind, subject, session, owner, at)
                SELECT 'thread', id, id, owner, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)
                FROM sessions WHERE id = NEW.session;
            END;
            """,
        postgreSQL: """
            CREATE FUNCTION shares_noted() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                PERFORM note_change('thread', id, id, owner) FROM sessions WHERE id = NEW.session;
                RETURN NULL;
            END $$;
            CREATE TRIGGER shares_noted AFTER INSERT ON shares FOR EACH ROW EXECUTE FUNCTION shares_noted();
            """,
        minReader: 33)

    /// A release before this one reads no text for names.
    static let mentions = Migration(
        number: 47, name: "people named in texts",
        sql: """
            -- Texts that may name people and were not read for that yet. `names` is what follows each sign, one a line;
            -- `known` the same of an earlier version; `subject` a path, a task's id or a message's number.
            CREATE TABLE named_texts (
                number INTEGER PRIMARY KEY,
                -- comment, task or message.
                kind TEXT NOT NULL,
                -- Where it was written; what is said of a task may be in no conversation.
                session TEXT,
                repository TEXT NOT NULL,
                subject TEXT NOT NULL,
                -- The text among those of its subject.
                source TEXT NOT NULL,
                -- An identity, empty where only Git knows, and a name for people.
                author TEXT NOT NULL,
                author_name TEXT NOT NULL,
                excerpt TEXT NOT NULL,
                names TEXT NOT NULL,
                known TEXT NOT NULL,
                at INTEGER NOT NULL
            );
            -- Whom texts name. `told_at` is NULL until a direct message is stored, `seen_at` until they have opened it.
            CREATE TABLE mentions (
                number INTEGER PRIMARY KEY,
                kind TEXT NOT NULL,
                session TEXT,
                repository TEXT NOT NULL,
                subject TEXT NOT NULL,
                source TEXT NOT NULL,
                author TEXT NOT NULL,
                author_name TEXT NOT NULL,
                excerpt TEXT NOT NULL,
                at INTEGER NOT NULL,
                person TEXT NOT NULL,
                told_at INTEGER,
                seen_at INTEGER
            );
            CREATE UNIQUE INDEX mentions_by_text ON mentions (source, person);
            CREATE INDEX mentions_by_person ON mentions (person, number);
            CREATE INDEX mentions_by_author ON mentions (author, at);
            CREATE INDEX mentions_by_session ON mentions (session);
            CREATE INDEX mentions_by_time ON mentions (at);
            CREATE INDEX mentions_to_tell ON mentions (person) WHERE told_at IS NULL;
            """,
        minReader: 33)

    /// Settings and pins are stored for each identity of a person. A release before this one changes those of one identity.
    static let wholePeople = Migration(
        number: 48, name: "what belongs to all identities of a person, and mentions as events",
        sql: """
            -- What it was called when it was linked; NULL for a link of an earlier release.
            ALTER TABLE person_identities ADD COLUMN name TEXT;

            INSERT INTO pins (person, session)
            SELECT DISTINCT linked.identity, pins.session FROM pins
            JOIN person_identities AS own ON own.identity = pins.person
            JOIN person_identities AS linked ON linked.person = own.person
            WHERE linked.identity <> own.identity ON CONFLICT DO NOTHING;

            INSERT INTO preferences (person, model, instructions)
            SELECT linked.identity,
                (SELECT model FROM preferences JOIN person_identities AS own ON own.identity = preferences.person
                WHERE own.person = linked.person AND model IS NOT NULL ORDER BY own.linked_at, own.identity LIMIT 1),
                (SELECT instructions FROM preferences JOIN person_identities AS own ON own.identity = preferences.person
                WHERE own.person = linked.person AND instructions IS NOT NULL ORDER BY own.linked_at, own.identity LIMIT 1)
            FROM person_identities AS linked WHERE EXISTS (
                SELECT 1 FROM preferences JOIN person_identities AS own ON own.identity = preferences.person
                WHERE own.person = linked.person)
            ON CONFLICT (person) DO UPDATE SET model = excluded.model, instructions = excluded.instructions;
            """,
        // Of these, `owner` is whom the text names.
        sqlite: """
            CREATE TRIGGER mentions_made AFTER INSERT ON mentions BEGIN
                INSERT INTO changes (kind, subject, session, owner, at) VALUES
                ('mention', CAST(NEW.number AS TEXT), COALESCE(NEW.session, ''), NEW.person,
                CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER));
            END;
            CREATE TRIGGER mentions_seen AFTER UPDATE OF seen_at ON mentions WHEN NEW.seen_at IS NOT OLD.seen_at BEGIN
                INSERT INTO changes (kind, subject, session, owner, at) VALUES
                ('mention', CAST(NEW.number AS TEXT), COALESCE(NEW.session, ''), NEW.person,
                CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER));
            END;
            """,
        postgreSQL: """
            CREATE FUNCTION mentions_noted() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF TG_OP = 'INSERT' OR NEW.seen_at IS DISTINCT FROM OLD.seen_at THEN
                    PERFORM note_change('mention', NEW.number::text, COALESCE(NEW.session, ''), NEW.person);
                END IF;
                RETURN NULL;
            END $$;
            CREATE TRIGGER mentions_noted AFTER INSERT OR UPDATE OF seen_at ON mentions
            FOR EACH ROW EXECUTE FUNCTION mentions_noted();
            """,
        minReader: 33)
}
