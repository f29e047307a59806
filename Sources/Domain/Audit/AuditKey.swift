internal import Crypto
internal import Database
internal import JSON
internal import Lifecycle
internal import Logging
internal import Primitives

/// The key that signs the head, in a file of its own: whoever can only write the store cannot sign.
struct AuditKey: Sendable {
    private let bytes: [UInt8]

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    func signature(of content: [UInt8]) -> String { hex(hmacSHA256(content, key: self.bytes)) }

    /// No head has such content: that is an object of JSON.
    func derived(for purpose: String) -> [UInt8] { hmacSHA256(Array("key: \(purpose)".utf8), key: self.bytes) }

    private static let length = 32

    static func path(in directory: String) -> String { "\(directory)/audit.key" }

    /// A key that is not in effect yet; see ``establish(in:_:)``.
    private static func draftPath(in directory: String) -> String { "\(Self.path(in: directory)).new" }

    /// The key of a data directory, or nil if it has no key yet.
    static func stored(in directory: String) throws(AuditError) -> AuditKey? {
        try Self.read(Self.path(in: directory))
    }

    /// The key of a data directory, made at its first use together with the first signed head.
    ///
    /// A crash must leave neither a head without its key nor a key without a head, which would look like a deleted
    /// audit. So the key is a draft until the head that it signed is committed.
    ///
    /// - Parameter directory: Locked by the caller, so that no other process does the same.
    static func establish(in directory: String, _ database: Database) async throws -> AuditKey {
        if let key = try Self.stored(in: directory) {
            // What a crash after the key was written left.
            try PrivateFile.remove("\(directory)/\(AuditLog.restoredName)")
            return key
        }
        if let key = try await Self.drafted(in: directory, database) {
            try Self.makeEffective(in: directory)
            return key
        }
        let key = AuditKey(randomBytes(Self.length))
        try PrivateFile.write(Array("\(hex(key.bytes))\n".utf8), to: Self.draftPath(in: directory))
        if let created = Self.restored(in: directory) {
            try await database.write {
                try AuditChain(key: key).beginAnew(fromBackup: created, at: WallClock.now(), in: $0)
            }
            Logger(label: "audit").warning(
                "restored from a backup without secrets: the audit continues with a new key, and a row audit.restored",
                ["backup": .string(created)])
        } else {
            try await database.write { try AuditHead.empty.signed(with: key).store(in: $0) }
        }
        try Self.makeEffective(in: directory)
        return key
    }

    /// When the backup was made that this directory was restored from without the key; nil where that is not so.
    static func restored(in directory: String) -> String? {
        PrivateFile.text(of: "\(directory)/\(AuditLog.restoredName)").map { $0.filter { !$0.isWhitespace } }
    }

    /// Throws what ``establish(in:_:)`` would throw, and changes nothing.
    static func check(in directory: String, _ database: Database) async throws {
        if try Self.stored(in: directory) == nil { _ = try await Self.drafted(in: directory, database) }
    }

    /// The key that a crash has left as a draft; nil if there is nothing yet that a key has signed.
    private static func drafted(in directory: String, _ database: Database) async throws -> AuditKey? {
        let head = try await database.read { try AuditHead.stored(in: $0) }
        if let key = try Self.read(Self.draftPath(in: directory)), head?.isSigned(with: key) == true { return key }
        guard head?.last == 0 || Self.restored(in: directory) != nil else {
            throw AuditError.keyMissing(Self.path(in: directory))
        }
        return nil
    }

    private static func makeEffective(in directory: String) throws {
        guard let contents = PrivateFile.read(Self.draftPath(in: directory)) else {
            throw AuditError.keyUnusable(Self.draftPath(in: directory))
        }
        try PrivateFile.write(contents.bytes, to: Self.path(in: directory))
        try PrivateFile.remove(Self.draftPath(in: directory))
        try PrivateFile.remove("\(directory)/\(AuditLog.restoredName)")
    }

    private static func read(_ path: String) throws(AuditError) -> AuditKey? {
        if PrivateFile.Stamp(of: path).isAbsent { return nil }
        let text = PrivateFile.text(of: path) ?? ""
        guard let bytes = decodeHex(String(text.filter { !$0.isWhitespace })), bytes.count == Self.length else {
            throw .keyUnusable(path)
        }
        return AuditKey(bytes)
    }
}
