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
}
