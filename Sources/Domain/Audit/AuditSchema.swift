/// The audit's tables, which a migration of the store creates.
package enum AuditSchema {
    /// Rows that chain by hash, and the signed record of both ends.
    ///
    /// The triggers stop mistakes, also of other programs; whoever can write the file can drop them, which is what hashes
    /// and signature are for.
    package static let sql = """
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
}
