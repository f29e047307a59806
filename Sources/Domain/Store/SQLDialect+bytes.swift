package import Database

extension SQLDialect {
    /// The bytes of a text in UTF-8.
    package func bytes(of text: String) -> String {
        self == .sqlite ? "LENGTH(CAST(\(text) AS BLOB))" : "OCTET_LENGTH(\(text))"
    }

    /// The last characters of a text.
    package func end(of text: String, _ count: Int) -> String {
        self == .sqlite ? "SUBSTR(\(text), -\(count))" : "RIGHT(\(text), \(count))"
    }
}
