internal import Database

/// Steps in which PostgreSQL says more than a few words differently.
extension Schema {
    /// An index of the messages' own words, kept by the server: `message_words` is SQLite's.
    static let searchInPostgreSQL = #"""
        ALTER TABLE sessions ADD COLUMN named BIGINT NOT NULL DEFAULT 0;

        -- Without accents, in small letters of the database's own language, and in words of letters and digits only.
        CREATE FUNCTION search_plain(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
        RETURN lower(regexp_replace(normalize($1, NFKD), U&'[\0300-\036F]', '', 'g') COLLATE "default");
        -- The words of a text may take 1 MB, or the message could not be stored.
        CREATE FUNCTION search_words(text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
        RETURN to_tsvector('simple',
            regexp_replace(search_plain(left($1, 200000)), '[\x01-/:-@\[-`{-\x7f]+', ' ', 'g'));
        CREATE FUNCTION search_query(text) RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE
        RETURN to_tsquery('simple', search_plain($1));
        CREATE INDEX messages_by_words ON messages USING gin (search_words(text))
        WHERE role IN ('user', 'assistant', 'commit');
        """#

    private static let threadsByOwner = "CREATE INDEX sessions_by_owner ON sessions (owner, active_at, id);"

    /// Normalising makes up to 18 letters of one. Each letter takes at most 8 bytes of a tsvector, even if it is a word: 4 of
    /// its own, or 3 and one that aligns, and 4 for its position. The server sorts accents in a row by comparing each with
    /// many others, so it gets short pieces. What was indexed before stays valid.
    static let shorterWords = Migration(
        number: 37, name: "threads by owner and words of unusual letters", sql: Self.threadsByOwner,
        postgreSQL: #"""
            \#(Self.threadsByOwner)
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

    static let quotaInPostgreSQL = """
        ALTER TABLE sessions ADD COLUMN texts BIGINT NOT NULL DEFAULT 0;
        ALTER TABLE sessions ADD COLUMN files BIGINT NOT NULL DEFAULT 0;
        ALTER TABLE sessions ADD COLUMN workspace BIGINT NOT NULL DEFAULT 0;
        CREATE TABLE person_storage (
            person TEXT COLLATE "C" PRIMARY KEY,
            threads BIGINT NOT NULL,
            bytes BIGINT NOT NULL
        );
        CREATE TABLE upload_days (
            person TEXT COLLATE "C" NOT NULL,
            day BIGINT NOT NULL,
            bytes BIGINT NOT NULL,
            PRIMARY KEY (person, day)
        );

        CREATE FUNCTION store_person(person_id text, added_threads bigint, added_bytes bigint) RETURNS void
        LANGUAGE sql AS $$
            INSERT INTO person_storage VALUES (person_id, added_threads, added_bytes)
            ON CONFLICT (person) DO UPDATE SET threads = person_storage.threads + excluded.threads,
            bytes = person_storage.bytes + excluded.bytes
        $$;
        CREATE FUNCTION sessions_changed() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            added_threads bigint;
            added_bytes bigint;
        BEGIN
            IF TG_OP = 'UPDATE' AND NEW.owner = OLD.owner THEN
                added_threads := (CASE WHEN NEW.state <> 'deleted' THEN 1 ELSE 0 END)
                    - (CASE WHEN OLD.state <> 'deleted' THEN 1 ELSE 0 END);
                added_bytes := NEW.texts + NEW.files + NEW.workspace - OLD.texts - OLD.files - OLD.workspace;
                IF added_threads <> 0 OR added_bytes <> 0 THEN
                    PERFORM store_person(NEW.owner, added_threads, added_bytes);
                END IF;
                RETURN NULL;
            END IF;
            IF TG_OP <> 'INSERT' THEN
                PERFORM store_person(OLD.owner, -(CASE WHEN OLD.state <> 'deleted' THEN 1 ELSE 0 END),
                    -(OLD.texts + OLD.files + OLD.workspace));
            END IF;
            IF TG_OP <> 'DELETE' THEN
                PERFORM store_person(NEW.owner, CASE WHEN NEW.state <> 'deleted' THEN 1 ELSE 0 END,
                    NEW.texts + NEW.files + NEW.workspace);
            END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER sessions_counted AFTER INSERT OR DELETE OR UPDATE OF owner, state, texts, files, workspace
        ON sessions FOR EACH ROW EXECUTE FUNCTION sessions_changed();

        CREATE FUNCTION messages_changed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP <> 'INSERT' THEN
                UPDATE sessions SET texts = texts - 4 * octet_length(OLD.text) - 1024 WHERE id = OLD.session;
            END IF;
            IF TG_OP <> 'DELETE' THEN
                UPDATE sessions SET texts = texts + 4 * octet_length(NEW.text) + 1024 WHERE id = NEW.session;
            END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER messages_counted AFTER INSERT OR DELETE OR UPDATE OF text ON messages
        FOR EACH ROW EXECUTE FUNCTION messages_changed();

        CREATE FUNCTION steps_changed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN
                UPDATE sessions SET texts = texts + octet_length(NEW.event) + 256
                WHERE id = (SELECT session FROM turns WHERE id = NEW.turn);
            ELSE
                UPDATE sessions SET texts = texts - octet_length(OLD.event) - 256
                WHERE id = (SELECT session FROM turns WHERE id = OLD.turn);
            END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER steps_counted AFTER INSERT OR DELETE ON steps
        FOR EACH ROW EXECUTE FUNCTION steps_changed();
        """
}
