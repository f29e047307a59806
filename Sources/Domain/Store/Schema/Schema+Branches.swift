internal import Database

extension StoreSchema {
    /// Versions of a conversation, of which its thread shows one.
    static let branches = Migration(
        number: 55, name: "branches of a conversation",
        sql: """
            -- The branch that prompts, the page and exports show: the id of the turn that began it; NULL for the first one.
            ALTER TABLE sessions ADD COLUMN shown_branch TEXT;
            -- The branch in which it is; `replaces` is the number of the turn whose place it takes, of one that began a branch.
            ALTER TABLE turns ADD COLUMN branch TEXT;
            ALTER TABLE turns ADD COLUMN replaces INTEGER;
            -- 1: it is not part of the branch that is shown.
            ALTER TABLE turns ADD COLUMN aside INTEGER;
            -- 1: `new` came after it, before another branch was shown.
            ALTER TABLE turns ADD COLUMN ends_part INTEGER;
            CREATE INDEX turns_with_branches ON turns (session, number) WHERE replaces IS NOT NULL;
            """,
        sqlite: """
            CREATE TRIGGER sessions_branched AFTER UPDATE OF shown_branch ON sessions
            WHEN NEW.shown_branch IS NOT OLD.shown_branch BEGIN
                INSERT INTO changes (kind, subject, session, owner, at) VALUES
                ('thread', NEW.id, NEW.id, NEW.owner, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER));
            END;
            """,
        postgreSQL: """
            CREATE FUNCTION branches_noted() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF NEW.shown_branch IS DISTINCT FROM OLD.shown_branch THEN
                    PERFORM note_change('thread', NEW.id, NEW.id, NEW.owner);
                END IF;
                RETURN NULL;
            END $$;
            CREATE TRIGGER branches_noted AFTER UPDATE OF shown_branch ON sessions
            FOR EACH ROW EXECUTE FUNCTION branches_noted();
            """,
        minReader: 33)
}
