/// The audit's tables, which a migration of the store creates.
package enum AuditSchema {
    /// Rows that chain by hash, and the signed record of both ends.
    ///
    /// The triggers stop mistakes, also of other programs; whoever can write the file can drop them, which is what hashes
    /// and signature are for.
    package static let sqlite = """
        CREATE TABLE audit (
            number INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            kind TEXT NOT NULL,
            session TEXT,
            turn TEXT,
            actor TEXT NOT NULL,
            details TEXT NOT NULL,
            previous TEXT NOT NULL,
            hash TEXT NOT NULL
        );

        -- Rows up to `base` were removed by retention; `last` is the newest row.
        CREATE TABLE audit_head (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            base INTEGER NOT NULL,
            base_hash TEXT NOT NULL,
            last INTEGER NOT NULL,
            hash TEXT NOT NULL,
            signature TEXT NOT NULL
        );
        INSERT INTO audit_head (id, base, base_hash, last, hash, signature) VALUES (
            1, 0, '0000000000000000000000000000000000000000000000000000000000000000',
            0, '0000000000000000000000000000000000000000000000000000000000000000', ''
        );

        CREATE TRIGGER audit_appends BEFORE INSERT ON audit
        WHEN NEW.number <> COALESCE((SELECT last FROM audit_head WHERE id = 1), -1) + 1
        BEGIN SELECT RAISE(ABORT, 'audit rows are only appended'); END;
        CREATE TRIGGER audit_never_changes BEFORE UPDATE ON audit
        BEGIN SELECT RAISE(ABORT, 'audit rows never change'); END;
        CREATE TRIGGER audit_keeps_rows BEFORE DELETE ON audit
        WHEN OLD.number > COALESCE((SELECT base FROM audit_head WHERE id = 1), 0)
        BEGIN SELECT RAISE(ABORT, 'audit rows are only removed by retention'); END;
        CREATE TRIGGER audit_head_ascends BEFORE UPDATE ON audit_head
        WHEN NEW.last < OLD.last OR NEW.base < OLD.base
        BEGIN SELECT RAISE(ABORT, 'the audit has no way back'); END;
        CREATE TRIGGER audit_head_stays BEFORE DELETE ON audit_head
        BEGIN SELECT RAISE(ABORT, 'the head of the audit is never removed'); END;
        """
    /// The same for PostgreSQL, where a trigger calls a function.
    package static let postgreSQL = """
        CREATE TABLE audit (
            number BIGINT PRIMARY KEY,
            at BIGINT NOT NULL,
            kind TEXT COLLATE "C" NOT NULL,
            session TEXT COLLATE "C",
            turn TEXT COLLATE "C",
            actor TEXT COLLATE "C" NOT NULL,
            details TEXT COLLATE "C" NOT NULL,
            previous TEXT COLLATE "C" NOT NULL,
            hash TEXT COLLATE "C" NOT NULL
        );
        CREATE TABLE audit_head (
            id BIGINT PRIMARY KEY CHECK (id = 1),
            base BIGINT NOT NULL,
            base_hash TEXT COLLATE "C" NOT NULL,
            last BIGINT NOT NULL,
            hash TEXT COLLATE "C" NOT NULL,
            signature TEXT COLLATE "C" NOT NULL
        );
        INSERT INTO audit_head (id, base, base_hash, last, hash, signature)
        VALUES (1, 0, repeat('0', 64), 0, repeat('0', 64), '');

        CREATE FUNCTION audit_refuses() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'INSERT' AND NEW.number <> COALESCE((SELECT last FROM audit_head WHERE id = 1), -1) + 1 THEN
                RAISE EXCEPTION 'audit rows are only appended' USING ERRCODE = 'check_violation';
            ELSIF TG_OP = 'UPDATE' THEN
                RAISE EXCEPTION 'audit rows never change' USING ERRCODE = 'check_violation';
            ELSIF TG_OP = 'DELETE' AND OLD.number > COALESCE((SELECT base FROM audit_head WHERE id = 1), 0) THEN
                RAISE EXCEPTION 'audit rows are only removed by retention' USING ERRCODE = 'check_violation';
            END IF;
            RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
        END $$;
        CREATE TRIGGER audit_appends BEFORE INSERT OR UPDATE OR DELETE ON audit
        FOR EACH ROW EXECUTE FUNCTION audit_refuses();
        CREATE FUNCTION audit_head_refuses() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' THEN
                RAISE EXCEPTION 'the head of the audit is never removed' USING ERRCODE = 'check_violation';
            ELSIF NEW.last < OLD.last OR NEW.base < OLD.base THEN
                RAISE EXCEPTION 'the audit has no way back' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER audit_head_ascends BEFORE UPDATE OR DELETE ON audit_head
        FOR EACH ROW EXECUTE FUNCTION audit_head_refuses();
        """
}
