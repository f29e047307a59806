extension StoreSchema {
    /// A full-text index of what people asked and what was answered.
    ///
    /// FTS5 instead of `LIKE`: with 200,000 messages (120 MB), a rare word takes 2 to 5 ms instead of the 190 ms of a
    /// scan. Tokens are words, found by their beginnings and without accents. FTS5's trigrams would find any part of a
    /// word, but a turn then takes 3.9 ms and the file grows from 170 to 450 MB. Titles are few enough for `LIKE`.
    ///
    /// The index has no copy of the texts (`content`): `Ledger+Search` keeps it in step with `messages`. Triggers cannot,
    /// because a schema that is not trusted may not use FTS5. PostgreSQL's server keeps its own.
    static let search = SchemaPart(
        sqlite: """
            CREATE VIRTUAL TABLE message_words USING fts5 (
                text, content = 'messages', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
            );
            -- Messages up to this id are in `message_words`. The others follow a second after a turn, and before a search.
            INSERT INTO floors (name, id) VALUES ('message_words', 0);
            """,
        postgreSQL: #"""
            -- Without accents, in small letters of the database's own language, and in words of letters and digits only.
            CREATE FUNCTION search_plain(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
            RETURN lower(regexp_replace(normalize($1, NFKD), U&'[\0300-\036F]', '', 'g') COLLATE "default");
            -- The words of a text may take 1 MB, or the message could not be stored.
            CREATE FUNCTION search_words(text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
            RETURN to_tsvector('simple',
                regexp_replace(search_plain(left($1, 200000)), '[\x01-/:-@\[-`{-\x7f]+', ' ', 'g'));
            CREATE FUNCTION search_query(text) RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE
            RETURN to_tsquery('simple', search_plain($1));
            CREATE INDEX messages_by_words ON messages USING gin (search_words(text))
            WHERE role IN ('user', 'assistant', 'commit');
            """#)
}
