internal import Crypto
internal import Database
internal import JSON
internal import Lifecycle
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

// MARK: The copy beside the key

extension AuditHead {
    /// The copy's file in the data directory.
    static let keptName = "audit.head"

    /// The newest head that was copied; nil without one, or with another key's.
    static func kept(in directory: String, signedWith key: AuditKey) -> AuditHead? {
        guard let text = PrivateFile.text(of: "\(directory)/\(Self.keptName)"), let json = try? JSON.parse(text),
            let base = json["base"]?.intValue, let baseHash = json["base_hash"]?.stringValue,
            let last = json["last"]?.intValue, let hash = json["hash"]?.stringValue,
            let signature = json["signature"]?.stringValue
        else { return nil }
        let head = AuditHead(base: Int64(base), baseHash: baseHash, last: Int64(last), hash: hash, signature: signature)
        return head.isPossible && head.isSigned(with: key) ? head : nil
    }

    func keep(in directory: String) throws {
        let json: JSON = [
            "base": .integer(self.base), "base_hash": .string(self.baseHash), "hash": .string(self.hash),
            "last": .integer(self.last), "signature": .string(self.signature),
        ]
        try PrivateFile.write(Array("\(json.text)\n".utf8), to: "\(directory)/\(Self.keptName)")
    }

    /// Whether the rows of `head` continue from this one.
    func isBehind(_ head: AuditHead, in connection: any Connection) throws -> Bool {
        guard head.last >= self.last, head.base >= self.base else { return false }
        // Retention has removed its row since.
        if self.last <= head.base { return true }
        return try connection.first("SELECT hash FROM audit WHERE number = $1", .integer(self.last))?.text("hash")
            == self.hash
    }
}
