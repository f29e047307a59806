internal import Database

extension Schema {
    static let laterSearch = Migration(
        number: 16, name: "words indexed later",
        sql: """
            -- Messages up to this id are in `message_words`. The others follow a second after a turn, and before a search.
            INSERT INTO floors (name, id) SELECT 'message_words', MAX(id, (SELECT COALESCE(MAX(id), 0) FROM messages))
            FROM floors WHERE name = 'messages';
            """)
}
