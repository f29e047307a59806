internal import Database

extension Schema {
    static let documents = Migration(
        number: 29, name: "documents that are edited live",
        sql: """
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
            """)
}
