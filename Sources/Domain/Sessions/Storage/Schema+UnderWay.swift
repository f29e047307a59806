internal import Database

extension Schema {
    static let underWay = Migration(
        number: 35, name: "what is under way",
        sql: """
            -- Work on outside data that a start repeats, and how often it has begun without an end: `UnderWay`.
            CREATE TABLE under_way (
                work TEXT NOT NULL,
                key TEXT NOT NULL,
                count INTEGER NOT NULL,
                PRIMARY KEY (work, key)
            ) WITHOUT ROWID;

            -- Whether the prompt had text of somebody who may give no orders. Of older turns that is not known, which counts
            -- as yes.
            ALTER TABLE turns ADD COLUMN foreign_text INTEGER NOT NULL DEFAULT 1;
            """,
        minReader: 33)
}
