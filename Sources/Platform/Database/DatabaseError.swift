/// What went wrong with the store: a code to decide by, and a text for people that says what, why and what to do.
package struct DatabaseError: Error, Sendable, CustomStringConvertible {
    /// The kinds of trouble; callers decide by them.
    package struct Code: Sendable, Hashable, CustomStringConvertible {
        package let description: String

        private init(_ description: String) { self.description = description }

        /// No room on the disk.
        package static let full = Code("full")
        /// The file or its directory cannot be written.
        package static let readOnly = Code("readOnly")
        /// The file is damaged or no database.
        package static let corrupt = Code("corrupt")
        /// Another process held the lock longer than the busy timeout.
        package static let locked = Code("locked")
        /// The file cannot be opened or created.
        package static let cannotOpen = Code("cannotOpen")
        /// Written by a newer version of the program.
        package static let tooNew = Code("tooNew")
        /// A migration failed, or was changed after it was applied.
        package static let migration = Code("migration")
        /// A row with the same unique key is there already.
        package static let unique = Code("unique")
        /// Another constraint (foreign key, not null, check) is violated.
        package static let constraint = Code("constraint")
        /// The disk answers with an error. What was being written may or may not be stored.
        package static let inputOutput = Code("inputOutput")
        package static let outOfMemory = Code("outOfMemory")
        /// A column holds something else than the program expects.
        package static let wrongType = Code("wrongType")
        /// A mistake in the program: wrong SQL, or a statement that does not belong there.
        package static let misuse = Code("misuse")
        /// More work waits than the queue holds.
        package static let overloaded = Code("overloaded")
        /// The store was closed.
        package static let closed = Code("closed")
        /// `sqlite3_interrupt` ended the statement; callers see `CancellationError`.
        static let interrupted = Code("interrupted")
    }

    package let code: Code
    package let message: String
    /// SQLite's extended result code; 0 where the trouble is not from SQLite.
    package let resultCode: Int32

    package init(code: Code, message: String, resultCode: Int32 = 0) {
        self.code = code
        self.message = message
        self.resultCode = resultCode
    }

    package var description: String { self.message }

    /// Whether the same write may succeed later: with room on the disk, or with less to do.
    package var isPassing: Bool {
        [.full, .readOnly, .locked, .inputOutput, .overloaded].contains(self.code)
    }
}
