extension StoreSchema {
    /// What a person's threads take, summed up as it changes.
    ///
    /// A message's text counts four times: it is also in its turn, in the search's index, and for a while in `frames` and
    /// `outbox`. So these, which change most, need no triggers of their own.
    static let quota = SchemaPart(
        tables: """
            -- The threads that a person has begun, and what they take.
            CREATE TABLE person_storage (
                person TEXT PRIMARY KEY,
                threads INTEGER NOT NULL,
                bytes INTEGER NOT NULL
            ) WITHOUT ROWID;

            -- Bytes of files by day (in UTC, counted from 1970).
            CREATE TABLE upload_days (
                person TEXT NOT NULL,
                day INTEGER NOT NULL,
                bytes INTEGER NOT NULL,
                PRIMARY KEY (person, day)
            ) WITHOUT ROWID;
            """,
        sqlite: """
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
            """,
        postgreSQL: """
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
            """)
}
