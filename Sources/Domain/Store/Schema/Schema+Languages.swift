internal import Database

extension StoreSchema {
    static let languages = Migration(
        number: 56, name: "people's languages",
        sql: """
            -- In which the bot's notes are for the person; NULL for what their network says, or the host's.
            ALTER TABLE preferences ADD COLUMN language TEXT;
            """,
        minReader: 33)
}
