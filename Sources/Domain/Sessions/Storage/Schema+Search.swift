internal import Database

extension Schema {
    /// Renamed threads, and a full-text index of what people asked and what was answered.
    ///
    /// FTS5 instead of `LIKE`: with 200,000 messages (120 MB), a rare word takes 2 to 5 ms instead of the 190 ms of a
    /// scan. Tokens are words, found by their beginnings and without accents. FTS5's trigrams would find any part of a
    /// word, but a turn then takes 3.9 ms and the file grows from 170 to 450 MB. Titles are few enough for `LIKE`.
    ///
    /// The index has no copy of the texts (`content`): `Ledger+Search` keeps it in step with `messages`. Triggers cannot,
    /// because a schema that is not trusted may not use FTS5.
    static let search = Migration(
        number: 5, name: "renamed threads and search",
        sql: """
            -- A person has chosen the title: it is not replaced by an automatic one.
            ALTER TABLE sessions ADD COLUMN named INTEGER NOT NULL DEFAULT 0;

            CREATE VIRTUAL TABLE message_words USING fts5 (
                text, content = 'messages', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
            );
            INSERT INTO message_words (rowid, text)
            SELECT id, text FROM messages WHERE role IN ('user', 'assistant', 'commit');
            """)
}
