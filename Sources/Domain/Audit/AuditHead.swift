internal import Crypto
internal import Database
internal import JSON
internal import Primitives

/// What the chain consists of: which rows are stored, and the hashes at both ends, signed so that the removal of rows at
/// either end is found.
struct AuditHead: Equatable {
    /// The last row that retention removed; 0 for none.
    var base: Int64
    /// The hash of row ``base``.
    var baseHash: String
    /// The number of the newest row, or ``base`` if the audit has no rows.
    var last: Int64
    /// The hash of row ``last``.
    var hash: String
    /// HMAC-SHA-256 over the rest, in hexadecimal; empty before the first row.
    var signature: String

    static let empty = AuditHead(
        base: 0, baseHash: AuditRow.noHash, last: 0, hash: AuditRow.noHash, signature: "")

    /// Whether an audit can have these numbers. Arithmetic with others could overflow.
    var isPossible: Bool {
        0 <= self.base && self.base <= self.last && UntrustedNumber.range.contains(self.last)
    }

    func signed(with key: AuditKey) -> AuditHead {
        var head = self
        head.signature = key.signature(of: self.content)
        return head
    }

    func isSigned(with key: AuditKey) -> Bool {
        constantTimeEqual(self.signature, key.signature(of: self.content))
    }

    private var content: [UInt8] {
        let json: JSON = [
            "base": .integer(self.base), "base_hash": .string(self.baseHash), "hash": .string(self.hash),
            "last": .integer(self.last),
        ]
        return json.canonicalBytes
    }
}

extension AuditHead {
    /// The stored head; nil if somebody deleted it.
    ///
    /// - Parameter isLocked: Whether nobody else can change it until the transaction ends.
    static func stored(in connection: any Connection, isLocked: Bool = false) throws -> AuditHead? {
        let row = try connection.first(
            """
            SELECT base, base_hash, last, hash, signature FROM audit_head WHERE id = 1
            \(isLocked ? connection.dialect.locking : "")
            """)
        guard let row else { return nil }
        return AuditHead(
            base: try row.int64("base"), baseHash: try row.text("base_hash"), last: try row.int64("last"),
            hash: try row.text("hash"), signature: try row.text("signature"))
    }

    func store(in connection: any Connection) throws {
        try connection.execute(
            "UPDATE audit_head SET base = $1, base_hash = $2, last = $3, hash = $4, signature = $5 WHERE id = 1",
            .integer(self.base), .text(self.baseHash), .integer(self.last), .text(self.hash), .text(self.signature))
    }
}
