internal import Database

extension Schema {
    static let features = Migration(
        number: 13, name: "features",
        sql: """
            -- The folder's name below specs/ that the thread works on; NULL for none.
            ALTER TABLE sessions ADD COLUMN feature TEXT;
            """)
}
