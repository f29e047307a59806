internal import Database

extension StoreSchema {
    /// What people want remembered in prompts.
    static let memory = Migration(
        number: 49, name: "what people want remembered",
        sql: """
            CREATE TABLE memories (
                number INTEGER PRIMARY KEY,
                -- The identity that said it, and how it was called then.
                person TEXT NOT NULL,
                author TEXT NOT NULL,
                -- NULL: for this person, everywhere. Otherwise for the members of this repository.
                repository TEXT,
                text TEXT NOT NULL,
                at INTEGER NOT NULL
            );
            CREATE INDEX memories_by_person ON memories (person) WHERE repository IS NULL;
            CREATE INDEX memories_by_repository ON memories (repository) WHERE repository IS NOT NULL;
            """,
        minReader: 33)
}
