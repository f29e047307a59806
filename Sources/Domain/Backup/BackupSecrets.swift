internal import Crypto
internal import JSON
internal import Primitives

/// Encrypts the secrets of a backup with a passphrase. Each file has a key of its own, and consists of sealed pieces whose
/// numbers are sealed with them, so that none can be left out, exchanged or moved.
struct BackupSecrets: Sendable {
    private let key: [UInt8]
    private let salt: [UInt8]
    private let cost: Int

    /// Bytes of a file in one piece.
    static let pieceSize = 256 << 10
    /// Of a piece: its length, nonce and tag, and in it its number and whether it is the last.
    private static let overhead = 4 + 28 + 9
    private static let standardCost = 1 << 16

    init(_ passphrase: Secret, salt: [UInt8] = randomBytes(16), cost: Int = Self.standardCost) throws {
        guard let key = scrypt(Array(passphrase.reveal().utf8), salt: salt, cost: cost) else {
            throw BackupError("no key can be made of the passphrase: this machine lacks \(cost >> 10) MiB of memory")
        }
        (self.key, self.salt, self.cost) = (key, salt, cost)
    }

    /// As in the member `ENCRYPTION.json`; nil for parameters that this release does not know.
    init?(_ passphrase: Secret, parameters json: JSON) throws {
        guard json["cipher"]?.stringValue == Self.cipher, json["kdf"]?.stringValue == Self.derivation,
            let salt = json["salt"]?.stringValue.flatMap({ decodeHex($0) }), let cost = json["n"]?.intValue,
            (1 << 10...1 << 20).contains(cost)
        else { return nil }
        try self.init(passphrase, salt: salt, cost: cost)
    }

    private static let cipher = "AES-256-GCM"
    private static let derivation = "scrypt"

    var parameters: JSON {
        [
            "cipher": .string(Self.cipher), "kdf": .string(Self.derivation), "n": JSON(self.cost), "r": 8, "p": 1,
            "salt": .string(hex(self.salt)),
        ]
    }

    static func sealedSize(_ size: Int) -> Int {
        size + max(1, (size + Self.pieceSize - 1) / Self.pieceSize) * Self.overhead
    }

    private func key(of path: String) -> [UInt8] {
        hkdfSHA256(self.key, salt: self.salt, info: Array(path.utf8), count: 32)
    }

    func sealer(of path: String) -> Sealer { Sealer(key: self.key(of: path)) }

    func opener(of path: String) -> Opener { Opener(key: self.key(of: path)) }

    private static func number(_ index: Int, isLast: Bool) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: index >> (56 - 8 * $0)) } + [isLast ? 1 : 0]
    }

    struct Sealer {
        fileprivate let key: [UInt8]
        private var index = 0

        fileprivate init(key: [UInt8]) { self.key = key }

        mutating func seal(_ piece: [UInt8], isLast: Bool) -> [UInt8] {
            defer { self.index += 1 }
            let sealed = sealAES256GCM(BackupSecrets.number(self.index, isLast: isLast) + piece, key: self.key)
            return (0..<4).map { UInt8(truncatingIfNeeded: sealed.count >> (24 - 8 * $0)) } + sealed
        }
    }

    struct Opener {
        fileprivate let key: [UInt8]
        private var index = 0
        private var buffer: [UInt8] = []
        private(set) var isComplete = false

        fileprivate init(key: [UInt8]) { self.key = key }

        /// What the next bytes contain; nil if they are not what was sealed with this passphrase.
        mutating func open(_ bytes: some Sequence<UInt8>) -> [UInt8]? {
            self.buffer += bytes
            var opened: [UInt8] = []
            while self.buffer.count >= 4 {
                let length = self.buffer[..<4].reduce(0) { $0 << 8 | Int($1) }
                guard length <= BackupSecrets.pieceSize + BackupSecrets.overhead, !self.isComplete else { return nil }
                guard self.buffer.count >= 4 + length else { break }
                guard let piece = openAES256GCM(Array(self.buffer[4..<(4 + length)]), key: self.key) else { return nil }
                let number = piece.prefix(9)
                guard number.count == 9, Array(number) == BackupSecrets.number(self.index, isLast: number.last == 1)
                else { return nil }
                self.isComplete = number.last == 1
                opened += piece.dropFirst(9)
                self.index += 1
                self.buffer.removeFirst(4 + length)
            }
            return opened
        }
    }
}
