internal import CSQLite
internal import Glibc

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
        /// The disk or the connection to the server failed. The last writes may or may not be stored.
        package static let inputOutput = Code("inputOutput")
        /// The database server does not answer; nothing was stored.
        package static let unreachable = Code("unreachable")
        /// The connection was lost in a commit, and the store was closed before the server had said whether it was stored.
        package static let undecided = Code("undecided")
        /// Transactions that ran at the same time contradict each other, and this one was rolled back.
        package static let conflict = Code("conflict")
        package static let outOfMemory = Code("outOfMemory")
        /// A column's value does not have the expected type.
        package static let wrongType = Code("wrongType")
        /// A bug in the program: invalid SQL, or a statement that is not allowed in this place.
        package static let misuse = Code("misuse")
        /// The queue is full.
        package static let overloaded = Code("overloaded")
        package static let closed = Code("closed")
        /// The read was cancelled while it ran; callers see `CancellationError`.
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
        [.full, .readOnly, .locked, .inputOutput, .overloaded, .unreachable, .conflict].contains(self.code)
    }
}

extension DatabaseError {
    /// An error reported by SQLite.
    ///
    /// - Parameters:
    ///   - detail: SQLite's message.
    ///   - systemError: `errno` of the failed system call, or 0.
    ///   - isReader: whether the connection only reads, so that "read-only" means a bug in the program.
    init(resultCode: Int32, detail: String, systemError: Int32, path: String, isReader: Bool) {
        let code = Self.code(resultCode, systemError, isReader: isReader)
        let facts = "\(detail), SQLite \(resultCode)" + (systemError == 0 ? "" : ", errno \(systemError)")
        self.init(code: code, message: Self.message(code, path: path, facts: facts), resultCode: resultCode)
    }

    private static func code(_ resultCode: Int32, _ systemError: Int32, isReader: Bool) -> Code {
        // SQLite reports a full disk as FULL when writing pages, but as an I/O error when growing its shared index.
        switch (resultCode & 0xFF, systemError) {
        case (SQLITE_IOERR, ENOSPC), (SQLITE_IOERR, EDQUOT), (SQLITE_CANTOPEN, ENOSPC), (SQLITE_CANTOPEN, EDQUOT):
            return .full
        case (SQLITE_CANTOPEN, EROFS), (SQLITE_CANTOPEN, EACCES), (SQLITE_CANTOPEN, EPERM), (SQLITE_IOERR, EROFS):
            return .readOnly
        default: break
        }
        switch resultCode & 0xFF {
        case SQLITE_FULL: return .full
        case SQLITE_READONLY: return isReader ? .misuse : .readOnly
        case SQLITE_CORRUPT, SQLITE_NOTADB: return .corrupt
        case SQLITE_BUSY, SQLITE_LOCKED: return .locked
        case SQLITE_CANTOPEN: return .cannotOpen
        case SQLITE_PERM, SQLITE_AUTH: return .readOnly
        case SQLITE_IOERR: return .inputOutput
        case SQLITE_NOMEM: return .outOfMemory
        case SQLITE_INTERRUPT: return .interrupted
        case SQLITE_CONSTRAINT: return Self.isUnique(resultCode) ? .unique : .constraint
        default: return .misuse
        }
    }

    private static func isUnique(_ resultCode: Int32) -> Bool {
        // SQLITE_CONSTRAINT_UNIQUE, _PRIMARYKEY and _ROWID: macros with shifts, which Swift does not import.
        [8, 6, 10].contains(resultCode >> 8)
    }

    static func message(_ code: Code, path: String, facts: String) -> String {
        switch code {
        case .full:
            "the store \(path) cannot grow because the disk is full (\(facts)): free some space; stored data is safe"
        case .readOnly:
            "the store \(path) cannot be written (\(facts)): give the user that runs this program write access "
                + "to the file and its directory, and check that the disk is not mounted read-only"
        case .corrupt:
            "the store \(path) is damaged or not a database (\(facts)): stop the program, keep a copy of the file and "
                + "its -wal file, then restore the last backup or try `sqlite3 \(path) .recover`"
        case .locked:
            "the store \(path) is locked by another process (\(facts)): close it, for example an open sqlite3 shell, "
                + "and try again"
        case .cannotOpen:
            "the store \(path) cannot be opened (\(facts)): check that its directory exists and that you own it"
        case .inputOutput:
            "the disk of the store \(path) reports an error (\(facts)): check the disk and the system log; the last writes "
                + "may or may not be stored"
        case .outOfMemory: "the store \(path) ran out of memory (\(facts)): give the program more memory"
        case .unique: "the store already has this entry (\(facts))"
        case .constraint: "the store rejected contradictory data (\(facts)): this is a bug in the program, report it"
        default: "the store rejected an operation (\(facts)): this is a bug in the program, report it"
        }
    }
}
