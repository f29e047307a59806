package import JSON

/// What a verification found.
package struct AuditVerdict: Sendable, Equatable {
    /// How many rows were checked: all of them, or those up to the first problem.
    package let rows: Int64
    /// The newest row's number and hash; kept elsewhere, they prove later that nothing up to there has changed.
    package let last: Int64
    package let hash: String
    /// Rows up to this number were removed by retention; 0 for none.
    package let pruned: Int64
    /// The first problem; nil if everything is in order.
    package let problem: AuditProblem?

    package var json: JSON {
        var json: JSONObject = [
            "ok": .bool(self.problem == nil), "rows": .integer(self.rows), "last": .integer(self.last),
            "hash": .string(self.hash), "pruned": .integer(self.pruned),
        ]
        if let problem = self.problem {
            json["problem"] = [
                "kind": .string(problem.kind.rawValue), "row": problem.row.map { .integer($0) } ?? .null,
                "message": .string(problem.message),
            ]
        }
        return .object(json)
    }
}

/// What is wrong with the audit.
package struct AuditProblem: Sendable, Equatable {
    package enum Kind: String, Sendable {
        case altered, removed, swapped, inserted
        /// Rows are missing at the end.
        case tail
        /// The signed record of both ends was changed or deleted, so that missing rows would not be noticed.
        case head
        /// The key is missing, so that the record of both ends proves nothing.
        case key
    }

    package let kind: Kind
    /// The row concerned, or the first of several; nil for what concerns no row.
    package let row: Int64?
    /// One line: what is wrong, how that shows, what to do.
    package let message: String

    init(_ kind: Kind, row: Int64? = nil, _ message: String) {
        self.kind = kind
        self.row = row
        self.message = message
    }
}
