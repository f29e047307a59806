extension StoreSchema {
    static let tasks = SchemaPart(
        tables: """
            -- The tasks of `docs/TASKS.md` on the repositories' branches. The file is the truth: what is here is read from it
            -- whenever its blob differs, but for `session`, the thread that worked on a task last.
            CREATE TABLE task_lists (
                repository TEXT PRIMARY KEY,
                branch TEXT NOT NULL,
                hash TEXT NOT NULL,
                blob TEXT NOT NULL,
                read_at INTEGER NOT NULL
            ) WITHOUT ROWID;

            CREATE TABLE tasks (
                repository TEXT NOT NULL,
                id TEXT NOT NULL,
                line INTEGER NOT NULL,
                state TEXT NOT NULL,
                owner TEXT,
                labels TEXT NOT NULL,
                due TEXT,
                words TEXT NOT NULL,
                body TEXT NOT NULL,
                session TEXT,
                updated_at INTEGER NOT NULL,
                PRIMARY KEY (repository, id)
            ) WITHOUT ROWID;
            CREATE INDEX tasks_by_line ON tasks (repository, line);

            CREATE TABLE task_handles (
                identity TEXT PRIMARY KEY,
                handle TEXT NOT NULL
            ) WITHOUT ROWID;
            """,
        sqlite: """
            CREATE TRIGGER tasks_added AFTER INSERT ON tasks BEGIN
                INSERT INTO changes (kind, subject, session, at) VALUES
                ('task', NEW.repository || ' ' || NEW.id, '', CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER));
            END;
            CREATE TRIGGER tasks_edited AFTER UPDATE OF body, session ON tasks
            WHEN NEW.body <> OLD.body OR NEW.session IS NOT OLD.session BEGIN
                INSERT INTO changes (kind, subject, session, at) VALUES
                ('task', NEW.repository || ' ' || NEW.id, '', CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER));
            END;
            CREATE TRIGGER tasks_removed AFTER DELETE ON tasks BEGIN
                INSERT INTO changes (kind, subject, session, at) VALUES
                ('task', OLD.repository || ' ' || OLD.id, '', CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER));
            END;
            """,
        postgreSQL: """
            CREATE FUNCTION tasks_noted() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF TG_OP = 'DELETE' THEN
                    PERFORM note_change('task', OLD.repository || ' ' || OLD.id, '', NULL);
                ELSIF TG_OP = 'INSERT' OR NEW.body <> OLD.body OR NEW.session IS DISTINCT FROM OLD.session THEN
                    PERFORM note_change('task', NEW.repository || ' ' || NEW.id, '', NULL);
                END IF;
                RETURN NULL;
            END $$;
            CREATE TRIGGER tasks_noted AFTER INSERT OR DELETE OR UPDATE OF body, session ON tasks
            FOR EACH ROW EXECUTE FUNCTION tasks_noted();
            """)
}
