internal import Database
internal import Store

/// Which sessions a listing contains; nil does not restrict it.
package struct SessionFilter: Sendable {
    package var adapter: String?
    /// The id of the person who started them.
    package var owner: String?
    /// Other identities of that person.
    package var otherOwners: [String] = []
    package var isArchived: Bool?
    /// The id of the person who has pinned them.
    package var pinnedBy: String?
    /// Together with ``owner``'s, those that are shared with somebody, at a time in milliseconds since 1970.
    package var shared: (with: ThreadVisitor, at: Int64)?
    /// All of them occur in the title, or all of them in one message.
    package var words: [String]
    /// The number of messages with the words that are considered, newest first and whoever's they are: bounds words that
    /// occur everywhere.
    var messageLimit = 100_000

    /// The beginning of the names of threads that are begun when somebody opens a document. They are listed once something was
    /// written there.
    package static let documents = "documents-"

    /// More words do not make a search narrower, only slower.
    private static let wordLimit = 8
    /// The part of a title that is searched, in scalars. Only titles that older releases stored are longer.
    private static let titleLimit = 240

    /// - Parameter search: words separated by white space; nil or blank does not restrict the listing.
    package init(adapter: String? = nil, owner: String? = nil, isArchived: Bool? = nil, search: String? = nil) {
        self.adapter = adapter
        self.owner = owner
        self.isArchived = isArchived
        // SQLite would end a text at a NUL.
        let parts = (search ?? "").split { $0.isWhitespace || $0.unicodeScalars.contains { $0.value < 0x20 } }
        self.words = parts.prefix(Self.wordLimit).map(String.init)
    }

    /// The conditions on the archive, pins, the words and what is there, to follow another one. Adds their parameters.
    func condition(_ values: inout [SQLValue], _ dialect: SQLDialect) -> String {
        var text = """
             AND NOT (thread LIKE '\(Self.documents)%'
            AND NOT EXISTS (SELECT 1 FROM messages WHERE messages.session = sessions.id))
            """
        if let isArchived = self.isArchived { text += " AND state \(isArchived ? "=" : "<>") 'archived'" }
        if let person = self.pinnedBy {
            values.append(.text(person))
            text += " AND id IN (SELECT session FROM pins WHERE person = ?\(values.count))"
        }
        guard !self.words.isEmpty else { return text }
        let inTitle = self.words.map { word -> String in
            // LIKE ignores the case of ASCII letters only.
            let spellings = word.utf8.allSatisfy { $0 < 0x80 } ? [word] : Self.spellings(of: word)
            let conditions = spellings.map { spelling -> String in
                values.append(.text("%\(Self.escaped(spelling))%"))
                let title = "substr(title, 1, \(Self.titleLimit))"
                return dialect.contains(title, pattern: "?\(values.count)") + " ESCAPE '\\'"
            }
            return "(\(conditions.joined(separator: " OR ")))"
        }
        let conditions =
            ["(\(inTitle.joined(separator: " AND ")))"] + (self.inMessages(&values, dialect).map { [$0] } ?? [])
        return text + " AND (\(conditions.joined(separator: " OR ")))"
    }

    /// Nil when there is nothing to find in messages: the index contains only letters and digits. The owner is left to the
    /// listing, because a limit behind that condition would not bound the messages that are visited.
    private func inMessages(_ values: inout [SQLValue], _ dialect: SQLDialect) -> String? {
        let words = self.words.filter { $0.contains { $0.isLetter || $0.isNumber } }
        guard !words.isEmpty else { return nil }
        if dialect == .postgreSQL {
            // A part has only letters and digits, so that nothing in it is an operator; `:*` also finds longer words.
            let parts = words.flatMap { word in
                word.split { !$0.isLetter && !$0.isNumber }.map { Self.findsLonger(String($0)) ? "\($0):*" : "\($0)" }
            }
            values.append(.text(parts.joined(separator: " & ")))
            return """
                id IN (SELECT session FROM
                    (SELECT m.session FROM messages m WHERE search_words(m.text) @@ search_query(?\(values.count))
                    AND \(Ledger.isSearchable) ORDER BY m.id DESC LIMIT \(self.messageLimit)) AS found)
                """
        }
        // In quotes nothing is an operator of FTS5; `*` also finds longer words.
        let query = words.map { word in
            "\"\(word.replacing("\"", with: "\"\""))\"" + (Self.findsLonger(word) ? "*" : "")
        }.joined(separator: " AND ")
        values.append(.text(query))
        // Evaluated once, not for each session.
        return """
            id IN (SELECT m.session FROM
                (SELECT rowid AS id FROM message_words WHERE message_words MATCH ?\(values.count)
                ORDER BY rowid DESC LIMIT \(self.messageLimit)) AS found CROSS JOIN messages m ON m.id = found.id)
            """
    }

    /// Whether longer words are found as well. The index first merges all messages with a word that begins like this, whatever
    /// the limit is, so the last part of the word must not be a letter or two, unless it is of a script whose words are short.
    private static func findsLonger(_ word: String) -> Bool {
        let isInWord = { (scalar: Unicode.Scalar) -> Bool in
            switch scalar.properties.generalCategory {
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
                .letterNumber, .otherNumber:
                true
            default: false
            }
        }
        let last = word.unicodeScalars.reversed().drop { !isInWord($0) }.prefix(while: isInWord)
        return last.count > 2 || last.contains { $0.value >= 0x2E80 }
    }

    private static func spellings(of word: String) -> [String] {
        [word.lowercased(), word.uppercased(), word.prefix(1).uppercased() + word.dropFirst().lowercased()]
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("%", with: "\\%").replacing("_", with: "\\_")
    }
}
