internal import Database

extension Schema {
    static let comments = Migration(
        number: 33, name: "comments on documents",
        sql: """
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
            """)

    static let waitingUploads = Migration(
        number: 34, name: "uploads that wait",
        sql: """
            -- Who has uploaded files to a session for their next message: without a row, nobody has to look for files.
            -- `at` is when the last one came.
            CREATE TABLE waiting_uploads (
                session TEXT NOT NULL,
                person TEXT NOT NULL,
                at INTEGER NOT NULL,
                PRIMARY KEY (session, person)
            ) WITHOUT ROWID;
            """,
        minReader: 33)
}
