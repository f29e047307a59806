internal import Database

extension StoreSchema {
    static let dataOrigins = Migration(
        number: 52, name: "classes of data",
        sql: """
            -- The repositories with a class of data that its prompt may have something of, as CLASS:REPOSITORY with spaces
            -- between; NULL for none.
            ALTER TABLE turns ADD COLUMN data_origins TEXT;
            """,
        minReader: 33)
}
