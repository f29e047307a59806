/// A failure of the store: a code for callers, and a message that says what failed, why, and what to do.
package struct DatabaseError: Error, Sendable, CustomStringConvertible {
    package struct Code: Sendable, Hashable, CustomStringConvertible {
        package let description: String

        private init(_ description: String) { self.description = description }

        /// The disk is full.
        package static let full = Code("full")
        /// The file or its directory cannot be written.
        package static let readOnly = Code("readOnly")
        /// The file is damaged or not a database.
        package static let corrupt = Code("corrupt")
        /// Another process held the lock longer than the busy timeout.
        package static let locked = Code("locked")
        /// The file cannot be opened or created.
        package static let cannotOpen = Code("cannotOpen")
        /// Written by a newer version of the program.
        package static let tooNew = Code("tooNew")
        /// A migration failed, or was changed after it was applied.
        package static let migration = Code("migration")
        /// A row with the same unique key already exists.
        package static let unique = Code("unique")
        /// Another constraint (foreign key, not null, check) is violated.
        package static let constraint = Code("constraint")
        /// The disk reports an error. The last writes may or may not be stored.
        package static let inputOutput = Code("inputOutput")
        package static let outOfMemory = Code("outOfMemory")
        /// A column's value does not have the expected type.
        package static let wrongType = Code("wrongType")
        /// A bug in the program: invalid SQL, or a statement that is not allowed in this place.
        package static let misuse = Code("misuse")
        /// The queue is full.
        package static let overloaded = Code("overloaded")
        package static let closed = Code("closed")
        /// `sqlite3_interrupt` ended the statement; callers see `CancellationError`.
        static let interrupted = Code("interrupted")
    }

    package let code: Code
    package let message: String
    /// SQLite's extended result code; 0 if the error is not SQLite's.
    package let resultCode: Int32

    package init(code: Code, message: String, resultCode: Int32 = 0) {
        self.code = code
        self.message = message
        self.resultCode = resultCode
    }

    package var description: String { self.message }

    /// Whether the same write may succeed later, for example when the disk has space or the load is lower.
    package var isPassing: Bool {
        [.full, .readOnly, .locked, .inputOutput, .overloaded].contains(self.code)
    }
}
