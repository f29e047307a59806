internal import Database

extension StoreSchema {
    static let schedules = Migration(
        number: 51, name: "schedules and reminders",
        sql: """
            -- What a person has scheduled in a thread. `kind` is `turn` or `remind`; `rule` is what was typed, empty for once;
            -- `message` is the message that a run stores, without its time. `next_at` is NULL while it waits for an event;
            -- `event` is what has happened. Only the host that has the thread's place runs it.
            CREATE TABLE schedules (
                id TEXT PRIMARY KEY,
                session TEXT NOT NULL,
                person TEXT NOT NULL,
                kind TEXT NOT NULL,
                rule TEXT NOT NULL,
                zone TEXT NOT NULL,
                message TEXT NOT NULL,
                -- Those of events: the kind, the repository, and the branch, workflow or task, in lower case.
                event_kind TEXT,
                repository TEXT,
                subject TEXT,
                event TEXT,
                next_at INTEGER,
                created_at INTEGER NOT NULL,
                last_at INTEGER
            ) WITHOUT ROWID;
            CREATE INDEX schedules_by_time ON schedules (next_at);
            CREATE INDEX schedules_by_person ON schedules (person);
            CREATE INDEX schedules_by_session ON schedules (session);
            CREATE INDEX schedules_by_event ON schedules (event_kind, subject);

            -- The events that have run a schedule: each does so once, however often it is reported.
            CREATE TABLE schedule_events (
                schedule TEXT NOT NULL,
                key TEXT NOT NULL,
                at INTEGER NOT NULL,
                PRIMARY KEY (schedule, key)
            ) WITHOUT ROWID;

            -- The person's time zone; NULL for the host's.
            ALTER TABLE preferences ADD COLUMN zone TEXT;
            """,
        // A task's date has changed: its schedules look at it again.
        sqlite: """
            CREATE TRIGGER schedules_removed AFTER DELETE ON schedules BEGIN
                DELETE FROM schedule_events WHERE schedule = OLD.id;
            END;
            CREATE TRIGGER tasks_due_added AFTER INSERT ON tasks BEGIN
                UPDATE schedules SET next_at = 0
                WHERE event_kind = 'due' AND subject = LOWER(NEW.id) AND repository = NEW.repository;
            END;
            CREATE TRIGGER tasks_due_changed AFTER UPDATE OF due, state ON tasks
            WHEN NEW.due IS NOT OLD.due OR NEW.state <> OLD.state BEGIN
                UPDATE schedules SET next_at = 0
                WHERE event_kind = 'due' AND subject = LOWER(NEW.id) AND repository = NEW.repository;
            END;
            """,
        postgreSQL: """
            CREATE FUNCTION schedules_removed() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                DELETE FROM schedule_events WHERE schedule = OLD.id;
                RETURN NULL;
            END $$;
            CREATE TRIGGER schedules_removed AFTER DELETE ON schedules FOR EACH ROW EXECUTE FUNCTION schedules_removed();
            CREATE FUNCTION tasks_due() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF TG_OP = 'INSERT' OR NEW.due IS DISTINCT FROM OLD.due OR NEW.state <> OLD.state THEN
                    UPDATE schedules SET next_at = 0
                    WHERE event_kind = 'due' AND subject = LOWER(NEW.id) AND repository = NEW.repository;
                END IF;
                RETURN NULL;
            END $$;
            CREATE TRIGGER tasks_due AFTER INSERT OR UPDATE OF due, state ON tasks
            FOR EACH ROW EXECUTE FUNCTION tasks_due();
            """,
        minReader: 33)
}
