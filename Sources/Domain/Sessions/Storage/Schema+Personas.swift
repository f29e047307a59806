internal import Database

extension Schema {
    static let personas = Migration(
        number: 11, name: "personas",
        sql: """
            -- Chosen by `persona`; NULL for the default.
            ALTER TABLE sessions ADD COLUMN persona TEXT;
            """)
}
