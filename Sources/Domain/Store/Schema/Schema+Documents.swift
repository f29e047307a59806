extension StoreSchema {
    static let documents = SchemaPart(
        tables: """
            -- The shared text of a document: `snapshot` and the updates after `through`, up to `last`. An `epoch` is one
            -- history of edits. `base` is the commit that the text was begun from or last merged with; `editors` are those
            -- who have edited since the last commit, as JSON, the first one first.
            CREATE TABLE documents (
                repository TEXT NOT NULL,
                branch TEXT NOT NULL,
                path TEXT NOT NULL,
                epoch TEXT NOT NULL UNIQUE,
                snapshot BLOB NOT NULL,
                through INTEGER NOT NULL,
                last INTEGER NOT NULL,
                base TEXT NOT NULL,
                editors TEXT NOT NULL,
                edited_at INTEGER NOT NULL,
                PRIMARY KEY (repository, branch, path)
            ) WITHOUT ROWID;

            CREATE TABLE document_updates (
                epoch TEXT NOT NULL,
                number INTEGER NOT NULL,
                body BLOB NOT NULL,
                PRIMARY KEY (epoch, number)
            ) WITHOUT ROWID;

            -- What people say about passages of documents. `anchor` is JSON: where the passage is, as Yjs's relative positions
            -- in a history of edits. An answer has the number of its comment as `parent`, and no passage. `key` is that of
            -- the request, which may come twice. Resolved ones are kept for a while, so that no number means two of them.
            CREATE TABLE document_comments (
                number INTEGER PRIMARY KEY,
                repository TEXT NOT NULL,
                branch TEXT NOT NULL,
                path TEXT NOT NULL,
                session TEXT NOT NULL,
                author TEXT NOT NULL,
                text TEXT NOT NULL,
                quote TEXT NOT NULL,
                anchor TEXT NOT NULL,
                parent INTEGER,
                key TEXT NOT NULL UNIQUE,
                created_at INTEGER NOT NULL,
                resolved_at INTEGER
            );
            CREATE INDEX comments_by_document ON document_comments (repository, branch, path) WHERE resolved_at IS NULL;
            CREATE INDEX comments_by_session ON document_comments (session);
            """,
        ofSessions: ["document_comments"])
}
