internal import Primitives

extension DatabaseError {
    /// An error reported by the server.
    ///
    /// - Parameters:
    ///   - state: The SQLSTATE, five characters (PostgreSQL, appendix A).
    ///   - statement: What was run, for a bug's report; it has no values.
    init(state: String, detail: String, name: String, statement: String?) {
        let code = Self.code(ofState: state)
        let facts = "\(detail), SQLSTATE \(state)"
        let message: String =
            switch code {
            case .full:
                "the database \(name) cannot grow because the server's disk is full (\(facts)): free some space there; "
                    + "stored data is safe"
            case .readOnly:
                "the database \(name) cannot be written (\(facts)): the server is a standby, or the role may not write; "
                    + "name the primary in store.url, or grant the rights"
            case .corrupt:
                "the database \(name) is damaged (\(facts)): see the server's log, and restore the last backup"
            case .locked:
                "the database \(name) is busy (\(facts)): something holds a lock for too long; look at pg_stat_activity"
            case .cannotOpen where Self.ofPoolers.contains(state):
                "the database \(name) is behind a pooler that gives each transaction another session (\(facts)): in "
                    + "pgbouncer, set pool_mode = session, or name the server itself in store.url"
            case .cannotOpen:
                "the database \(name) refuses the connection (\(facts)): check store.url, the password and pg_hba.conf"
            case .unreachable: "the database \(name) ended the connection (\(facts))"
            case .conflict: "a write ran into another one and was rolled back (\(facts))"
            case .outOfMemory: "the server of \(name) ran out of memory or connections (\(facts))"
            case .unique: "the store already has this entry (\(facts))"
            case .constraint:
                "the store rejected contradictory data (\(facts)): this is a bug in the program, report it"
            default:
                "the store rejected an operation (\(facts)\(statement.map { ": \($0)" } ?? "")): this is a bug in the "
                    + "program, report it"
            }
        self.init(code: code, message: message)
    }

    /// A prepared statement that another session made, or that this one made and lacks: statements belong to sessions.
    private static let ofPoolers: Set<String> = ["42P05", "26000"]

    private static func code(ofState state: String) -> Code {
        if self.ofPoolers.contains(state) { return .cannotOpen }
        switch state {
        case "23505": return .unique
        case "40001", "40P01": return .conflict
        case "53100": return .full
        case "55P03", "57014": return .locked
        case "25006": return .readOnly
        // The session sat in its transaction for too long, or the server stops.
        case "25P03", "57P01", "57P02", "57P03", "57P05": return .unreachable
        case "42501": return .readOnly
        case "3D000": return .cannotOpen
        default: break
        }
        switch state.prefix(2) {
        case "23": return .constraint
        case "08": return .unreachable
        case "28": return .cannotOpen
        case "53": return .outOfMemory
        case "58": return .inputOutput
        case "XX": return .corrupt
        default: return .misuse
        }
    }

    static func undecided(_ name: String) -> DatabaseError {
        DatabaseError(
            code: .undecided,
            message:
                "the connection to the database \(name) was lost in a commit, and it was not found out in time whether "
                + "the write was stored: the next start sees it")
    }

    static func unreachable(_ name: String, _ reason: String) -> DatabaseError {
        DatabaseError(
            code: .unreachable,
            message:
                "the database \(name) does not answer (\(reason)): check that the server runs and that the network "
                + "reaches it; everything waits and goes on by itself")
    }
}
