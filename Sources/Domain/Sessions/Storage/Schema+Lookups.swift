internal import Database

extension Schema {
    /// Without these, what somebody outside can add without end is read whole: comments on GitHub, and requests through the
    /// proxy.
    static let lookups = Migration(
        number: 38, name: "lookups of news and of people's usage",
        sql: """
            -- Copies of comments that were posted later. A copy is now removed when it is posted.
            DELETE FROM github_news WHERE kind = 'waiting' AND state = 'answered';
            CREATE INDEX github_news_by_subject ON github_news (session, state, kind, sha);
            CREATE INDEX usage_records_by_person ON usage_records (person, at);
            """,
        minReader: 33)

    /// A thread may have hundreds of thousands of commands, which cost nothing: what looks for an answer must not walk
    /// through them. Statements repeat the indexes' conditions word by word, or they would not be used.
    static let answers = Migration(
        number: 39, name: "lookups of answers", sql: Self.indexesOfAnswers,
        postgreSQL: """
            \(Self.indexesOfAnswers)
            -- Each stored message counts. PL/pgSQL keeps the statement's plan, which SQL functions make each time.
            CREATE OR REPLACE FUNCTION store_person(person_id text, added_threads bigint, added_bytes bigint) RETURNS void
            LANGUAGE plpgsql AS $$ BEGIN
                INSERT INTO person_storage VALUES (person_id, added_threads, added_bytes)
                ON CONFLICT (person) DO UPDATE SET threads = person_storage.threads + excluded.threads,
                bytes = person_storage.bytes + excluded.bytes;
            END $$;
            """,
        minReader: 33)

    private static let indexesOfAnswers = """
        CREATE INDEX turns_of_answers ON turns (session, number) WHERE kind <> 'command';
        CREATE INDEX turns_by_work ON turns (work, session);
        -- Has all that the sums need: the rows have long texts before it.
        CREATE INDEX turns_with_usage ON turns (session, model, input_tokens, output_tokens)
        WHERE input_tokens + output_tokens > 0;
        CREATE INDEX messages_of_answers ON messages (session, id) WHERE role = 'assistant';
        """
}
